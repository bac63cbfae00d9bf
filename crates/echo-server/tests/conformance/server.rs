//! A server under test: this binary, started again as a process group of its own.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::{env, thread};

use echo_protocol::Protocol;
use echo_server::{Listen, Report};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::client::{Client, DEADLINE};
use crate::datagram::DatagramClient;
use crate::serve::{COMMAND, Options};
use crate::watch::{Group, until};

/// A running server. Dropping it ends its whole process group, whatever state it is in.
pub struct Server {
    child: Child,
    options: Options,
    address: Listen,
    stdout: BufReader<UnixStream>,
    stderr: File,
    /// It has ended and was waited for.
    over: bool,
}

impl Server {
    /// Starts one and waits until clients can connect.
    pub fn start(options: Options) -> Self {
        // A socket as standard output, because its reads can have a deadline.
        let (ours, theirs) = UnixStream::pair().expect("there are descriptors left");
        ours.set_read_timeout(Some(DEADLINE))
            .expect("it is no zero");
        let stderr = tempfile::tempfile().expect("the temporary directory is writable");
        let their_stderr = stderr.try_clone().expect("there are descriptors left");
        let child = Command::new(env::current_exe().expect("/proc is there"))
            .arg(COMMAND)
            .arg(serde_json::to_string(&options).expect("numbers and names"))
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
            over: false,
            options,
        };
        let line = server.line("its `ready`");
        let address = line
            .strip_prefix("ready ")
            .expect("`ready` is the first line");
        server.address = address.trim().parse().expect("an address follows `ready`");
        server
    }

    /// The processes it consists of.
    pub fn group(&self) -> Group {
        Group(self.pid().as_raw())
    }

    pub fn connect(&self) -> Client {
        Client::connect(&self.address, self.protocol()).expect("the server listens")
    }

    /// A client of a server of datagrams.
    pub fn datagrams(&self) -> DatagramClient {
        DatagramClient::of(&self.address, self.protocol())
    }

    /// See [`Client::connect_narrow`].
    pub fn connect_narrow(&self) -> Client {
        Client::connect_narrow(&self.address, self.protocol()).expect("the server listens")
    }

    /// So many clients, each of them served once, so that the server certainly knows it.
    pub fn connect_and_meet(&self, clients: usize) -> Vec<Client> {
        let met = (0..clients).map(|_| {
            let mut client = self.connect();
            client.round_trip(1);
            client
        });
        met.collect()
    }

    /// Sees that a new client is served from beginning to end.
    pub fn serves_a_new_client(&self) {
        let mut client = self.connect();
        client.round_trip(100);
        client.leave();
    }

    /// Stops all its processes, so that what is sent meanwhile arrives in one go.
    pub fn freeze(&self) {
        self.signal_all(Signal::SIGSTOP);
        until("the server is frozen", || self.group().is_frozen());
    }

    pub fn thaw(&self) {
        self.signal_all(Signal::SIGCONT);
    }

    /// Asks it to end.
    pub fn stop(&self) {
        kill(self.pid(), Signal::SIGTERM).expect("nobody has waited for it");
    }

    /// Asks it and all its children to end, as a terminal does on Ctrl-C.
    pub fn interrupt(&self) {
        self.signal_all(Signal::SIGINT);
    }

    /// Waits until no client can connect any more, as is due after a stop.
    pub fn refuses_to_connect(&self) {
        until("clients cannot connect any more", || {
            Client::connect(&self.address, self.protocol()).is_err()
        });
    }

    fn signal_all(&self, signal: Signal) {
        killpg(self.pid(), signal).expect("nobody has waited for it");
    }

    /// Stops it, and sees it end as every server must; no conversation was cut off.
    pub fn end(self) -> Report {
        self.stop();
        let report = self.ended();
        assert_eq!(report.stats.cut_off, 0, "conversations cut off");
        report
    }

    /// Sees it end as every server must, after it was stopped: in order, completely, and without a word of complaint.
    pub fn ended(mut self) -> Report {
        let line = self.line("its `stats`");
        let report = line.strip_prefix("stats ");
        let report = report.unwrap_or_else(|| panic!("{line:?} instead of `stats`"));
        let report: Report = serde_json::from_str(report).expect("a report follows `stats`");
        // End of file means also that no child of it holds the other end any more.
        assert_eq!(
            self.line("the end of its output"),
            "",
            "`stats` is the last line"
        );
        until("the server has ended", || self.exited());
        let exit = self.child.wait().expect("nobody else waits for it");
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

    fn exited(&mut self) -> bool {
        self.over = matches!(self.child.try_wait(), Ok(Some(_)));
        self.over
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

    fn complaints(&mut self) -> String {
        let mut text = Vec::new();
        let read = self
            .stderr
            .rewind()
            .and_then(|()| self.stderr.read_to_end(&mut text));
        read.expect("a file of ours can be read");
        String::from_utf8_lossy(&text).into_owned()
    }

    fn protocol(&self) -> Protocol {
        self.options.protocol.parse().expect("it was written by us")
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Once waited for, its number may be somebody else's.
        if !self.over {
            let _ = killpg(self.pid(), Signal::SIGKILL);
            let _ = self.child.wait();
        }
        if thread::panicking() {
            let complaints = self.complaints();
            let Options {
                model, protocol, ..
            } = &self.options;
            eprintln!("standard error of `{model}` ({protocol}): {complaints:?}");
        }
    }
}
