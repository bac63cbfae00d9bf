//! A server under test: this binary, started again as a process group of its own.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;
use std::{env, thread};

use echo_protocol::Protocol;
use echo_server::{Listen, Report};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

use crate::client::{Client, DEADLINE};
use crate::datagram::DatagramClient;
use crate::serve::{COMMAND, Options, REFUSED};
use crate::watch::{Group, until, within};

/// Part of the message if the server panicked while its case failed.
pub const PANICKED: &str = "the server panicked";
/// Part of the message if the server ended without a stop while its case failed.
pub const ENDED: &str = "the server ended by itself";

/// Begin of the sentence of a server that waits for its clients after a stop.
const WAITS_FOR_CLIENTS: &str = "stopping: ";

/// Time that a server gets to end by itself, after its case has failed.
const END_WITHIN: Duration = Duration::from_secs(1);

/// Number of looks in a row at which a server at rest sleeps.
const LOOKS_AT_REST: u32 = 20;

/// A running server. Dropping it ends its whole process group, whatever its state.
pub struct Server {
    child: Child,
    options: Options,
    address: Listen,
    stdout: BufReader<UnixStream>,
    stderr: File,
    /// True if the case has asked the server to end.
    stopped: Cell<bool>,
    /// True if the case has killed the server.
    killed: Cell<bool>,
    /// Set when the server has ended and was waited for.
    exit: Option<ExitStatus>,
}

impl Server {
    /// Starts a server and waits until clients can connect.
    pub fn start(options: Options) -> Self {
        Self::try_start(options).unwrap_or_else(|error| panic!("the server is not ready: {error}"))
    }

    /// Starts a server and waits until clients can connect, or until it has ended. Returns what it wrote to standard error
    /// then.
    pub fn try_start(options: Options) -> Result<Self, String> {
        // Standard output is a socket, because reads from it can have a deadline.
        let (ours, theirs) = UnixStream::pair().expect("descriptors are left");
        ours.set_read_timeout(Some(DEADLINE))
            .expect("the timeout is not zero");
        let stderr = tempfile::tempfile().expect("the temporary directory is writable");
        let their_stderr = stderr.try_clone().expect("descriptors are left");
        let child = Command::new(env::current_exe().expect("Linux has /proc"))
            .arg(COMMAND)
            .arg(serde_json::to_string(&options).expect("options are numbers and names"))
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(OwnedFd::from(theirs))
            .stderr(their_stderr)
            .process_group(0)
            .spawn()
            .expect("this binary can be started again");
        let mut server = Self {
            child,
            address: Listen::Unix("not yet known".into()),
            stdout: BufReader::new(ours),
            stderr,
            stopped: Cell::new(false),
            killed: Cell::new(false),
            exit: None,
            options,
        };
        let line = server.line("its line `ready`");
        if line.is_empty() {
            until("the server has ended", || server.exited().is_some());
            let code = server.exited().and_then(|exit| exit.code());
            assert_eq!(code, Some(REFUSED), "{}", server.complaints());
            return Err(server.complaints());
        }
        let address = line
            .strip_prefix("ready ")
            .expect("`ready` is the first line");
        server.address = address.trim().parse().expect("an address follows `ready`");
        Ok(server)
    }

    /// The processes of the server.
    pub fn group(&self) -> Group {
        Group(self.pid().as_raw())
    }

    /// Connects a client.
    pub fn connect(&self) -> Client {
        self.try_connect().expect("the server listens")
    }

    /// Connects a client, or returns the kernel's error.
    pub fn try_connect(&self) -> std::io::Result<Client> {
        Client::connect(&self.address, self.protocol())
    }

    /// A client of a datagram server.
    pub fn datagrams(&self) -> DatagramClient {
        DatagramClient::of(&self.address, self.protocol())
    }

    /// Connects a client as [`Client::connect_narrow`] does.
    pub fn connect_narrow(&self) -> Client {
        Client::connect_narrow(&self.address, self.protocol()).expect("the server listens")
    }

    /// Connects this number of clients. Each of them is served once, so that the server has accepted it.
    pub fn connect_and_meet(&self, clients: usize) -> Vec<Client> {
        let met = (0..clients).map(|_| {
            let mut client = self.connect();
            client.round_trip(1);
            client
        });
        met.collect()
    }

    /// Asserts that a new client is served from beginning to end.
    pub fn serves_a_new_client(&self) {
        let mut client = self.connect();
        client.round_trip(100);
        client.leave();
    }

    /// Waits until the server sleeps, at several looks in a row: a connection may just be on its way to it.
    pub fn comes_to_rest(&self) {
        let mut looks = 0;
        until("the server is at rest", || {
            looks = if self.group().is_at_rest() {
                looks + 1
            } else {
                0
            };
            looks == LOOKS_AT_REST
        });
    }

    /// Suspends all processes of the server, so that everything sent meanwhile arrives at once.
    pub fn freeze(&self) {
        self.signal_all(Signal::SIGSTOP);
        until("the server is suspended", || self.group().is_frozen());
    }

    /// Suspends all processes of the server but the main one.
    pub fn freeze_children(&self) {
        until("the children are suspended", || {
            // Again and again, because the server may still fork its last workers.
            for child in self.group().children() {
                kill(child, Signal::SIGSTOP).expect("the child has not ended");
            }
            self.group().children_are_frozen()
        });
    }

    /// Resumes the server after [`Server::freeze`].
    pub fn thaw(&self) {
        self.signal_all(Signal::SIGCONT);
    }

    /// Asks the server to end.
    pub fn stop(&self) {
        self.stopped.set(true);
        kill(self.pid(), Signal::SIGTERM).expect("the server was not waited for yet");
    }

    /// Asks the server and all its children to end, as a terminal does on Ctrl-C.
    pub fn interrupt(&self) {
        self.stopped.set(true);
        self.signal_all(Signal::SIGINT);
    }

    /// Kills the main process of the server, but not its children, and waits until it is dead.
    pub fn kill_main_process(&self) {
        self.killed.set(true);
        kill(self.pid(), Signal::SIGKILL).expect("the server was not waited for yet");
        // It stays a zombie, so that its number, and that of its group, are not given to other processes.
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT | WaitPidFlag::WNOHANG;
        until("the main process is dead", || {
            matches!(
                waitid(Id::Pid(self.pid()), flags),
                Ok(WaitStatus::Signaled(..))
            )
        });
    }

    /// Waits until clients cannot connect any more, as after a stop.
    pub fn refuses_to_connect(&self) {
        until("clients cannot connect any more", || {
            self.try_connect().is_err()
        });
    }

    fn signal_all(&self, signal: Signal) {
        killpg(self.pid(), signal).expect("the server was not waited for yet");
    }

    /// Stops the server and asserts that it ends as every server must, without cutting off a conversation.
    pub fn end(self) -> Report {
        self.stop();
        let report = self.ended();
        assert_eq!(report.stats.cut_off, 0, "conversations cut off");
        report
    }

    /// Asserts that a server that was stopped ends as every server must: with a report, without leaving a process
    /// behind, and without writing to standard error.
    pub fn ended(mut self) -> Report {
        let line = self.line("its line `stats`");
        let report = line.strip_prefix("stats ");
        let report = report.unwrap_or_else(|| panic!("{line:?} instead of `stats`"));
        let report: Report = serde_json::from_str(report).expect("a report follows `stats`");
        // The end of file also shows that no child of the server holds the other end any more.
        assert_eq!(
            self.line("the end of its output"),
            "",
            "`stats` is the last line"
        );
        until("the server has ended", || self.exited().is_some());
        let exit = self.exited().expect("the server has ended");
        assert!(exit.success(), "{exit}");
        assert_eq!(
            self.group().holdings().processes,
            0,
            "processes left behind"
        );
        assert_eq!(self.complaints(), "", "written to standard error");
        assert_eq!(report.model, self.options.model);
        assert_eq!(report.protocol, self.options.protocol);
        let stats = &report.stats;
        assert_eq!(stats.opened, stats.closed, "opened and closed: {stats:?}");
        report
    }

    /// The exit status, if the server has ended.
    fn exited(&mut self) -> Option<ExitStatus> {
        if self.exit.is_none() {
            self.exit = self.child.try_wait().ok().flatten();
        }
        self.exit
    }

    fn line(&mut self, what: &str) -> String {
        let mut line = String::new();
        match self.stdout.read_line(&mut line) {
            Ok(_) => line,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                panic!("waited {DEADLINE:?} in vain for {what}")
            }
            Err(error) => panic!("cannot read {what}: {error}"),
        }
    }

    /// What the server wrote to standard error, without the sentence about the clients for which it waits after a stop.
    fn complaints(&mut self) -> String {
        let mut text = Vec::new();
        let read = self
            .stderr
            .rewind()
            .and_then(|()| self.stderr.read_to_end(&mut text));
        read.expect("the temporary file is readable");
        let text = String::from_utf8_lossy(&text);
        let complaints = text
            .lines()
            .filter(|line| !line.starts_with(WAITS_FOR_CLIENTS));
        complaints.flat_map(|line| [line, "\n"]).collect()
    }

    /// Prints what the server did while its case failed: it may have failed because the server was gone.
    fn explain_failure(&mut self) {
        let (stopped, killed) = (self.stopped.get(), self.killed.get());
        let patience = if stopped || killed {
            Duration::ZERO
        } else {
            END_WITHIN
        };
        within(patience, || self.exited().is_some());
        let complaints = self.complaints();
        let server = format!("`{}` ({})", self.options.model, self.options.protocol);
        if !complaints.is_empty() {
            eprintln!("{server} wrote to standard error:\n{complaints}");
        }
        if complaints.contains("panicked at") {
            eprintln!("{server}: {PANICKED}");
        }
        let as_asked = |exit: &ExitStatus| killed || stopped && exit.success();
        if let Some(exit) = self.exit.filter(|exit| !as_asked(exit)) {
            eprintln!("{server}: {ENDED}: {exit}");
        }
    }

    fn protocol(&self) -> Protocol {
        self.options
            .protocol
            .parse()
            .expect("the suite wrote the name")
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if thread::panicking() {
            self.explain_failure();
        }
        // After the wait, the number may belong to another process.
        if self.exit.is_none() {
            let _ = killpg(self.pid(), Signal::SIGKILL);
            let _ = self.child.wait();
        }
    }
}
