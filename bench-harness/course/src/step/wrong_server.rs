//! Step `wrong-server`: a server as tutorials print it, and the mended one, with the same clients. Which client notices?
//!
//! | key | meaning |
//! |---|---|
//! | `bug` | `closing-in-the-loop`, `edge-triggered` or `recv-is-a-message` |
//! | `rounds` | number of times that both servers are started and all clients come |
//!
//! A row has the share of the replies that a client gets; it is exact. `harmed, printed` is the number of clients that miss
//! some of theirs.

mod clients;

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use measure::process::Seat;
use measure::server::{Server, ServerError};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use record::plan::{Contender, Family, Load, Recipe};
use serde::Deserialize;
use toml::Table;

use super::{StepError, parameters};
use crate::measured::{Measured, Row, Unit};
use crate::stage::Stage;
use clients::Client;

/// Longest time from the last word of a server that crashes to its end.
const CRASH: Duration = Duration::from_secs(5);

/// The scripts are part of the program, so that the lessons run without the source tree.
macro_rules! script {
    ($name:literal) => {
        include_str!(concat!("../../../../scripts/peers/broken/", $name, ".py"))
    };
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Parameters {
    bug: Bug,
    rounds: usize,
}

/// A bug of a printed server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Bug {
    ClosingInTheLoop,
    EdgeTriggered,
    RecvIsAMessage,
}

/// A server of the experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Printed,
    Mended,
}

impl Version {
    const ALL: [Self; 2] = [Self::Printed, Self::Mended];

    const fn name(self) -> &'static str {
        match self {
            Self::Printed => "printed",
            Self::Mended => "mended",
        }
    }
}

impl Bug {
    const fn script(self, version: Version) -> &'static str {
        match (self, version) {
            (Self::ClosingInTheLoop, Version::Printed) => script!("closing_in_the_loop"),
            (Self::ClosingInTheLoop, Version::Mended) => script!("closing_in_the_loop_mended"),
            (Self::EdgeTriggered, Version::Printed) => script!("edge_triggered"),
            (Self::EdgeTriggered, Version::Mended) => script!("edge_triggered_mended"),
            (Self::RecvIsAMessage, Version::Printed) => script!("recv_is_a_message"),
            (Self::RecvIsAMessage, Version::Mended) => script!("recv_is_a_message_mended"),
        }
    }

    fn play(self, address: SocketAddr, server: &mut Server) -> io::Result<Vec<Client>> {
        match self {
            Self::ClosingInTheLoop => clients::one_leaves_at_once(address, server),
            Self::EdgeTriggered => clients::one_sends_much(address),
            Self::RecvIsAMessage => clients::lines_in_parts_and_together(address),
        }
    }
}

/// What the clients of one version got, over all rounds.
struct Account {
    version: Version,
    shares: Vec<(&'static str, Vec<f64>)>,
    harmed: Vec<f64>,
    fault: Option<String>,
}

/// Carries it out.
///
/// # Errors
/// Python cannot be started, or the user stops it.
pub fn run(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let Parameters { bug, rounds } = parameters(table)?;
    let rounds = if stage.short { 1 } else { rounds.max(1) };
    let mut accounts = Version::ALL.map(Account::of);
    for round in 0..rounds {
        for account in &mut accounts {
            let done = (2 * round + account.version as usize) as f64 / (2 * rounds) as f64;
            (stage.progress)(&format!("the {} server", account.version.name()), done);
            if stage.stop.is_requested() {
                return Err(StepError::Stopped);
            }
            one_round(stage, bug, account)?;
        }
    }
    Ok(measured(&accounts))
}

/// Starts a server, lets all clients come, and stops it.
fn one_round(stage: &Stage, bug: Bug, account: &mut Account) -> Result<(), StepError> {
    let name = account.version.name();
    let script = stage.folder.join(format!("{name}.py"));
    fs::write(&script, bug.script(account.version))?;
    let mut server = start(stage, &script)?;
    let address = server.address.parse().map_err(io::Error::other)?;
    let clients = bug.play(address, &mut server)?;
    if !clients::is_alive(address) {
        let_it_end(&server);
    }
    let fault = server.stop().fault;
    account.add(&clients, fault);
    Ok(())
}

/// Waits until a server that has crashed has ended, so that its crash does not look like our stop.
fn let_it_end(server: &Server) {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    let deadline = Instant::now() + CRASH;
    let runs = || waitid(Id::Pid(server.group().0), flags) == Ok(WaitStatus::StillAlive);
    while runs() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(5));
    }
}

fn start(stage: &Stage, script: &Path) -> Result<Server, StepError> {
    let seat = Seat {
        program: Path::new("python3"),
        cpus: stage.server_cpus,
        stderr: stage.folder.join("python.err"),
    };
    let contender = Contender {
        command: Some(format!("python3 '{}' {{port}}", script.display())),
        ..Contender::new("python", Family::External)
    };
    Server::start(&seat, &contender, &any_load()?).map_err(|error| match error {
        ServerError::Start(error) => StepError::System(error),
        other => StepError::Process(other.to_string()),
    })
}

/// An external server gets no load; only models do.
fn any_load() -> Result<Load, StepError> {
    let loads = Recipe::probe().loads(1);
    let load = loads.ok().and_then(|mut loads| loads.pop());
    load.ok_or_else(|| StepError::Process("the probe has no load".to_owned()))
}

impl Account {
    const fn of(version: Version) -> Self {
        Self {
            version,
            shares: Vec::new(),
            harmed: Vec::new(),
            fault: None,
        }
    }

    fn add(&mut self, clients: &[Client], fault: Option<String>) {
        for client in clients {
            let share = 100.0 * client.got as f64 / client.expected as f64;
            match self
                .shares
                .iter_mut()
                .find(|(name, _)| *name == client.name)
            {
                Some((_, shares)) => shares.push(share),
                None => self.shares.push((client.name, vec![share])),
            }
        }
        let harmed = clients.iter().filter(|client| client.got < client.expected);
        self.harmed.push(harmed.count() as f64);
        self.fault = self.fault.take().or(fault);
    }
}

fn measured(accounts: &[Account]) -> Measured {
    let mut measured = Measured::default();
    for account in accounts {
        let version = account.version.name();
        for (client, shares) in &account.shares {
            let label = format!("{client}, {version}");
            let row = Row::new(label, Unit::Percent, shares.clone());
            measured.rows.push(row);
        }
        if let Some(fault) = &account.fault {
            let note = format!("The {version} server {fault} before it was stopped.");
            measured.notes.push(note);
        }
    }
    for account in accounts {
        let label = format!("harmed, {}", account.version.name());
        let row = Row::new(label, Unit::Count, account.harmed.clone());
        measured.rows.push(row);
    }
    measured
}

#[cfg(test)]
mod tests;
