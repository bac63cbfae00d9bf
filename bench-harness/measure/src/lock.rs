//! Allows one comparison at a time: two at once would distort each other's figures unnoticed.

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

/// Maximum number of bytes of the holder's description in a message.
const DESCRIPTION: u64 = 300;

/// The lock of a comparison. The kernel releases it when it is dropped, and when the process ends, even by SIGKILL.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "it only has to stay open")] Flock<File>);

/// The lock cannot be taken.
#[derive(Debug, Error)]
pub enum LockError {
    /// Another comparison is running.
    #[error(
        "another comparison is running on this machine ({0}), and the two would disturb each other; wait until it has ended, or stop it with Ctrl-C"
    )]
    Held(String),
    /// The file cannot be opened or locked.
    #[error(
        "`{path}` cannot be locked ({source}), so a second comparison would go unnoticed; check who owns the file, or set XDG_RUNTIME_DIR to a folder that you own"
    )]
    Io {
        /// The path of the file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
}

/// The path of this user's lock: in `XDG_RUNTIME_DIR`, or else in the folder for temporary files.
pub fn path() -> PathBuf {
    let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    match runtime.filter(|folder| folder.is_dir()) {
        Some(folder) => folder.join("echolab-compare.lock"),
        None => env::temp_dir().join(format!("echolab-compare-{}.lock", getuid())),
    }
}

impl Lock {
    /// Takes the lock, and writes the process id and the purpose into its file.
    ///
    /// # Errors
    /// Another process holds the lock; the error describes it. Or the file cannot be opened.
    pub fn take(path: &Path, purpose: &str) -> Result<Self, LockError> {
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
                let description = format!("process {}, {purpose}\n", process::id());
                let written = file.set_len(0).and_then(|()| file.rewind());
                let written = written.and_then(|()| file.write_all(description.as_bytes()));
                written.map_err(failed).map(|()| Self(file))
            }
            Err((file, Errno::EWOULDBLOCK)) => Err(LockError::Held(holder(&file))),
            Err((_, errno)) => Err(failed(errno.into())),
        }
    }
}

/// The holder's description of itself. It is only information, so an unreadable one is no error.
fn holder(file: &File) -> String {
    let mut description = String::new();
    let read = file.take(DESCRIPTION).read_to_string(&mut description);
    match description.trim() {
        text if read.is_ok() && !text.is_empty() => text.to_owned(),
        _ => "its process is unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_a_second_comparison_names_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = Lock::take(&path, "into results/first").unwrap();
        let error = Lock::take(&path, "into results/second").unwrap_err();
        let error = error.to_string();
        let holder = format!("(process {}, into results/first)", process::id());
        assert!(
            error.contains(&holder) && error.ends_with("or stop it with Ctrl-C"),
            "{error}"
        );
        drop(first);
        Lock::take(&path, "into results/second").unwrap();
    }

    #[test]
    fn the_error_of_an_impossible_lock_says_what_to_do() {
        let error = Lock::take(Path::new("/nowhere/lock"), "")
            .unwrap_err()
            .to_string();
        assert!(
            error.ends_with("set XDG_RUNTIME_DIR to a folder that you own"),
            "{error}"
        );
    }
}
