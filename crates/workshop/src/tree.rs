//! The source tree, and the folders in which copies of it live.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::WorkshopError;

/// A source tree with a workshop in its target directory.
#[derive(Clone, Debug)]
pub struct Tree {
    root: PathBuf,
    workshop: PathBuf,
}

impl Tree {
    /// The source tree that contains `place`.
    ///
    /// # Errors
    /// Neither `place` nor a folder above it is a source tree.
    pub fn around(place: &Path) -> Result<Self, WorkshopError> {
        let root = place.ancestors().find(|folder| is_tree(folder));
        let root = root.ok_or_else(|| WorkshopError::NoTree(place.to_path_buf()))?;
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => root.join(folder),
            None => root.join("target"),
        };
        Ok(Self {
            root: root.to_path_buf(),
            workshop: target.join("workshop"),
        })
    }

    /// The source tree that contains the current folder, or else the one that this program was built from.
    ///
    /// # Errors
    /// There is no source tree, or cargo does not start.
    pub fn find() -> Result<Self, WorkshopError> {
        let here =
            env::current_dir().map_err(WorkshopError::file("cannot read the current folder"))?;
        let tree = Self::around(&here).or_else(|error| {
            Self::around(Path::new(env!("CARGO_MANIFEST_DIR"))).map_err(|_| error)
        })?;
        let mut version = Command::new(cargo());
        version
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        version.status().map_err(WorkshopError::NoCargo)?;
        Ok(tree)
    }

    /// The folder of the workspace.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of all copies, and of what is built in them.
    pub fn workshop(&self) -> &Path {
        &self.workshop
    }

    /// The source of a model, relative to the workspace.
    pub fn source(model: &str) -> PathBuf {
        model_folder(model).join("src/lib.rs")
    }

    /// The README of a model, relative to the workspace.
    pub fn readme(model: &str) -> PathBuf {
        model_folder(model).join("README.md")
    }

    /// The table of exercises of a model, relative to the workspace.
    pub fn exercises(model: &str) -> PathBuf {
        model_folder(model).join("exercises.toml")
    }

    /// The text of a file of the workspace.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self, file: &Path) -> Result<String, WorkshopError> {
        let path = self.root.join(file);
        let problem = format!("cannot read {}", path.display());
        fs::read_to_string(path).map_err(WorkshopError::file(problem))
    }
}

/// The cargo that runs this program, or else the one of the search path.
pub fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The folder of a model, or of a chat server, whose names begin with `room-`.
fn model_folder(model: &str) -> PathBuf {
    let is_room = model.starts_with("room-");
    let folder = if is_room { "rooms" } else { "models" };
    Path::new("crates").join(folder).join(model)
}

fn is_tree(folder: &Path) -> bool {
    folder.join("crates/echo-server/src/registry.rs").is_file()
        && folder.join("Cargo.lock").is_file()
}
