//! Starting a server: a model with options, or any command with a port.

use std::process::Command;
use std::time::Duration;

use model::Listen;

use crate::finding::{Checked, Finding, ensure_eq};
use crate::options::Options;
use crate::ports;
use crate::process::{Process, confine};
use crate::server::Server;
use crate::subject::{Access, Subject};
use crate::texts::Symptom;
use crate::watch::{seconds, within};

/// The exit code of a server of ours that cannot begin.
pub const REFUSED: i32 = 2;

/// Number of ports that are tried if the server says that its port is in use.
const PORTS: u32 = 3;

/// Number of deadlines that a server has to begin to listen. Some languages compile the program first, and several servers may
/// start at the same time.
const START: u32 = 4;

impl<'a> Server<'a> {
    /// Starts a server and waits until clients can connect.
    pub(crate) fn start(subject: &'a Subject, options: Options) -> Checked<Self> {
        match subject.access() {
            Access::Address(address) => Ok(Self::new(subject, options, address.clone(), None)),
            Access::Command { .. } => Self::start_command(subject, &options),
            Access::Model { .. } | Access::Room { .. } => Self::try_start(subject, options)?
                .map_err(|written| {
                    Finding::of(Symptom::Died, format!("the server is not ready: {written}"))
                }),
        }
    }

    /// Starts a model and waits until clients can connect, or until it has ended. Returns what it wrote to standard error
    /// then.
    pub(crate) fn try_start(
        subject: &'a Subject,
        options: Options,
    ) -> Checked<Result<Self, String>> {
        let (name, launch) = match subject.access() {
            Access::Model { about, launch } => (about.name, launch),
            Access::Room { about, launch } => (about.name, launch),
            Access::Address(_) | Access::Command { .. } => {
                unreachable!("only our own servers keep the contract")
            }
        };
        let command = launch.command(name, &options);
        let deadline = subject.deadline();
        let mut process = Process::start(command, true, deadline)?;
        let line = process.line("its line `ready`")?;
        let Some(address) = line.strip_prefix("ready ") else {
            let exit = process.wait()?;
            let written = process.written();
            ensure_eq!(exit.code(), Some(REFUSED), "{written}");
            return Ok(Err(written));
        };
        let address = address.trim().parse();
        let address = address.map_err(|error| Finding::new(format!("after `ready`: {error}")))?;
        Ok(Ok(Self::new(subject, options, address, Some(process))))
    }

    /// Starts the command with a free port. Another program may take that port first; then another port is tried.
    fn start_command(subject: &'a Subject, options: &Options) -> Checked<Self> {
        let mut tried = 1;
        loop {
            match Self::start_at(subject, options.clone(), ports::free(subject.transport())) {
                Err(finding) if tried < PORTS && says_in_use(&finding) => tried += 1,
                result => return result,
            }
        }
    }

    /// Starts the command with this port.
    fn start_at(subject: &'a Subject, options: Options, port: u16) -> Checked<Self> {
        let Access::Command { text, words } = subject.access() else {
            unreachable!("only a command takes a port");
        };
        let words = words(text, port).map_err(Finding::new)?;
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        confine(&mut command, None);
        let mut process = Process::start(command, false, subject.deadline())?;
        let mut address = None;
        let patience = START * subject.deadline();
        within(patience, || {
            address = ports::listening(subject.transport(), port);
            address.is_some() || process.exited().is_some()
        });
        // A server that has ended does not listen, so another program has the port.
        let runs = process.exited().is_none();
        match address.filter(|_| runs) {
            Some(address) => Ok(Self::new(subject, options, address, Some(process))),
            None => Err(not_listening(&mut process, port, patience)),
        }
    }

    /// Starts a server with the options and the address of this one, which has ended.
    pub(crate) fn start_again(self) -> Checked<Self> {
        let (subject, options, address) =
            (self.subject, self.options.clone(), self.address.clone());
        self.finished.set(true);
        drop(self);
        match subject.access() {
            Access::Address(_) => unreachable!("the case needs a process"),
            Access::Command { .. } => {
                let (Listen::Tcp(at) | Listen::Udp(at)) = address else {
                    unreachable!("a command takes a port");
                };
                Self::start_at(subject, options, at.port())
            }
            Access::Model { .. } | Access::Room { .. } => Self::start(
                subject,
                Options {
                    listen: address.to_string(),
                    ..options
                },
            ),
        }
    }
}

/// True if the server says that another program has its port.
fn says_in_use(finding: &Finding) -> bool {
    let text = finding.server.as_deref().unwrap_or_default().to_lowercase();
    text.contains("address already in use") || text.contains("eaddrinuse")
}

fn not_listening(process: &mut Process, port: u16, patience: Duration) -> Finding {
    let what = match process.exited() {
        Some(exit) => format!("the server ended before it listened on port {port}: {exit}"),
        None => {
            format!(
                "the server does not listen on port {port} of this machine after {}",
                seconds(patience)
            )
        }
    };
    let written = process.written();
    Finding {
        server: (!written.trim().is_empty()).then(|| format!("it wrote:\n{}", written.trim_end())),
        ..Finding::of(Symptom::Refused, what)
    }
}
