//! The errors of a folder of results. Each text ends with what the user can do.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::paths::PLAN;

/// A folder of results cannot be written or read.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The folder already holds a run.
    #[error(
        "`{0}` already holds a run; continue that run with --resume, or choose another folder with --out"
    )]
    Exists(PathBuf),
    /// Another process is writing the run.
    #[error(
        "another echolab is writing to `{0}`; wait until it has ended, or choose another folder with --out"
    )]
    InUse(PathBuf),
    /// The folder holds no run.
    #[error(
        "`{0}` holds no run (there is no {PLAN}); give the folder that `echolab compare` printed"
    )]
    NoRun(PathBuf),
    /// A newer version wrote the run.
    #[error(
        "`{path}` has schema {schema}, but this echolab reads only up to {newest}; use the version that wrote it, or a newer one"
    )]
    Newer {
        /// The path of the file.
        path: PathBuf,
        /// The schema of the file.
        schema: u64,
        /// The newest schema that this program can read.
        newest: u32,
    },
    /// A file has a syntax error, or a field is missing.
    #[error("`{path}` is damaged ({source}); restore it from a copy, or measure again")]
    Damaged {
        /// The path of the file.
        path: PathBuf,
        /// The error of the parser.
        source: serde_json::Error,
    },
    /// The plan makes no sense.
    #[error("the plan in `{path}` is damaged ({reason}); restore it from a copy, or measure again")]
    Contradiction {
        /// The path of the file.
        path: PathBuf,
        /// What makes no sense in it.
        reason: String,
    },
    /// The file of a run was moved or removed while it was written.
    #[error(
        "`{0}` was moved or removed while the run was measured, so its rows would be lost; if its folder was moved, continue there with `echolab compare --resume`, or else measure again and leave the folder alone"
    )]
    Gone(PathBuf),
    /// The disk is full before the run has begun.
    #[error(
        "there is no space for `{path}` ({source}); make room on its disk or choose another folder with --out, and start again"
    )]
    NoRoom {
        /// The path of the file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The disk is full, or the file has reached its maximum size.
    #[error(
        "there is no space for `{path}` ({source}); make room on its disk, then continue with `echolab compare --resume`: finished trials are kept"
    )]
    Full {
        /// The path of the file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The system refused.
    #[error(
        "cannot {verb} `{path}` ({source}); check the permissions of the folder and the space on its disk"
    )]
    Io {
        /// The attempted action.
        verb: &'static str,
        /// The path of the file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
}

impl StoreError {
    /// The same error before the plan of a run is stored: there is nothing to continue yet.
    pub(super) fn before_the_run(self) -> Self {
        match self {
            Self::Full { path, source } => Self::NoRoom { path, source },
            other => other,
        }
    }
}

/// Makes an error from a failed action on a file.
pub(super) fn failed(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    let path = path.to_owned();
    move |source| match source.kind() {
        StorageFull | QuotaExceeded | FileTooLarge => StoreError::Full { path, source },
        _ => StoreError::Io { verb, path, source },
    }
}
