//! Builds this suite in a copy of the workspace in which some files are changed.
//!
//! The copy stays in the target directory. Only changed files are written, so that cargo rebuilds only what depends on
//! them.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::fcntl::{Flock, FlockArg};

/// The files and folders that cargo needs to build the workspace.
const WORKSPACE: [&str; 4] = ["Cargo.toml", "Cargo.lock", "crates", "bench-harness"];

/// Builds this suite in a copy of the workspace. `changed` has the new content of files, by their paths in the
/// workspace. Returns the path of the suite's executable.
///
/// # Errors
/// The copy cannot be written, or cargo cannot build it.
pub fn build(original: &Path, changed: &BTreeMap<PathBuf, String>) -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("break-it");
    let copy = folder.join("workspace");
    let copied = || -> io::Result<_> {
        fs::create_dir_all(&copy)?;
        let lock = File::create(folder.join("lock"))?;
        // Two runs of this suite must not write to the same copy.
        let lock = Flock::lock(lock, FlockArg::LockExclusive).map_err(|(_, error)| error)?;
        for name in WORKSPACE {
            mirror(original, &copy, Path::new(name), changed)?;
        }
        Ok(lock)
    };
    let _lock = copied().map_err(|error| format!("cannot copy the workspace: {error}"))?;
    compile(&copy, &folder.join("target"))
}

/// Makes the file or folder `name` in `copy` equal to the one in `original`, except for changed files.
fn mirror(
    original: &Path,
    copy: &Path,
    name: &Path,
    changed: &BTreeMap<PathBuf, String>,
) -> io::Result<()> {
    let (from, to) = (original.join(name), copy.join(name));
    if from.is_dir() {
        fs::create_dir_all(&to)?;
        let names = entries(&from)?;
        for old in entries(&to)?.iter().filter(|entry| !names.contains(entry)) {
            remove(&to.join(old))?;
        }
        return names
            .iter()
            .try_for_each(|entry| mirror(original, copy, &name.join(entry), changed));
    }
    let content = match changed.get(name) {
        Some(content) => content.clone().into_bytes(),
        None => fs::read(&from)?,
    };
    if fs::read(&to).is_ok_and(|old| old == content) {
        return Ok(()); // its modification time stays, so that cargo does not rebuild it
    }
    fs::write(&to, content)
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

/// Builds the suite with the profile of this one. Returns the path of its executable.
fn compile(workspace: &Path, target: &Path) -> Result<PathBuf, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", target)
        // The copy is never debugged, and without debug information it is much smaller.
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .args([
            "test",
            "--no-run",
            "--offline",
            "--package",
            "echo-server",
            "--test",
            "conformance",
        ])
        .args([
            "--message-format",
            "json-render-diagnostics",
            "--profile",
            &profile(),
        ])
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    let messages = String::from_utf8_lossy(&output.stdout);
    let executable = messages.lines().filter_map(executable).next_back();
    executable
        .filter(|_| output.status.success())
        .ok_or_else(|| {
            let errors = String::from_utf8_lossy(&output.stderr);
            format!("the broken models do not compile:\n{errors}")
        })
}

/// The path of this suite's executable, if this message of cargo announces it.
fn executable(message: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    let is_suite = message["target"]["name"] == "conformance";
    let path = message["executable"].as_str().filter(|_| is_suite)?;
    Some(path.into())
}

/// The profile of this binary. Its path is `target/PROFILE/deps`, where `debug` stands for the profiles `dev` and
/// `test`.
fn profile() -> String {
    let this = env::current_exe().expect("Linux has /proc");
    let directory = this.ancestors().nth(2).and_then(Path::file_name);
    let name = directory
        .expect("a test binary is in a target directory")
        .to_string_lossy();
    if name == "debug" {
        "dev".into()
    } else {
        name.into_owned()
    }
}
