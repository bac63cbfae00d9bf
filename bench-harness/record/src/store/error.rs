//! Why a folder of results cannot be written or read, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::PLAN;

/// A folder that cannot be written or read.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The folder holds a run already.
    #[error(
        "`{0}` holds a run already; choose another folder with --out, or go on with it with --resume"
    )]
    Exists(PathBuf),
    /// Somebody else writes it.
    #[error(
        "`{0}` is being written by another echolab; wait until it has ended, or choose another folder with --out"
    )]
    InUse(PathBuf),
    /// The folder is no run.
    #[error(
        "`{0}` holds no run (there is no {PLAN}); give the folder that `echolab compare` named"
    )]
    NoRun(PathBuf),
    /// A newer version wrote it.
    #[error(
        "`{path}` has schema {found}, and this echolab reads up to {known}; use the version that wrote it or a newer one"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The newest that is known.
        known: u32,
    },
    /// A file is not what it should be.
    #[error("`{path}` cannot be understood ({source}); restore it from a copy, or measure again")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The plan names cells that it does not have.
    #[error("`{0}` contradicts itself; restore it from a copy, or measure again")]
    Contradiction(PathBuf),
    /// There is no space left.
    #[error(
        "`{path}` can grow no further ({source}); make room on its disk, then go on with `echolab compare --resume`: finished trials are kept"
    )]
    Full {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system refused.
    #[error(
        "cannot {verb} `{path}` ({source}); check the permissions of the folder and the space on its disk"
    )]
    Io {
        /// What was tried.
        verb: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// The error of an attempt to do this to that file.
pub(super) fn failed(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    let path = path.to_owned();
    move |source| match source.kind() {
        StorageFull | QuotaExceeded | FileTooLarge => StoreError::Full { path, source },
        _ => StoreError::Io { verb, path, source },
    }
}
