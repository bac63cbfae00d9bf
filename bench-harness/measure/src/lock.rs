//! One comparison at a time: two at once would ruin each other's figures, and nobody would see it.

use std::env;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process;

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::libc::O_NOFOLLOW;
use nix::unistd::getuid;
use thiserror::Error;

/// How much of what a holder wrote about itself is repeated in a message.
const WORDS: u64 = 300;

/// The right to measure, held until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "what counts is that it is open")] Flock<File>);

/// Somebody else measures.
#[derive(Debug, Error)]
pub enum LockError {
    /// Another comparison runs.
    #[error(
        "another comparison runs on this machine ({0}), and two at once ruin each other; wait until it has ended, or stop it with Ctrl-C"
    )]
    Held(String),
    /// The file cannot be locked.
    #[error(
        "`{path}` cannot be locked ({source}), so that a second comparison would go unnoticed; check who owns it, or set XDG_RUNTIME_DIR to a folder of yours"
    )]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Where the lock of this user lies: in the folder for such files, or in that for temporary ones.
pub fn path() -> PathBuf {
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    match runtime.filter(|folder| folder.is_dir()) {
        Some(folder) => folder.join("echolab-compare.lock"),
        None => env::temp_dir().join(format!("echolab-compare-{}.lock", getuid())),
    }
}

impl Lock {
    /// Takes the lock, and writes into it who has it and what for.
    ///
    /// # Errors
    /// Somebody else has it: the error says who. Or the file cannot be opened.
    pub fn take(path: &Path, what: &str) -> Result<Self, LockError> {
        let failed = |source| LockError::Io {
            path: path.to_owned(),
            source,
        };
        let open = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(O_NOFOLLOW)
            .open(path);
        match Flock::lock(open.map_err(failed)?, FlockArg::LockExclusiveNonblock) {
            Ok(mut file) => {
                let says = format!("process {}, {what}\n", process::id());
                let written = file.set_len(0).and_then(|()| file.rewind());
                let written = written.and_then(|()| file.write_all(says.as_bytes()));
                written.map_err(failed).map(|()| Self(file))
            }
            Err((file, Errno::EWOULDBLOCK)) => Err(LockError::Held(holder(&file))),
            Err((_, errno)) => Err(failed(errno.into())),
        }
    }
}

fn holder(file: &File) -> String {
    let mut says = String::new();
    // What it says is for people; that it is locked is what counts.
    let read = file.take(WORDS).read_to_string(&mut says);
    match says.trim() {
        "" => "it does not say which".to_owned(),
        _ if read.is_err() => "it does not say which".to_owned(),
        says => says.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_the_first_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = Lock::take(&path, "into results/first").unwrap();
        let error = Lock::take(&path, "into results/second").unwrap_err();
        let said = error.to_string();
        let who = format!("(process {}, into results/first)", process::id());
        assert!(
            said.contains(&who) && said.ends_with("or stop it with Ctrl-C"),
            "{said}"
        );
        drop(first);
        Lock::take(&path, "into results/second").unwrap();
    }

    #[test]
    fn a_lock_that_cannot_be_made_says_what_to_do() {
        let said = Lock::take(Path::new("/nowhere/lock"), "")
            .unwrap_err()
            .to_string();
        assert!(
            said.ends_with("set XDG_RUNTIME_DIR to a folder of yours"),
            "{said}"
        );
    }
}
