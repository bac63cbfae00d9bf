//! A server under test: a process that the suite starts, or one that runs already.

use std::cell::{Cell, RefCell};
use std::io;
use std::time::Duration;

use echo_protocol::Protocol;
use model::{Listen, Stats};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
use serde::Deserialize;

use crate::client::Client;
use crate::datagram::DatagramClient;
use crate::finding::{Checked, Finding, ensure, ensure_eq};
use crate::options::Options;
use crate::ports;
use crate::process::Process;
use crate::subject::Subject;
use crate::texts::Symptom;
use crate::watch::{Group, seconds, within};

/// Begin of the sentence of a server that waits for its clients after a stop.
const WAITS_FOR_CLIENTS: &str = "stopping: ";

/// Time from SIGTERM to SIGKILL for a server whose stop is not under test.
const STOP_WITHIN: Duration = Duration::from_millis(500);

/// Time that a server gets to sleep before the next step of a case.
const SETTLES_WITHIN: Duration = Duration::from_secs(2);

/// Number of looks in a row at which a server at rest sleeps.
const LOOKS_AT_REST: u32 = 20;

/// A running server; `start` starts one, and `explain` says what it did while its case failed. Dropping it ends its whole
/// process group, whatever its state.
pub struct Server<'a> {
    pub(crate) subject: &'a Subject,
    pub(crate) options: Options,
    pub(crate) address: Listen,
    pub(crate) process: Option<RefCell<Process>>,
    /// True if the case has asked the server to end.
    pub(crate) stopped: Cell<bool>,
    /// True if the case has killed the server.
    pub(crate) killed: Cell<bool>,
    /// True if the server has ended as the case expects. Otherwise its case fails, and wants an explanation.
    pub(crate) finished: Cell<bool>,
}

/// What a server that keeps our contract says at its end.
#[derive(Debug, Deserialize)]
struct Report {
    model: String,
    protocol: String,
    #[serde(flatten)]
    stats: Stats,
}

/// The end of a server: what it counted, if it counts.
pub struct Counted(Option<Stats>);

impl Counted {
    /// Checks what the server counted, if it keeps our contract.
    pub(crate) fn check(self, check: impl FnOnce(&Stats) -> Checked) -> Checked {
        self.0.as_ref().map_or(Ok(()), check)
    }

    /// What the server counted, in a case that needs the contract.
    pub(crate) fn stats(self) -> Stats {
        self.0.expect("the case needs the contract")
    }
}

impl<'a> Server<'a> {
    /// A server at this address.
    pub(crate) fn new(
        subject: &'a Subject,
        options: Options,
        address: Listen,
        process: Option<Process>,
    ) -> Self {
        Self {
            subject,
            options,
            address,
            process: process.map(RefCell::new),
            stopped: Cell::new(false),
            killed: Cell::new(false),
            finished: Cell::new(false),
        }
    }

    /// Longest wait.
    pub(crate) fn deadline(&self) -> Duration {
        self.subject.deadline()
    }

    /// The processes of the server, in a case that needs them.
    pub(crate) fn group(&self) -> Group {
        self.known_group().expect("the case needs the process")
    }

    /// The processes of the server, if the suite has started it.
    pub(crate) fn known_group(&self) -> Option<Group> {
        let process = self.process.as_ref();
        process.map(|process| process.borrow().group())
    }

    /// Waits until the condition is true. Fails with its description if it stays false.
    pub(crate) fn until(&self, what: &str, condition: impl FnMut() -> bool) -> Checked {
        ensure!(
            within(self.deadline(), condition),
            Silence,
            "waited {} in vain until {what}",
            seconds(self.deadline())
        );
        Ok(())
    }

    /// Connects a client.
    pub(crate) fn connect(&self) -> Checked<Client> {
        self.try_connect().map_err(|error| refused(&error))
    }

    /// Connects a client, or returns the kernel's error.
    pub(crate) fn try_connect(&self) -> io::Result<Client> {
        Client::connect(self)
    }

    /// A client of a datagram server.
    pub(crate) fn datagrams(&self) -> Checked<DatagramClient> {
        DatagramClient::of(self)
    }

    /// This number of clients of a datagram server.
    pub(crate) fn datagram_clients(&self, clients: usize) -> Checked<Vec<DatagramClient>> {
        (0..clients).map(|_| self.datagrams()).collect()
    }

    /// Connects a client as [`Client::connect_narrow`] does.
    pub(crate) fn connect_narrow(&self) -> Checked<Client> {
        Client::connect_narrow(self).map_err(|error| refused(&error))
    }

    /// Connects this number of clients. Each of them is served once, so that the server has accepted it.
    pub(crate) fn connect_and_meet(&self, clients: usize) -> Checked<Vec<Client>> {
        let met = (0..clients).map(|_| {
            let mut client = self.connect()?;
            client.round_trip(1)?;
            Ok(client)
        });
        met.collect()
    }

    /// Asserts that a new client is served from beginning to end.
    ///
    /// # Errors
    /// It is not.
    pub fn serves_a_new_client(&self) -> Checked {
        let mut client = self.connect()?;
        client.round_trip(100)?;
        client.leave()
    }

    /// Waits until the server sleeps, at several looks in a row: a connection may just be on its way to it.
    pub(crate) fn comes_to_rest(&self) -> Checked {
        self.until("the server is at rest", self.rests())
    }

    /// Waits a moment until the server sleeps. One that spins does not.
    pub(crate) fn settles(&self) {
        within(SETTLES_WITHIN, self.rests());
    }

    /// True if the server sleeps, as it did at the looks before.
    fn rests(&self) -> impl FnMut() -> bool {
        let group = self.group();
        let mut looks = 0;
        move || {
            looks = if group.is_at_rest() { looks + 1 } else { 0 };
            looks == LOOKS_AT_REST
        }
    }

    /// Suspends all processes of the server, so that everything sent meanwhile arrives at once. Does nothing if only the
    /// address is known: then the kernel decides how much arrives at once.
    pub(crate) fn freeze(&self) -> Checked {
        let Some(group) = self.known_group() else {
            return Ok(());
        };
        self.signal_all(Signal::SIGSTOP);
        self.until("the server is suspended", || group.is_frozen())
    }

    /// Suspends all processes of the server but the main one.
    pub(crate) fn freeze_children(&self) -> Checked {
        self.until("the children are suspended", || {
            // Again and again, because the server may still fork its last workers.
            for child in self.group().children() {
                kill(child, Signal::SIGSTOP).expect("the child has not ended");
            }
            self.group().children_are_frozen()
        })
    }

    /// Resumes the server after [`Server::freeze`].
    pub(crate) fn thaw(&self) {
        if self.process.is_some() {
            self.signal_all(Signal::SIGCONT);
        }
    }

    /// Lowers the limit of descriptors of a server that is started without one, to what it has open and `more`.
    pub(crate) fn leave_descriptors(&self, more: usize) {
        let open = self.group().descriptors_of_one();
        self.process()
            .borrow()
            .limit_descriptors((open + more) as u64);
    }

    /// Asks the server to end.
    pub(crate) fn stop(&self) {
        self.stopped.set(true);
        if self.subject.keeps_contract() {
            self.process().borrow().signal(Signal::SIGTERM);
        } else {
            self.signal_all(Signal::SIGTERM);
        }
    }

    /// Asks the server and all its children to end, as a terminal does on Ctrl-C.
    pub(crate) fn interrupt(&self) {
        self.stopped.set(true);
        self.signal_all(Signal::SIGINT);
    }

    /// Kills the main process of the server, but not its children, and waits until it is dead.
    pub(crate) fn kill_main_process(&self) -> Checked {
        self.killed.set(true);
        self.process().borrow().signal(Signal::SIGKILL);
        let pid = self.pid();
        // It stays a zombie, so that its number, and that of its group, are not given to other processes.
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT | WaitPidFlag::WNOHANG;
        self.until("the main process is dead", || {
            matches!(waitid(Id::Pid(pid), flags), Ok(WaitStatus::Signaled(..)))
        })
    }

    /// Waits until clients cannot connect any more, as after a stop.
    pub(crate) fn refuses_to_connect(&self) -> Checked {
        self.until("clients cannot connect any more", || {
            self.try_connect().is_err()
        })
    }

    /// Asserts that a server that the case has stopped ends with all its processes, and gives its port back.
    pub(crate) fn is_gone(&self) -> Checked {
        self.process().borrow_mut().wait()?;
        let group = self.group();
        self.until("all processes of the server have ended", || {
            group.living().is_empty()
        })?;
        self.until("nothing listens on its port", || {
            !ports::is_listening(&self.address)
        })
    }

    /// Says that a server has ended as its case expects, if the case has seen to that itself.
    pub(crate) fn finish(self) {
        self.finished.set(true);
    }

    fn signal_all(&self, signal: Signal) {
        self.process().borrow().signal_all(signal);
    }

    /// Ends the server. One that keeps our contract must end as every server must, without cutting off a conversation.
    ///
    /// # Errors
    /// It has ended by itself, or does not end as it must.
    pub fn end(self) -> Checked<Counted> {
        if self.subject.keeps_contract() {
            self.stop();
            let counted = self.ended()?;
            let cut_off = counted.0.as_ref().map_or(0, |stats| stats.cut_off);
            ensure_eq!(cut_off, 0, "conversations cut off");
            return Ok(counted);
        }
        if let Some(process) = &self.process {
            let mut process = process.borrow_mut();
            process.still_runs()?;
            process.end(STOP_WITHIN);
        }
        self.finished.set(true);
        Ok(Counted(None))
    }

    /// Asserts that a server that was stopped ends as every server must: with a report, without leaving a process
    /// behind, and without writing to standard error.
    pub(crate) fn ended(self) -> Checked<Counted> {
        let line = self.line("its line `stats`")?;
        let report = line.strip_prefix("stats ");
        let report = report.ok_or_else(|| Finding::new(format!("{line:?} instead of `stats`")))?;
        let report: Result<Report, _> = serde_json::from_str(report);
        let report = report.map_err(|error| Finding::new(format!("after `stats`: {error}")))?;
        // The end of file also shows that no child of the server holds the other end any more.
        ensure_eq!(
            self.line("the end of its output")?,
            "",
            "after the line `stats`"
        );
        let exit = self.process().borrow_mut().wait()?;
        ensure!(exit.success(), "the stopped server ends with {exit}");
        let processes = self.group().holdings().processes;
        ensure_eq!(processes, 0, "processes left behind");
        ensure_eq!(self.complaints(), "", "written to standard error");
        ensure_eq!(report.model, self.subject.name(), "the model in its report");
        ensure_eq!(report.protocol, self.options.protocol, "its protocol");
        let stats = report.stats;
        ensure_eq!(stats.opened, stats.closed, "opened and closed: {stats:?}");
        self.finished.set(true);
        Ok(Counted(Some(stats)))
    }

    fn line(&self, what: &str) -> Checked<String> {
        self.process().borrow_mut().line(what)
    }

    /// What the server wrote to standard error, without the sentence about the clients for which it waits after a stop.
    pub(crate) fn complaints(&self) -> String {
        let text = self.process().borrow_mut().written();
        let complaints = text
            .lines()
            .filter(|line| !line.starts_with(WAITS_FOR_CLIENTS));
        complaints.flat_map(|line| [line, "\n"]).collect()
    }

    pub(crate) fn subject(&self) -> &Subject {
        self.subject
    }

    pub(crate) fn address(&self) -> &Listen {
        &self.address
    }

    pub(crate) fn protocol(&self) -> Protocol {
        // A client of this protocol does nothing at a chat server but connect.
        self.options.protocol.parse().unwrap_or_default()
    }

    fn process(&self) -> &RefCell<Process> {
        let process = self.process.as_ref();
        process.expect("the case needs the process")
    }

    fn pid(&self) -> Pid {
        self.process().borrow().pid()
    }
}

fn refused(error: &io::Error) -> Finding {
    Finding::of(
        Symptom::Refused,
        format!("a client cannot connect: {error}"),
    )
}
