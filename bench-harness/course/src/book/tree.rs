//! What the source tree holds: models in the order of the course, lessons, and the address of the repository.

use std::path::{Path, PathBuf};

use super::{BookError, read};
use crate::catalogue::{self, Lesson};

/// The source tree.
pub struct Tree {
    /// Its root.
    pub root: PathBuf,
    /// The address of the repository.
    pub repository: String,
    /// The names of the models, in the order of the course.
    pub models: Vec<String>,
    /// The lessons, in the order of the course.
    pub lessons: Vec<Lesson>,
}

impl Tree {
    /// Reads the lists of a source tree.
    ///
    /// # Errors
    /// A file is missing, or has a mistake.
    pub fn read(root: &Path) -> Result<Self, BookError> {
        Ok(Self {
            root: root.to_owned(),
            repository: repository(root)?,
            models: models(root)?,
            lessons: catalogue::all()?,
        })
    }

    /// The text of a file, by its path from the root.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn text(&self, path: &str) -> Result<String, BookError> {
        read(&self.root.join(path))
    }
}

fn repository(root: &Path) -> Result<String, BookError> {
    let manifest = read(&root.join("Cargo.toml"))?;
    let line = manifest
        .lines()
        .find_map(|line| line.strip_prefix("repository = "));
    let address = line.map(|text| text.trim_matches('"').to_owned());
    address.ok_or_else(|| BookError::mistake("Cargo.toml", "no line begins with `repository = `"))
}

/// The registry is the only list of models, and it includes those that a build leaves out.
fn models(root: &Path) -> Result<Vec<String>, BookError> {
    let registry = "crates/echo-server/src/registry.rs";
    let text = read(&root.join(registry))?;
    let entries = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("&model_"));
    let names = entries.filter_map(|entry| entry.split("::").next());
    let names: Vec<String> = names.map(|name| name.replace('_', "-")).collect();
    if names.is_empty() {
        return Err(BookError::mistake(
            registry,
            "no line begins with `&model_`",
        ));
    }
    Ok(names)
}
