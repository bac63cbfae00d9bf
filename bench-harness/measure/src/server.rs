//! Starts and stops a server. A model speaks the protocol of `contract::server`; an external server speaks none.

mod external_process;

use std::io;
use std::net::SocketAddr;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use contract::server::Line;
use nix::sys::signal::Signal;
use record::plan::{Contender, Load};
use serde_json::Value;
use thiserror::Error;

use crate::cost::{Group, Usage};
use crate::external::ExternalError;
use crate::process::{NoLine, Process, Seat, describe_exit};

/// Maximum time until the first line.
const START: Duration = Duration::from_secs(10);
/// Time that a server gives open conversations to end. The generator has closed its connections by then.
const GRACE: Duration = Duration::from_secs(2);
/// Maximum time from SIGTERM to the end of the process. It is longer than the grace period.
const STOP: Duration = Duration::from_secs(5);

/// A server that is ready for clients.
#[derive(Debug)]
pub struct Server {
    process: Process,
    /// The address on which it listens.
    pub address: String,
    /// True if it is a model, which speaks the protocol of `contract::server`.
    is_model: bool,
}

/// The end of a server.
#[derive(Clone, Debug)]
pub struct ServerEnd {
    /// Its counters; `None` if it did not report them.
    pub stats: Option<Value>,
    /// Usage of all its reaped processes.
    pub usage: Usage,
    /// The way it ended, if that was wrong, in words that follow "the server".
    pub fault: Option<String>,
}

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
        "the server {how} before it was ready, with the message `{stderr}`; try `{command}` by hand"
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
    #[error("the server was not ready within {} s; try `{command}` by hand", START.as_secs())]
    NotReady {
        /// The command that starts it.
        command: String,
    },
    /// An external server accepts no connection.
    #[error(
        "the server did not listen on {address} within {} s, with the message `{stderr}`; try `{command}` by hand, with a free port",
        START.as_secs()
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
        "the server does not echo what it receives ({source}), with the message `{stderr}`; compare only echo servers"
    )]
    NoEcho {
        /// The error of the client.
        source: io::Error,
        /// The end of its stderr.
        stderr: String,
    },
    /// The command of an external server cannot be used.
    #[error(transparent)]
    Command(#[from] ExternalError),
    /// The first line breaks the protocol.
    #[error(
        "the first line of the server is `{line}` instead of `ready ADDRESS`; try `{command}` by hand"
    )]
    Contract {
        /// The first line.
        line: String,
        /// The command that starts it.
        command: String,
    },
}

impl Server {
    /// Starts a server and waits until it is ready.
    ///
    /// # Errors
    /// It cannot be started, or is not ready in time.
    pub fn start(seat: &Seat, contender: &Contender, load: &Load) -> Result<Self, ServerError> {
        if let Some(command) = &contender.command {
            let (process, address) =
                external_process::start(command, seat.cpus, seat.stderr.clone())?;
            return Ok(Self {
                process,
                address: address.to_string(),
                is_model: false,
            });
        }
        let command = format!("echolab serve {}", contender.model());
        let mut process = Process::start(seat, &arguments(contender, load))?;
        let line = match process.line(Instant::now() + START) {
            Ok(line) => line,
            Err(NoLine::Timeout) => return Err(ServerError::NotReady { command }),
            Err(NoLine::Closed) => {
                let status = process.wait_or_kill(Instant::now() + STOP);
                return Err(ServerError::Died {
                    how: status.map_or("hung".to_owned(), describe_exit),
                    stderr: process.stderr_tail(),
                    command,
                });
            }
        };
        match Line::ready(&line) {
            Some(address) => Ok(Self {
                address,
                process,
                is_model: true,
            }),
            None => Err(ServerError::Contract { line, command }),
        }
    }

    /// Starts an external server, checks that it echoes, and stops it.
    ///
    /// # Errors
    /// It cannot be started, does not listen, or does not echo.
    pub fn try_out(command: &str, cpus: Option<&[usize]>) -> Result<(), ServerError> {
        let folder = tempfile::tempdir()?;
        let stderr = folder.path().join("stderr");
        let (process, address) = external_process::start(command, cpus, stderr)?;
        external_process::check_echo(address).map_err(|source| ServerError::NoEcho {
            source,
            stderr: process.stderr_tail(),
        })?;
        external_process::stop(process);
        Ok(())
    }

    /// The group of its processes.
    pub fn group(&self) -> Group {
        Group(self.process.pid())
    }

    /// Sends SIGTERM, waits for the end, and kills the whole group if the server does not end in time.
    pub fn stop(mut self) -> ServerEnd {
        if !self.is_model {
            return external_process::stop(self.process);
        }
        let before = Usage::of_reaped_children();
        let deadline = Instant::now() + STOP;
        self.process.signal(Signal::SIGTERM);
        let mut last_stats = None;
        let is_closed = loop {
            match self.process.line(deadline) {
                Ok(line) => last_stats = stats(&line),
                Err(reason) => break reason == NoLine::Closed,
            }
        };
        let deadline = if is_closed { deadline } else { Instant::now() };
        let status = self.process.wait_or_kill(deadline);
        let usage = Usage::of_reaped_children().since(before);
        ServerEnd {
            fault: fault(status, last_stats.is_some()),
            stats: last_stats,
            usage,
        }
    }
}

fn arguments(contender: &Contender, load: &Load) -> Vec<String> {
    let grace = format!("{}s", GRACE.as_secs());
    let words = [
        "serve",
        contender.model(),
        "--listen",
        if contender.datagrams {
            "udp:127.0.0.1:0"
        } else {
            "127.0.0.1:0"
        },
        "--protocol",
        load.protocol.name(),
        "--grace",
        &grace,
    ];
    words.map(str::to_owned).to_vec()
}

/// The counters in the last line.
fn stats(line: &str) -> Option<Value> {
    serde_json::from_str(&Line::stats(line)?).ok()
}

/// The fault of this end, in words that follow "the server"; `None` if the end was correct.
fn fault(status: Option<ExitStatus>, has_stats: bool) -> Option<String> {
    match status {
        Some(status) if status.success() && has_stats => None,
        Some(status) if status.success() => Some("ended without its line `stats`".to_owned()),
        Some(status) => Some(describe_exit(status)),
        None => Some(format!(
            "was killed because it did not stop within {} s,",
            STOP.as_secs()
        )),
    }
}
