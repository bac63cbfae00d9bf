//! Starts and stops a server, as `contract::server` has it; an external server has no contract, and `outside` does without.

mod outside;

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
use crate::process::{NoLine, Process, Seat, how};

/// Time until the first line.
const START: Duration = Duration::from_secs(10);
/// Time that a server gives its conversations to end; by then the generator has left.
const GRACE: Duration = Duration::from_secs(2);
/// Time from the signal to the end, longer than the grace period.
const STOP: Duration = Duration::from_secs(5);

/// A server that is ready.
#[derive(Debug)]
pub struct Server {
    process: Process,
    /// Where it listens.
    pub address: String,
    /// Whether it keeps the contract.
    ours: bool,
}

/// What a server left when it had ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// What it counted, where it still said so.
    pub stats: Option<Value>,
    /// CPU time of all its processes that were waited for.
    pub usage: Usage,
    /// How it ended, where it did not end as it should.
    pub badly: Option<String>,
}

/// A server that did not begin.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The process could not be started.
    #[error(
        "the server process could not be started ({0}); check `ulimit -u` and the disk of the results folder"
    )]
    Start(#[from] io::Error),
    /// It ended before it was ready.
    #[error("the server {how} before it was ready, saying `{words}`; try `{command}` by hand")]
    Died {
        /// How it ended.
        how: String,
        /// What it said.
        words: String,
        /// What starts it.
        command: String,
    },
    /// It did not become ready in time.
    #[error("the server was not ready within {} s; try `{command}` by hand", START.as_secs())]
    NotReady {
        /// What starts it.
        command: String,
    },
    /// It cannot be connected to.
    #[error(
        "the server did not listen on {address} within {} s, saying `{words}`; try `{command}` by hand, with a port of your own",
        START.as_secs()
    )]
    Deaf {
        /// Where it was told to listen.
        address: SocketAddr,
        /// What it said.
        words: String,
        /// What starts it.
        command: String,
    },
    /// It listens, and does not echo.
    #[error(
        "the server does not send back what it gets ({source}), saying `{words}`; compare only servers that echo"
    )]
    NoEcho {
        /// What happened instead.
        source: io::Error,
        /// What it said.
        words: String,
    },
    /// Its command is none.
    #[error(transparent)]
    Command(#[from] ExternalError),
    /// Its first line is something else.
    #[error("the server began with `{line}` instead of `ready ADDRESS`; try `{command}` by hand")]
    Contract {
        /// What it said.
        line: String,
        /// What starts it.
        command: String,
    },
}

impl Server {
    /// Starts a server and waits until it is ready.
    ///
    /// # Errors
    /// It did not begin.
    pub fn start(seat: &Seat, contender: &Contender, load: &Load) -> Result<Self, ServerError> {
        if let Some(command) = &contender.command {
            let (process, address) = outside::start(command, seat.cpus, seat.stderr.clone())?;
            return Ok(Self {
                process,
                address: address.to_string(),
                ours: false,
            });
        }
        let command = format!("echolab serve {}", contender.model());
        let mut process = Process::start(seat, &arguments(contender, load))?;
        let line = match process.line(Instant::now() + START) {
            Ok(line) => line,
            Err(NoLine::InTime) => return Err(ServerError::NotReady { command }),
            Err(NoLine::Ever) => {
                let how = process
                    .end(Instant::now() + STOP)
                    .map_or("hung".to_owned(), how);
                return Err(ServerError::Died {
                    how,
                    words: process.last_words(),
                    command,
                });
            }
        };
        match Line::ready(&line) {
            Some(address) => Ok(Self {
                address,
                process,
                ours: true,
            }),
            None => Err(ServerError::Contract { line, command }),
        }
    }

    /// Starts a server of another program, greets it, and stops it.
    ///
    /// # Errors
    /// It cannot be started, does not listen, or does not echo.
    pub fn try_out(command: &str, cpus: Option<&[usize]>) -> Result<(), ServerError> {
        let folder = tempfile::tempdir()?;
        let (process, address) = outside::start(command, cpus, folder.path().join("stderr"))?;
        outside::greet(address).map_err(|source| ServerError::NoEcho {
            source,
            words: process.last_words(),
        })?;
        outside::stop(process);
        Ok(())
    }

    /// Its processes.
    pub fn group(&self) -> Group {
        Group(self.process.pid())
    }

    /// Asks it to stop, waits, and ends the whole group where it does not.
    pub fn stop(mut self) -> Ended {
        if !self.ours {
            return outside::stop(self.process);
        }
        let before = Usage::of_reaped_children();
        let deadline = Instant::now() + STOP;
        self.process.signal(Signal::SIGTERM);
        let mut counted = None;
        let closed = loop {
            match self.process.line(deadline) {
                Ok(line) => counted = stats(&line),
                Err(end) => break end == NoLine::Ever,
            }
        };
        let exit = self
            .process
            .end(if closed { deadline } else { Instant::now() });
        let usage = Usage::of_reaped_children().since(before);
        Ended {
            badly: judge(exit, counted.is_some()),
            stats: counted,
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

/// What the last line says.
fn stats(line: &str) -> Option<Value> {
    serde_json::from_str(&Line::stats(line)?).ok()
}

/// What was wrong about this end, in words that follow "the server".
fn judge(status: Option<ExitStatus>, has_stats: bool) -> Option<String> {
    match status {
        Some(status) if status.success() && has_stats => None,
        Some(status) if status.success() => Some("said nothing about its work".to_owned()),
        Some(status) => Some(how(status)),
        None => Some(format!(
            "was killed because it did not stop within {} s,",
            STOP.as_secs()
        )),
    }
}
