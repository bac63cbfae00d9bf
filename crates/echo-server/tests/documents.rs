//! Checks that the documents lead somewhere: relative links and paths in backticks name files and folders that exist.

use std::fs;
use std::path::{Path, PathBuf};

/// Documents outside the model crates.
const DOCUMENTS: [&str; 12] = [
    "ARCHITECTURE.md",
    "BIAS.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "METHODOLOGY.md",
    "README.md",
    "bench-harness/cli/benches/README.md",
    "crates/book/assignment/README.md",
    "results/README.md",
    "scripts/peers/README.md",
    "scripts/peers/foreign/README.md",
    "scripts/peers/planted/README.md",
];
/// Folders whose paths are checked where they stand in backticks.
const FOLDERS: [&str; 2] = ["bench-harness/", "crates/"];
/// The model that the examples make.
const EXAMPLE: &str = "two-loops";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All documents, and the pages of the models and of the chat servers.
fn documents() -> Vec<PathBuf> {
    let servers = ["crates/models", "crates/rooms"].map(|folder| root().join(folder));
    let servers = servers
        .into_iter()
        .flat_map(|folder| fs::read_dir(folder).expect("there are models and chat servers"));
    let servers = servers.map(|server| server.expect("its entries can be read").path());
    let pages = servers.map(|server| server.join("README.md"));
    let documents = DOCUMENTS.map(|document| root().join(document));
    documents.into_iter().chain(pages).collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands between two marks, each time.
fn between<'a>(text: &'a str, begin: &str, end: char) -> Vec<&'a str> {
    let parts = text.split(begin).skip(1);
    parts.filter_map(|part| part.split(end).next()).collect()
}

#[test]
fn relative_links_lead_to_files() {
    let mut broken = Vec::new();
    for document in documents() {
        let folder = document.parent().expect("a file lies in a folder");
        let text = read(&document);
        let links = between(&text, "](", ')').into_iter();
        for link in links.filter(|link| !link.contains("://")) {
            let path = link.split('#').next().unwrap_or_default();
            if !folder.join(path).exists() {
                broken.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "broken links:\n{}", broken.join("\n"));
}

#[test]
fn paths_in_backticks_exist() {
    let mut absent = Vec::new();
    for document in documents() {
        let text = read(&document);
        for path in between(&text, "`", '`') {
            let is_path = FOLDERS.iter().any(|folder| path.starts_with(folder));
            let is_plain = !path.contains(['*', ' ', '\n']) && !path.contains(EXAMPLE);
            if is_path && is_plain && !root().join(path).exists() {
                absent.push(format!("{}: {path}", document.display()));
            }
        }
    }
    assert!(absent.is_empty(), "no such files:\n{}", absent.join("\n"));
}
