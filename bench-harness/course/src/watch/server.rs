//! The watched server: starts it, under `strace` where that is allowed, and reads what it does.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use contract::server::Line;
use measure::external::words;
use measure::process::{NoLine, Process, Seat, describe_exit, with_message};
use nix::sys::signal::Signal;

use super::WatchError;
use super::calls::{self, STRACE};
use super::client::Address;
use super::kernel::is_listening;
use super::tail::Tail;

/// Longest time from the start of a server until it is ready. strace makes a server slow.
const START: Duration = Duration::from_secs(15);
/// Longest time from the stop of a server to its end.
const STOP: Duration = Duration::from_secs(5);
/// Time between two looks at a server that is not ready.
const STEP: Duration = Duration::from_millis(10);

/// The server that is watched.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A model, with options for `echolab serve`.
    Model {
        /// Its name.
        name: String,
        /// The options.
        options: Vec<String>,
    },
    /// A foreign server: the command that starts it, with `{port}` in place of its port.
    External {
        /// The command.
        command: String,
    },
}

/// A server that is ready.
#[derive(Debug)]
pub struct Server {
    process: Process,
    is_model: bool,
    /// Where it listens.
    pub address: Address,
    /// The lines of `serve --verbose`, or the messages of a foreign server.
    pub log: Tail,
    /// The lines of strace; absent if it cannot trace here, and then a sentence says why.
    pub trace: Result<Tail, String>,
}

/// What a server is started with.
pub struct Start<'a> {
    /// This program.
    pub program: &'a Path,
    /// A folder for its files.
    pub folder: &'a Path,
    /// Moment 0 of its times, in nanoseconds of the shared clock.
    pub since: u64,
    /// True if strace should not be used.
    pub without_strace: bool,
}

impl Server {
    /// Starts the server, and waits until it is ready. If strace cannot trace it, it is started without.
    ///
    /// # Errors
    /// The server does not start.
    pub fn start(subject: &Subject, start: &Start) -> Result<Self, WatchError> {
        if start.without_strace {
            return Self::start_one(subject, start, false)
                .map(|server| server.without_trace("strace is off: remove `--no-strace`"));
        }
        if !measure::cost::Strace::is_installed() {
            let why = "strace is not installed; install it (Debian: `apt-get install strace`)";
            return Self::start_one(subject, start, false).map(|server| server.without_trace(why));
        }
        match Self::start_one(subject, start, true) {
            Ok(server) => Ok(server),
            // Either the server is wrong, or strace may not trace. Without strace the first one fails again.
            Err(error) => Self::start_one(subject, start, false).map(|server| {
                let why = format!("strace cannot trace here ({error}); try it as root");
                server.without_trace(&why)
            }),
        }
    }

    fn start_one(subject: &Subject, start: &Start, traced: bool) -> Result<Self, WatchError> {
        let port = free_port()?;
        let command = command(subject, start, port)?;
        let log = start.folder.join(if traced { "traced" } else { "server" });
        let trace = start.folder.join("calls");
        let shown = trace.to_string_lossy();
        let words = if traced {
            let strace = calls::arguments(&shown, &command);
            [vec![STRACE.to_owned()], strace].concat()
        } else {
            command
        };
        let (program, arguments) = words.split_first().ok_or(WatchError::NoCommand)?;
        let seat = Seat {
            program: Path::new(program),
            cpus: None,
            stderr: log.clone(),
        };
        let is_model = matches!(subject, Subject::Model { .. });
        let (process, address) = if is_model {
            let mut process = Process::start(&seat, arguments)?;
            let address = model_address(&mut process)?;
            (process, address)
        } else {
            let mut process = Process::start_external(&seat, arguments)?;
            let address = external_address(&mut process, port)?;
            (process, address)
        };
        Ok(Self {
            process,
            is_model,
            address,
            log: Tail::open(&log)?,
            trace: if traced {
                Ok(Tail::open(&trace)?)
            } else {
                Err(String::new())
            },
        })
    }

    fn without_trace(mut self, why: &str) -> Self {
        self.trace = Err(why.to_owned());
        self
    }

    /// True if the server itself has ended.
    pub fn has_ended(&mut self) -> bool {
        self.process.has_ended()
    }

    /// Its last messages in one line; empty if there are none.
    pub fn messages(&self) -> String {
        self.process.stderr_tail()
    }

    /// Stops the server, and waits for its end. Its files stay readable until this is dropped.
    pub fn stop(&mut self) {
        if self.is_model {
            self.process.signal(Signal::SIGTERM);
            let deadline = Instant::now() + STOP;
            while self.process.line(deadline).is_ok() {}
        } else {
            self.process.signal_group(Signal::SIGTERM);
        }
        self.process.wait_or_kill(Instant::now() + STOP);
    }
}

/// The command with its arguments.
fn command(subject: &Subject, start: &Start, port: u16) -> Result<Vec<String>, WatchError> {
    match subject {
        Subject::Model { name, options } => {
            let program = start.program.to_string_lossy();
            let since = start.since.to_string();
            let serve = [
                &program,
                "serve",
                name,
                "--verbose",
                "--since",
                &since,
                "--grace",
                "1s",
            ];
            let serve = serve.iter().map(|&word| word.to_owned());
            Ok(serve.chain(options.iter().cloned()).collect())
        }
        Subject::External { command } => Ok(words(command, port)?),
    }
}

/// The address that a model announces.
fn model_address(process: &mut Process) -> Result<Address, WatchError> {
    let line = process.line(Instant::now() + START);
    let address = line.as_deref().ok().and_then(Line::ready);
    let address = address.as_deref().and_then(address_of);
    address.ok_or_else(|| match line {
        Err(NoLine::Closed) => died(process),
        Err(NoLine::Timeout) => WatchError::NotReady,
        Ok(line) => WatchError::NoAddress(line),
    })
}

fn address_of(text: &str) -> Option<Address> {
    match text.strip_prefix("udp:") {
        Some(udp) => udp.parse().ok().map(Address::Udp),
        None => text.parse().ok().map(Address::Tcp),
    }
}

/// Waits until a foreign server listens. A connection would show it too, but then the server would have one more client.
fn external_address(process: &mut Process, port: u16) -> Result<Address, WatchError> {
    let deadline = Instant::now() + START;
    while !is_listening(port) {
        if process.has_ended() {
            return Err(died(process));
        }
        if Instant::now() > deadline {
            return Err(WatchError::NotReady);
        }
        thread::sleep(STEP);
    }
    Ok(Address::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, port))))
}

fn died(process: &mut Process) -> WatchError {
    let status = process.wait_or_kill(Instant::now() + STOP);
    WatchError::Died {
        how: status.map_or_else(|| "hung".to_owned(), describe_exit),
        message: with_message(&process.stderr_tail()),
    }
}

/// A port that is free now.
fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}
