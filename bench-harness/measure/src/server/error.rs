//! The errors of a server that does not start. Each text ends with what the user can do.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use thiserror::Error;

use crate::external::ExternalError;
use crate::process::with_message;

/// Maximum time from the start of a server until it is ready.
pub(super) const START: Duration = Duration::from_secs(10);

/// The server did not start.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The process could not be started.
    #[error(
        "the server process could not be started ({0}); check `ulimit -u` and the disk of the results folder"
    )]
    Start(#[from] io::Error),
    /// The process ended before it was ready.
    #[error(
        "the server {how} before it was ready{}; run `{command}` yourself to see why",
        with_message(stderr)
    )]
    Died {
        /// The way it ended.
        how: String,
        /// The end of its stderr.
        stderr: String,
        /// The command that starts it.
        command: String,
    },
    /// The server was not ready in time.
    #[error("the server was not ready within {} s; run `{command}` yourself to see why", START.as_secs())]
    NotReady {
        /// The command that starts it.
        command: String,
    },
    /// An external server accepts no connection.
    #[error(
        "the server listened neither on {address} nor on [::1] within {} s{}; run `{command}` yourself to see why, with a free port",
        START.as_secs(),
        with_message(stderr)
    )]
    NotListening {
        /// The address on which it should listen.
        address: SocketAddr,
        /// The end of its stderr.
        stderr: String,
        /// The command that starts it.
        command: String,
    },
    /// An external server listens, but does not echo.
    #[error(
        "the server does not echo what it receives ({source}){}; compare only echo servers",
        with_message(stderr)
    )]
    NoEcho {
        /// The error of the client.
        source: io::Error,
        /// The end of its stderr.
        stderr: String,
    },
    /// An external server listens, but does not answer a request of HTTP as expected.
    #[error(
        "the server does not answer over HTTP: {reason}{}",
        with_message(stderr)
    )]
    NoHttp {
        /// What was wrong, and what to do.
        reason: String,
        /// The end of its stderr.
        stderr: String,
    },
    /// An external server has processes that cannot be measured.
    #[error("the server {how}")]
    Stray {
        /// What it did, and what to do.
        how: String,
    },
    /// The command of an external server cannot be used.
    #[error(transparent)]
    Command(#[from] ExternalError),
    /// The first line breaks the protocol.
    #[error(
        "the first line of the server is `{line}` instead of `ready ADDRESS`; run `{command}` yourself to see why"
    )]
    Contract {
        /// The first line.
        line: String,
        /// The command that starts it.
        command: String,
    },
}
