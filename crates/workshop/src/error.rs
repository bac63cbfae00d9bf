//! What can go wrong in the workshop, each as a sentence that ends with what the user can do.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a copy cannot be made, built or run.
#[derive(Debug, Error)]
pub enum WorkshopError {
    /// There is no source tree.
    #[error(
        "this needs the source tree of EchoLab, which is not in {0} or above it; clone the repository, and run the command in its folder"
    )]
    NoTree(PathBuf),
    /// There is no cargo.
    #[error(
        "this needs cargo, which does not start ({0}); install Rust from https://rustup.rs, and check that `cargo --version` works"
    )]
    NoCargo(io::Error),
    /// A file of the source tree or of a copy cannot be read or written.
    #[error("{what} ({source}); check the permissions, and the space on the disk")]
    File {
        /// What cannot be done, with the path.
        what: String,
        /// The error of the system.
        source: io::Error,
    },
    /// A README or a table of exercises does not have the expected form.
    #[error("{model}: {problem}; correct {file}")]
    Form {
        /// The model.
        model: String,
        /// What is wrong.
        problem: String,
        /// The file to correct.
        file: PathBuf,
    },
    /// Cargo cannot build the copy.
    #[error("the copy does not compile; correct this first:\n{0}")]
    Compile(String),
    /// The suite ended in another way than with a result.
    #[error("the suite gave no result ({0}); run the command again")]
    NoResult(String),
    /// The user stopped it.
    #[error("stopped; run the command again")]
    Stopped,
}

impl WorkshopError {
    /// An error of the system, with what could not be done.
    pub fn file(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::File { what, source }
    }
}
