//! Watches a server and a few scripted clients: one line an event, from both sides, with its time.
//!
//! ```text
//! script ──> client, client, …  ─── TCP ───►  server  (a model or a foreign program, under strace where allowed)
//!               │ reports                        │ log: `serve --verbose`     │ calls: lines of strace
//!               ▼                                ▼                            ▼
//!             record  ◄── kernel (what waits for accept or for a read) ───────┘
//!               ├── story (lines for the terminal, and who waited for whom)
//!               └── page (lanes over time)
//! ```

pub mod calls;
pub mod client;
pub mod event;
pub mod kernel;
mod lanes;
pub mod page;
mod record;
pub mod script;
mod server;
mod spans;
pub mod story;
mod tail;
mod waited;
mod words;

use std::io;
use std::path::Path;

use measure::external::ExternalError;
use measure::stop::Stop;
use thiserror::Error;

pub use record::{Record, watch};
pub use server::Subject;
pub use waited::closing;

use script::ClientScript;

/// What is watched.
pub struct Watch<'a> {
    /// This program.
    pub program: &'a Path,
    /// The server.
    pub subject: &'a Subject,
    /// The clients.
    pub clients: &'a [ClientScript],
    /// True if strace should not be used.
    pub without_strace: bool,
    /// The user's wish to stop.
    pub stop: &'a Stop,
}

/// The server cannot be watched.
#[derive(Debug, Error)]
pub enum WatchError {
    /// The system refused a socket, a process or a file.
    #[error("the system refused a part of the watch ({0}); check `ulimit -n` and `ulimit -u`")]
    System(#[from] io::Error),
    /// The server ended before it was ready.
    #[error("the server {how} before it was ready{message}; start it yourself to see why")]
    Died {
        /// The way it ended.
        how: String,
        /// The end of its messages, as a part of a sentence.
        message: String,
    },
    /// The server is not ready in time.
    #[error("the server was not ready in time; start it yourself to see why")]
    NotReady,
    /// The first line of a model breaks the contract.
    #[error(
        "the first line of the server is `{0}` instead of `ready ADDRESS`; run `echolab serve` yourself to see why"
    )]
    NoAddress(String),
    /// The command of a foreign server is empty.
    #[error("the command of the server is empty; write --external 'COMMAND {{port}}'")]
    NoCommand,
    /// The command of a foreign server cannot be used.
    #[error(transparent)]
    Command(#[from] ExternalError),
    /// The user stopped it.
    #[error("stopped")]
    Stopped,
}
