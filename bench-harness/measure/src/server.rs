//! Starts and stops a server. A model speaks the protocol of `contract::server`; an external server speaks none.

mod end;
mod error;
mod external_process;

use std::io;
use std::net::SocketAddr;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use contract::server::Line;
use nix::sys::signal::Signal;
use record::plan::{Contender, Load};
use serde_json::Value;

use crate::cost::{Group, Usage};
use crate::guard::Guard;
use crate::process::{NoLine, Process, Seat, describe_exit};
use error::START;
use external_process::Unanswered;

pub use end::ServerEnd;
pub use error::ServerError;

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
    /// The same address if it is an external server, which does not speak the protocol of `contract::server`.
    external: Option<SocketAddr>,
    /// Kills it if this program ends while it is stopped.
    guard: Option<Guard>,
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
                external: Some(address),
                guard: None,
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
                external: None,
                guard: None,
            }),
            None => Err(ServerError::Contract { line, command }),
        }
    }

    /// Starts an external server, checks that it answers the first request of each of these loads, and stops it.
    ///
    /// # Errors
    /// It cannot be started, does not listen, or does not answer as expected.
    pub fn try_out(
        command: &str,
        cpus: Option<&[usize]>,
        loads: &[&Load],
    ) -> Result<(), ServerError> {
        let folder = tempfile::tempdir()?;
        let stderr = folder.path().join("stderr");
        let (process, address) = external_process::start(command, cpus, stderr)?;
        let wrong = |error: Unanswered| match error {
            Unanswered::Echo(source) => ServerError::NoEcho {
                source,
                stderr: process.stderr_tail(),
            },
            Unanswered::Http(reason) => ServerError::NoHttp {
                reason,
                stderr: process.stderr_tail(),
            },
        };
        for load in loads {
            external_process::check_reply(address, load).map_err(wrong)?;
        }
        let has_strays = !process.strays().is_empty();
        let end = external_process::stop(process, address);
        match end.fault.filter(|_| has_strays) {
            Some(how) => Err(ServerError::Stray { how }),
            None => Ok(()),
        }
    }

    /// The group of its processes.
    pub fn group(&self) -> Group {
        Group(self.process.pid())
    }

    /// Stops all its processes with SIGSTOP, until [`resume`](Self::resume).
    ///
    /// # Errors
    /// The system cannot start the process that guards a stopped server. The server goes on then.
    pub fn pause(&mut self) -> io::Result<()> {
        if self.guard.is_none() {
            self.guard = Some(Guard::of(self.process.pid())?);
        }
        self.process.signal_group(Signal::SIGSTOP);
        Ok(())
    }

    /// Lets its processes continue.
    pub fn resume(&self) {
        self.process.signal_group(Signal::SIGCONT);
    }

    /// Sends SIGTERM, waits for the end, and kills the whole group if the server does not end in time.
    pub fn stop(mut self) -> ServerEnd {
        if let Some(address) = self.external {
            return external_process::stop(self.process, address);
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
    let words = words.map(str::to_owned).into_iter();
    words.chain(load.server.arguments()).collect()
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
