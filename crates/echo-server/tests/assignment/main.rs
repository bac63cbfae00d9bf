//! The assignment for students, `crates/book/assignment`: skeletons that compile and listen, points that name existing
//! cases, and scripts that do what the text says.

mod points;
mod scripts;
mod skeletons;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The steps of the assignment.
const STEPS: [u8; 3] = [1, 2, 3];
/// Longest line, so that the book shows all of it without scrolling on most screens.
const LONGEST_LINE: usize = 92;
/// The files whose lines are checked.
const FILES: [&str; 9] = [
    "c/Makefile",
    "c/server.c",
    "check",
    "python/server.py",
    "rust/Cargo.toml",
    "rust/src/main.rs",
    "summary.py",
    ".github/workflows/check.yml",
    ".gitlab-ci.yml",
];

/// What the script says of the server of a step, with `--expect`.
const fn expectation(step: u8) -> &'static str {
    if step == 1 {
        "sequential"
    } else {
        "concurrent"
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn folder() -> PathBuf {
    root().join("crates/book/assignment")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A copy of the assignment, as a teacher makes it.
fn copy() -> TempDir {
    let copy = tempfile::tempdir().expect("the temporary directory is writable");
    let from = folder().join(".");
    let done = done_with(Command::new("cp").arg("-r").arg(from).arg(copy.path()));
    assert!(done.status.success(), "{done:?}");
    for built in ["c/server", "rust/target", "rust/Cargo.lock"] {
        let path = copy.path().join(built);
        _ = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
    }
    copy
}

fn done_with(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// True if this machine has the program. If not, the test says that it is left out.
fn has(program: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        eprintln!("left out: there is no `{program}` on this machine");
    }
    found
}

/// Asserts that a compiler said nothing.
fn assert_silent(output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.is_empty(), "{said}");
}

#[test]
fn no_line_of_a_file_is_too_long_for_the_book() {
    for file in FILES {
        for line in read(&folder().join(file)).lines() {
            let length = line.chars().count();
            assert!(length <= LONGEST_LINE, "{file}: {length}: {line}");
        }
    }
}
