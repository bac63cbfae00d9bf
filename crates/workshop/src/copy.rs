//! A copy of the workspace in which some files are changed.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nix::fcntl::{Flock, FlockArg};

use crate::error::WorkshopError;
use crate::tree::Tree;

/// The files and folders that cargo needs to build the workspace.
const WORKSPACE: [&str; 4] = ["Cargo.toml", "Cargo.lock", "crates", "bench-harness"];

/// Whether a copy stays when it is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The copy is removed. What was built in it stays, so that the next build is short.
    ///
    /// Each file gets the time of the file that it comes from: cargo then sees that nothing has changed. So the changed
    /// files must follow from the source tree alone.
    No,
    /// The copy stays, and a file that a user has changed in it is written again only by [`Copy::of`].
    Yes,
}

/// A copy of the workspace, which no other process uses at the same time.
#[derive(Debug)]
pub struct Copy {
    root: PathBuf,
    target: PathBuf,
    keep: Keep,
    _lock: Flock<File>,
}

impl Copy {
    /// Makes the copy `name`. `changed` has the new content of files, by their paths in the workspace. Waits until no
    /// other process uses a copy of this name.
    ///
    /// # Errors
    /// The copy cannot be written.
    pub fn of(
        tree: &Tree,
        name: &str,
        changed: &BTreeMap<PathBuf, String>,
        keep: Keep,
    ) -> Result<Self, WorkshopError> {
        let copy = Self::open(tree, name, keep)?;
        let mirror = Mirror {
            from: tree.root(),
            to: &copy.root,
            changed,
            name,
            keep,
        };
        let problem = format!("cannot copy the workspace to {}", copy.root.display());
        let copied = WORKSPACE
            .iter()
            .try_for_each(|name| mirror.copy(Path::new(name)));
        copied.map_err(WorkshopError::file(problem))?;
        Ok(copy)
    }

    /// Opens the copy `name` as it is; it may be empty.
    ///
    /// # Errors
    /// Its folder cannot be made.
    pub fn open(tree: &Tree, name: &str, keep: Keep) -> Result<Self, WorkshopError> {
        let folder = tree.workshop();
        let root = folder.join(name);
        let opened = || -> io::Result<_> {
            fs::create_dir_all(&root)?;
            let lock = File::create(folder.join(format!("{name}.lock")))?;
            Ok(Flock::lock(lock, FlockArg::LockExclusive).map_err(|(_, error)| error)?)
        };
        let problem = format!("cannot make the folder {}", root.display());
        let lock = opened().map_err(WorkshopError::file(problem))?;
        // Another process may have removed the folder before it gave up its lock.
        let problem = format!("cannot make the folder {}", root.display());
        fs::create_dir_all(&root).map_err(WorkshopError::file(problem))?;
        Ok(Self {
            root,
            // All copies share what they build: the libraries are the same in each.
            target: folder.join("target"),
            keep,
            _lock: lock,
        })
    }

    /// The folder of the copied workspace.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of what is built.
    pub fn target(&self) -> &Path {
        &self.target
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if self.keep == Keep::No {
            // What cannot be removed now is written again by the next copy.
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}

/// What is copied, from where and to where.
struct Mirror<'a> {
    from: &'a Path,
    to: &'a Path,
    changed: &'a BTreeMap<PathBuf, String>,
    name: &'a str,
    keep: Keep,
}

impl Mirror<'_> {
    /// Makes the file or folder `name` in the copy equal to the one in the workspace, except for changed files.
    fn copy(&self, name: &Path) -> io::Result<()> {
        let (from, to) = (self.from.join(name), self.to.join(name));
        if !from.is_dir() {
            return self.copy_file(name);
        }
        fs::create_dir_all(&to)?;
        let names = entries(&from)?;
        for old in entries(&to)?.iter().filter(|entry| !names.contains(entry)) {
            remove(&to.join(old))?;
        }
        let mut names = names.iter();
        names.try_for_each(|entry| self.copy(&name.join(entry)))
    }

    fn copy_file(&self, name: &Path) -> io::Result<()> {
        let (from, to) = (self.from.join(name), self.to.join(name));
        let content = match self.changed.get(name) {
            Some(content) => content.clone().into_bytes(),
            None if name == Path::new("Cargo.toml") => {
                with_own_version(&fs::read_to_string(&from)?, self.name).into_bytes()
            }
            None if name == Path::new("Cargo.lock") => {
                lock_with_own_version(&fs::read_to_string(&from)?, self.name).into_bytes()
            }
            None => fs::read(&from)?,
        };
        if fs::read(&to).is_ok_and(|old| old == content) {
            return Ok(()); // its modification time stays, so that cargo does not rebuild it
        }
        let is_new = !to.exists();
        fs::write(&to, content)?;
        if is_new && self.keep == Keep::No {
            File::options()
                .write(true)
                .open(&to)?
                .set_modified(self.time_of(name)?)?;
        }
        Ok(())
    }

    /// The time of the file in the workspace. A changed file also depends on the other files of its model.
    fn time_of(&self, name: &Path) -> io::Result<SystemTime> {
        let modified = |file: &Path| fs::metadata(file).and_then(|file| file.modified());
        let own = modified(&self.from.join(name))?;
        let model = name.parent().and_then(Path::parent);
        let (Some(model), true) = (model, self.changed.contains_key(name)) else {
            return Ok(own);
        };
        let others = ["README.md", "exercises.toml"];
        let others = others.map(|other| modified(&self.from.join(model).join(other)));
        Ok(others.into_iter().flatten().fold(own, SystemTime::max))
    }
}

/// The manifest of the workspace with the name of the copy in its version: `0.1.0+broken`.
///
/// The version is part of the names of the files that cargo builds. Without it two copies would take each other's files,
/// since cargo sees only the paths inside a workspace.
fn with_own_version(manifest: &str, copy: &str) -> String {
    let (before, after) = manifest
        .split_once("[workspace.package]")
        .unwrap_or(("", manifest));
    let lines = after
        .lines()
        .map(|line| match line.strip_prefix("version = ") {
            Some(version) => format!("version = {}", tagged(version, copy)),
            None => line.to_owned(),
        });
    let lines: Vec<String> = lines.collect();
    format!("{before}[workspace.package]{}\n", lines.join("\n"))
}

/// The lock file for [`with_own_version`]: packages without a source belong to the workspace.
fn lock_with_own_version(lock: &str, copy: &str) -> String {
    let packages = lock.split("\n\n").map(|package| {
        let mut lines: Vec<String> = package.lines().map(String::from).collect();
        if package.starts_with("[[package]]") && !package.contains("\nsource = ") {
            for line in &mut lines {
                if let Some(version) = line.strip_prefix("version = ") {
                    *line = format!("version = {}", tagged(version, copy));
                }
            }
        }
        lines.join("\n")
    });
    packages.collect::<Vec<_>>().join("\n\n") + "\n"
}

/// `"0.1.0"` with the name of a copy: `"0.1.0+broken"`.
fn tagged(version: &str, copy: &str) -> String {
    format!("{}+{copy}\"", version.trim_end_matches('"'))
}

/// The names in a directory, except `target`.
fn entries(directory: &Path) -> io::Result<Vec<OsString>> {
    let names = fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.file_name()));
    let names: Vec<OsString> = names.collect::<io::Result<_>>()?;
    Ok(names.into_iter().filter(|name| name != "target").collect())
}

fn remove(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_a_version_of_its_own_in_the_manifest_and_in_the_lock() {
        let manifest =
            "[workspace]\n\n[workspace.package]\nversion = \"0.1.0\"\nedition = \"2024\"\n";
        let expected = manifest.replace("0.1.0", "0.1.0+broken");
        assert_eq!(with_own_version(manifest, "broken"), expected);
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\nsource = \"registry\"\n\n[[package]]\nname = \"ours\"\nversion = \"0.1.0\"\n";
        let locked = lock_with_own_version(lock, "broken");
        assert_eq!(locked.matches("+broken").count(), 1, "{locked}");
        assert!(
            locked.ends_with("name = \"ours\"\nversion = \"0.1.0+broken\"\n"),
            "{locked}"
        );
    }
}
