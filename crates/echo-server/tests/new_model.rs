//! Runs `scripts/new-model` in a copy of the files that it changes: what it makes, what it refuses, and that it
//! compiles.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The files that the script reads or changes.
const CHANGED: [&str; 4] = [
    "crates/echo-server/Cargo.toml",
    "crates/echo-server/src/registry.rs",
    "crates/models/iterative/questions.md",
    "scripts/new-model",
];
/// What the skeleton is compiled with.
const COMPILED: [&str; 4] = [
    "Cargo.toml",
    "Cargo.lock",
    "crates/echo-protocol",
    "crates/model",
];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A temporary folder with the files that the script changes.
fn copy() -> TempDir {
    let copy = tempfile::tempdir().expect("the temporary directory is writable");
    copy_all(&CHANGED, copy.path());
    copy
}

fn copy_all(names: &[&str], copy: &Path) {
    for name in names {
        copy_to(&workspace().join(name), &copy.join(name));
    }
}

fn copy_to(from: &Path, to: &Path) {
    if from.is_dir() {
        for entry in fs::read_dir(from).expect("a folder of the workspace") {
            let name = entry.expect("its entries can be read").file_name();
            if name != "target" {
                copy_to(&from.join(&name), &to.join(&name));
            }
        }
        return;
    }
    let folder = to.parent().expect("a file lies in a folder");
    fs::create_dir_all(folder).expect("the copy is writable");
    fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
}

/// Runs the script in a copy. `true` takes the place of cargo, which has nothing to do in an incomplete workspace.
fn new_model(copy: &Path, arguments: &[&str]) -> Output {
    let script = Command::new(copy.join("scripts/new-model"))
        .args(arguments)
        .env("CARGO", "true")
        .output();
    script.expect("bash is installed")
}

fn read(copy: &Path, name: &str) -> String {
    fs::read_to_string(copy.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn a_new_model_is_listed_after_the_model_that_was_named() {
    let copy = copy();
    let copy = copy.path();
    let made = new_model(copy, &["two-loops", "--after", "poll"]);
    let text = String::from_utf8_lossy(&made.stdout);
    assert!(made.status.success(), "{made:?}");
    assert!(text.contains("-- /two-loops/"), "{text}");
    let registry = read(copy, "crates/echo-server/src/registry.rs");
    let neighbours = "    &model_poll::Poll,\n    &model_two_loops::TwoLoops,\n";
    assert!(registry.contains(neighbours), "{registry}");
    let manifest = read(copy, "crates/echo-server/Cargo.toml");
    let neighbours = "\nmodel-two-loops = { path = \"../models/two-loops\" }\nmodel-udp-iterative";
    assert!(manifest.contains(neighbours), "{manifest}");
    let page = read(copy, "crates/models/two-loops/README.md");
    assert!(
        page.contains("## Next\n\n[`epoll-level`](../epoll-level)"),
        "{page}"
    );
}

#[test]
fn a_new_model_is_the_last_one_where_no_model_is_named() {
    let copy = copy();
    let made = new_model(copy.path(), &["two-loops"]);
    assert!(made.status.success(), "{made:?}");
    let registry = read(copy.path(), "crates/echo-server/src/registry.rs");
    assert!(registry.contains("    &model_two_loops::TwoLoops,\n];\n"));
}

#[test]
fn the_page_of_a_new_model_has_the_headings_of_all_pages() {
    let copy = copy();
    assert!(new_model(copy.path(), &["two-loops"]).status.success());
    let headings = |page: &str| -> Vec<String> {
        let lines = page.lines().filter(|line| line.starts_with("## "));
        lines.map(String::from).collect()
    };
    let new = read(copy.path(), "crates/models/two-loops/README.md");
    let known = read(&workspace(), "crates/models/iterative/README.md");
    assert_eq!(headings(&new), headings(&known));
    let new = read(copy.path(), "crates/models/two-loops/questions.md");
    let known = read(&workspace(), "crates/models/iterative/questions.md");
    assert!(
        new.starts_with("# Ten questions about `two-loops`\n\n## 1. "),
        "{new}"
    );
    assert_eq!(headings(&new), headings(&known));
    assert!(new.ends_with("\n\nTo be written.\n"), "{new}");
}

#[test]
fn names_that_cannot_be_used_are_refused_with_a_remedy() {
    let copy = copy();
    let copy = copy.path();
    assert!(new_model(copy, &["two-loops"]).status.success());
    let refused: [(&[&str], &str); 6] = [
        (&[], "see scripts/new-model --help"),
        (&["TwoLoops"], "for example two-loops"),
        (&["two--loops"], "for example two-loops"),
        (&["self"], "choose another name"),
        (&["two-loops"], "exists; choose another name"),
        (&["three", "--after", "pol"], "leave --after out"),
    ];
    for (arguments, remedy) in refused {
        let output = new_model(copy, arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(error.contains(remedy), "{arguments:?}: {error}");
    }
    assert!(!copy.join("crates/models/three").exists());
}

#[test]
fn a_new_model_compiles() {
    // Always the same folder, so that cargo compiles the libraries only once.
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-model");
    let copy = &place.join("workspace");
    let _ = fs::remove_dir_all(copy);
    copy_all(&[&CHANGED[..], &COMPILED[..]].concat(), copy);
    assert!(new_model(copy, &["two-loops"]).status.success());
    let manifest = read(copy, "Cargo.toml");
    let packages =
        "members = [\"crates/echo-protocol\", \"crates/model\", \"crates/models/two-loops\"]";
    let lines = manifest
        .lines()
        .filter(|line| !line.starts_with("default-members"));
    let lines = lines.map(|line| {
        if line.starts_with("members") {
            packages
        } else {
            line
        }
    });
    let manifest: Vec<&str> = lines.collect();
    fs::write(copy.join("Cargo.toml"), manifest.join("\n")).expect("the copy is writable");
    let check = Command::new(env!("CARGO"))
        .args([
            "check",
            "--offline",
            "--quiet",
            "--package",
            "model-two-loops",
        ])
        .env("CARGO_TARGET_DIR", place.join("target"))
        .env("RUSTFLAGS", "-D warnings")
        .current_dir(copy)
        .output()
        .expect("cargo runs these tests");
    assert!(
        check.status.success(),
        "{}",
        String::from_utf8_lossy(&check.stderr)
    );
}
