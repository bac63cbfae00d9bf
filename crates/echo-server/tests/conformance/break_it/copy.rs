//! A copy of the workspace with some files changed, and this suite built in it.
//!
//! The copy lies in the target directory and stays there: only what has changed is written, so that cargo builds only
//! that again.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::fcntl::{Flock, FlockArg};

/// What cargo must find to see the same workspace.
const WORKSPACE: [&str; 4] = ["Cargo.toml", "Cargo.lock", "crates", "bench-harness"];

/// Builds this suite in a copy in which some files, named relative to the workspace, have another content.
///
/// # Errors
/// Those of the file system and of cargo, in words.
pub fn build(original: &Path, changed: &BTreeMap<PathBuf, String>) -> Result<PathBuf, String> {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("break-it");
    let copy = place.join("workspace");
    let copied = || -> io::Result<_> {
        fs::create_dir_all(&copy)?;
        let lock = File::create(place.join("lock"))?;
        // Two runs of this suite must not write to one copy.
        let lock = Flock::lock(lock, FlockArg::LockExclusive).map_err(|(_, error)| error)?;
        for name in WORKSPACE {
            mirror(original, &copy, Path::new(name), changed)?;
        }
        Ok(lock)
    };
    let _lock = copied().map_err(|error| format!("cannot copy the workspace: {error}"))?;
    compile(&copy, &place.join("target"))
}

/// Makes `name` in `copy` what it is in `original`, or what it is changed to.
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
        for gone in entries(&to)?.iter().filter(|entry| !names.contains(entry)) {
            remove(&to.join(gone))?;
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
        return Ok(()); // with its time of change, from which cargo knows that it is as it was
    }
    fs::write(&to, content)
}

/// The names in a directory, without what is built there.
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

/// Builds the suite with the profile of this one, and gives its executable.
fn compile(workspace: &Path, target: &Path) -> Result<PathBuf, String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", target)
        // Nobody debugs the copy, and without it the copy is a fraction as large.
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
            let complaint = String::from_utf8_lossy(&output.stderr);
            format!("the broken models do not compile:\n{complaint}")
        })
}

/// The executable that a message of cargo announces, if it is that of this suite.
fn executable(message: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    let is_suite = message["target"]["name"] == "conformance";
    let path = message["executable"].as_str().filter(|_| is_suite)?;
    Some(path.into())
}

/// The profile of this binary: it lies in `target/PROFILE/deps`, where the profiles `dev` and `test` are in `debug`.
fn profile() -> String {
    let this = env::current_exe().expect("/proc is there");
    let directory = this.ancestors().nth(2).and_then(Path::file_name);
    let name = directory
        .expect("a test binary lies in a target directory")
        .to_string_lossy();
    if name == "debug" {
        "dev".into()
    } else {
        name.into_owned()
    }
}
