//! The architecture's invariants, as far as a program can check them: floors, sizes, headings, absences.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand};

/// Longest source file; the aim is 250 lines.
const LONGEST_FILE: usize = 400;
/// Longest file of a model.
const LONGEST_MODEL: usize = 220;
/// Most functions of a model beside `serve` and `about`. The aim is five; a scheduler of our own needs some more.
const MODEL_FUNCTIONS: usize = 8;

const HEADINGS: [&str; 8] = [
    "The idea",
    "The picture",
    "Read the code",
    "Watch",
    "Break it",
    "Where it ends",
    "In the wild",
    "Next",
];

fn metadata() -> Metadata {
    MetadataCommand::new()
        .no_deps()
        .exec()
        .expect("cargo describes its own workspace")
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("this package lies two folders below the workspace")
        .to_path_buf()
}

/// The floor of one of our crates.
fn floor(name: &str) -> Option<u8> {
    match name {
        "contract" | "echo-protocol" | "workshop" => Some(0),
        "model" => Some(1),
        "echo-server" | "loadgen" => Some(3),
        "record" => Some(4),
        "analysis" | "measure" => Some(5),
        "report" => Some(6),
        "course" => Some(7),
        "echolab" => Some(8),
        "conformance" => Some(2),
        _ if name.starts_with("model-") || name.starts_with("room-") => Some(2),
        _ => None,
    }
}

/// The folders of all model crates, by the name of the model.
fn models() -> BTreeMap<String, PathBuf> {
    let packages = metadata().packages.into_iter();
    let folders = packages.filter_map(|package| {
        let model = package.name.strip_prefix("model-")?.to_string();
        Some((model, package.manifest_path.parent()?.into()))
    });
    folders.collect()
}

/// The folders of all chat server crates, by the name of the server.
pub fn rooms() -> BTreeMap<String, PathBuf> {
    let packages = metadata().packages.into_iter();
    let folders = packages.filter_map(|package| {
        let folder = package.manifest_path.parent()?.into();
        let is_room = package.name.starts_with("room-");
        is_room.then(|| (package.name.to_string(), folder))
    });
    folders.collect()
}

/// The folders of all models and chat servers, which obey the same rules.
fn servers() -> impl Iterator<Item = (String, PathBuf)> {
    models().into_iter().chain(rooms())
}

/// All Rust files under a folder of the workspace.
pub fn sources(folder: &str) -> Vec<PathBuf> {
    let mut folders = vec![root().join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of ours").flatten() {
            let path = entry.path();
            if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    assert!(!files.is_empty(), "{folder} holds no source");
    files
}

pub fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Fails for each file that contains one of the words outside its unit tests.
fn assert_absent(files: &[PathBuf], words: &[&str]) {
    for file in files {
        let text = read(file);
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for word in words {
            assert!(!text.contains(word), "{} contains `{word}`", file.display());
        }
    }
}

#[test]
fn crates_depend_on_lower_floors_only() {
    for package in metadata().packages {
        let own = floor(&package.name).unwrap_or_else(|| panic!("{} is on no floor", package.name));
        for dependency in &package.dependencies {
            if let Some(below) = floor(&dependency.name).filter(|_| dependency.path.is_some()) {
                let allowed = below < own;
                assert!(
                    allowed,
                    "{} (floor {own}) depends on {}",
                    package.name, dependency.name
                );
            }
        }
    }
}

/// The packages of this workspace that each package of the harness may link. Only the program links the models; all else
/// meets a model as a process.
const WALLS: [(&str, &[&str]); 5] = [
    ("record", &["echo-protocol", "loadgen"]),
    ("analysis", &["record"]),
    (
        "measure",
        &["record", "contract", "loadgen", "echo-protocol"],
    ),
    ("report", &["record", "analysis"]),
    (
        "course",
        &[
            "record",
            "analysis",
            "measure",
            "report",
            "contract",
            "loadgen",
            "echo-protocol",
        ],
    ),
];

#[test]
fn no_package_of_the_harness_links_more_than_its_walls_allow() {
    let packages = metadata().packages;
    for (name, allowed) in WALLS {
        let package = packages.iter().find(|package| package.name == name);
        let package = package.unwrap_or_else(|| panic!("there is no package {name}"));
        for dependency in &package.dependencies {
            let is_ours = floor(&dependency.name).is_some();
            assert!(
                !is_ours || allowed.contains(&dependency.name.as_str()),
                "{name} links {}",
                dependency.name
            );
        }
    }
}

#[test]
fn every_model_is_one_short_file() {
    for (model, folder) in servers() {
        let files: Vec<_> = fs::read_dir(folder.join("src"))
            .expect("it has a source")
            .collect();
        assert_eq!(files.len(), 1, "{model} has more than one file");
        let text = read(&folder.join("src/lib.rs"));
        let lines = text.lines().count();
        assert!(lines <= LONGEST_MODEL, "{model} has {lines} lines");
        let functions = text
            .lines()
            .filter(|line| line.trim_start().starts_with("fn "))
            .count();
        assert!(
            functions <= MODEL_FUNCTIONS + 2,
            "{model} has {functions} functions"
        );
        let position = |word| {
            text.find(word)
                .unwrap_or_else(|| panic!("{model} has no `{word}`"))
        };
        assert!(
            position("fn serve") < position("fn about"),
            "{model} does not show `serve` first"
        );
    }
}

#[test]
fn every_model_explains_itself_under_the_same_headings() {
    for (model, folder) in servers() {
        let text = read(&folder.join("README.md"));
        assert!(
            text.starts_with(&format!("# `{model}`: ")),
            "{model}: the title"
        );
        let headings: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .collect();
        assert_eq!(headings, HEADINGS, "{model}");
        for heading in HEADINGS {
            let section = text
                .split(&format!("## {heading}\n"))
                .nth(1)
                .unwrap_or_default();
            let section = section.split("\n## ").next().unwrap_or_default();
            assert!(
                section.trim().len() > 40,
                "{model}: nothing under `{heading}`"
            );
        }
    }
}

/// The models that this build has: without the feature `runtimes` those are left out whose crate is optional.
fn built() -> Vec<String> {
    let packages = metadata().packages.into_iter();
    let server = packages
        .filter(|package| package.name.as_str() == "echo-server")
        .flat_map(|package| package.dependencies);
    let left_out: Vec<_> = server
        .filter(|dependency| dependency.optional && !cfg!(feature = "runtimes"))
        .map(|dependency| dependency.name)
        .collect();
    let models = models().into_keys();
    models
        .filter(|model| !left_out.contains(&format!("model-{model}")))
        .collect()
}

#[test]
fn every_model_crate_is_in_the_registry() {
    let mut registered: Vec<_> = echo_server::MODELS
        .iter()
        .map(|model| model.about().name.to_string())
        .collect();
    registered.sort();
    assert_eq!(registered, built());
}

/// In the order of the registry; models that this build does not have are passed over.
#[test]
fn the_readme_shows_the_models_of_the_registry() {
    let readme = read(&root().join("README.md"));
    let table = readme.split("<!-- models -->\n").nth(1).unwrap_or_default();
    let table = table.split("<!-- /models -->").next().unwrap_or_default();
    let built = built();
    let is_built = |line: &str| {
        let name = line.split('`').nth(1);
        name.is_none_or(|name| built.iter().any(|model| model == name))
    };
    let shown: Vec<_> = table.lines().filter(|line| is_built(line)).collect();
    let current = echolab::commands::list::markdown();
    let current: Vec<_> = current.lines().collect();
    assert_eq!(shown, current, "renew it with `echolab list --markdown`");
}

#[test]
fn source_files_stay_readable_in_one_sitting() {
    for folder in ["crates", "bench-harness"] {
        for file in sources(folder) {
            let text = read(&file);
            let lines = text.lines().count();
            assert!(
                lines <= LONGEST_FILE,
                "{} has {lines} lines",
                file.display()
            );
            let first = text.lines().next().unwrap_or_default();
            let says = first.starts_with("//! ") || first.starts_with("#![doc = include_str!");
            assert!(
                says,
                "{} does not begin by saying what it is for",
                file.display()
            );
        }
    }
}

#[test]
fn the_protocol_knows_no_socket_no_clock_and_no_unsafe() {
    let files = sources("crates/echo-protocol/src");
    assert_absent(
        &files,
        &[
            "std::net",
            "std::os",
            "Instant",
            "SystemTime",
            "unsafe {",
            "nix::",
        ],
    );
}

#[test]
fn the_lower_floors_neither_read_the_environment_nor_print() {
    let lower = servers().map(|(_, folder)| folder.join("src").display().to_string());
    let folders = lower.chain(["crates/echo-protocol/src".into(), "crates/model/src".into()]);
    for folder in folders {
        let words = [
            "env::var",
            "env::args",
            "println!",
            "eprintln!",
            "print!(",
            "dbg!",
        ];
        assert_absent(&sources(&folder), &words);
    }
}

/// Both panic if their reader has gone, and what was measured is lost. `notes.rs` in the program has what to use instead.
#[test]
fn nothing_prints_with_a_macro_that_panics_if_the_reader_has_gone() {
    let folders = ["cli", "course", "report", "measure", "analysis", "record"];
    let folders = folders.map(|package| format!("bench-harness/{package}/src"));
    let others = ["crates/loadgen/src", "crates/contract/src"].map(str::to_owned);
    for file in folders
        .iter()
        .chain(&others)
        .flat_map(|folder| sources(folder))
    {
        if file.ends_with("tests.rs") {
            continue;
        }
        let text = read(&file);
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            let prints = ["print!(", "println!(", "dbg!("]
                .iter()
                .any(|word| line.contains(word));
            assert!(!prints, "{}: {line}; use `note` or `tell`", file.display());
        }
    }
}

#[test]
fn only_the_forking_model_handles_a_signal() {
    for (model, folder) in servers().filter(|(model, _)| model != "fork-per-connection") {
        assert_absent(&[folder.join("src/lib.rs")], &["sigaction", "signal_hook"]);
        assert!(
            !read(&folder.join("Cargo.toml")).contains("signal"),
            "{model}"
        );
    }
}

#[test]
fn the_harness_knows_no_model_by_name() {
    let names: Vec<_> = servers().map(|(name, _)| format!("\"{name}\"")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    for package in ["record", "analysis", "measure", "report", "cli"] {
        assert_absent(&sources(&format!("bench-harness/{package}/src")), &names);
    }
}

#[test]
fn dependencies_are_pinned_in_one_place() {
    for package in metadata().packages {
        let text = read(package.manifest_path.as_std_path());
        let dependencies = text.split("dependencies]\n").skip(1);
        for section in dependencies.filter_map(|section| section.split("\n[").next()) {
            for line in section.lines().filter(|line| line.contains('=')) {
                // Only the registry depends on models, so their paths stand there.
                let pinned = [
                    "workspace = true",
                    "path = \"../models/",
                    "path = \"../rooms/",
                ];
                assert!(
                    pinned.iter().any(|words| line.contains(words)),
                    "{}: {line}",
                    package.name
                );
            }
        }
    }
}
