//! The files of the assignment for students, as code in a page. What `.gitignore` names there is no part of it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::BookError;
use super::tree::Tree;

/// The folder that teachers copy. Its README is a page of its own.
pub const FOLDER: &str = "crates/book/assignment";

/// All files that are shown, one section each.
///
/// # Errors
/// The folder or a file of it cannot be read.
pub fn sections(tree: &Tree) -> Result<String, BookError> {
    let ignored = tree.text(&format!("{FOLDER}/.gitignore"))?;
    let ignored: Vec<&str> = ignored.lines().map(|line| line.trim_matches('/')).collect();
    let mut paths = Vec::new();
    walk(&tree.root.join(FOLDER), "", &ignored, &mut paths)?;
    let mut out = String::new();
    for path in paths {
        if let Some(language) = language(&path) {
            let text = tree.text(&format!("{FOLDER}/{path}"))?;
            _ = write!(
                out,
                "\n## `{path}`\n\n```{language}\n{}\n```\n\n*[{path}](/{FOLDER}/{path})*\n",
                text.trim_end()
            );
        }
    }
    Ok(out)
}

/// Collects the paths of all files below a folder, in the order of their names. Hidden ones come last, because readers look
/// for the programs first.
fn walk(
    root: &Path,
    below: &str,
    ignored: &[&str],
    out: &mut Vec<String>,
) -> Result<(), BookError> {
    let folder = root.join(below);
    let entries = fs::read_dir(&folder).map_err(|source| BookError::Read {
        path: folder,
        source,
    })?;
    let names = entries.flatten().map(|entry| entry.file_name());
    let mut names: Vec<String> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort_by_key(|name| (name.starts_with('.'), name.clone()));
    for name in names {
        let path = match below {
            "" => name.clone(),
            below => format!("{below}/{name}"),
        };
        if ignored.contains(&path.as_str()) || ignored.contains(&name.as_str()) {
            continue;
        }
        if root.join(&path).is_dir() {
            walk(root, &path, ignored, out)?;
        } else {
            out.push(path);
        }
    }
    Ok(())
}

/// The language of a file for the colours of its code; `None` if it is not shown.
fn language(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((_, "c")) => Some("c"),
        Some((_, "py")) => Some("python"),
        Some((_, "rs")) => Some("rust,ignore"),
        Some((_, "toml")) => Some("toml"),
        Some((_, "yml")) => Some("yaml"),
        Some((_, "gitignore")) => Some("text"),
        None if name == "Makefile" => Some("makefile"),
        None => Some("bash"),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_in_their_order_and_ignored_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            "c/server.c",
            "c/server",
            "rust/target/x.rs",
            "a.py",
            ".ci.yml",
        ] {
            super::super::write(&folder.path().join(path), b"").unwrap();
        }
        let mut paths = Vec::new();
        walk(folder.path(), "", &["c/server", "target"], &mut paths).unwrap();
        assert_eq!(paths, ["a.py", "c/server.c", ".ci.yml"]);
    }

    #[test]
    fn a_document_and_a_lock_file_are_not_shown() {
        assert_eq!(language("README.md"), None);
        assert_eq!(language("rust/Cargo.lock"), None);
        assert_eq!(language("c/Makefile"), Some("makefile"));
        assert_eq!(language("check"), Some("bash"));
    }
}
