//! How a worker makes its connections: a bounded number at a time, each with a deadline.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::epoll::{EpollEvent, EpollFlags};
use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::engine::errand::Errand;
use crate::engine::worker::Worker;
use crate::plan::target::Target;

/// Connects of one worker under way at the same time.
const AT_ONCE: usize = 64;

/// When to try again where a Unix-domain listener's queue is full: the kernel does not say when it has room.
const RETRY: Duration = Duration::from_millis(1);

/// How long a lost connection stays closed before it is opened again.
const REDIAL: Duration = Duration::from_millis(10);

impl Worker<'_> {
    /// Begins a connect, or goes on with one that found the listener's queue full.
    pub(super) fn dial(&mut self, k: usize) {
        if !self.slots[k].client.is_connecting() {
            let slot = &self.slots[k];
            let group = &mut self.groups[slot.group];
            // A burst is a burst: only those that connect before anything begins take turns.
            if self.dialling >= AT_ONCE && group.class.connect_at.is_none() {
                self.parked.push_back(k);
                return;
            }
            self.dialling += 1;
            group.recorder.connections.attempted += 1;
            self.slots[k].client.dial(self.now);
            let deadline = self.now + self.shared.load.connect_timeout;
            self.put_down(deadline, k, Errand::GiveUp);
        }
        let number = self.slots[k].client.number() as usize;
        let sources = &self.shared.load.sources;
        let source = (!sources.is_empty()).then(|| sources[number % sources.len()]);
        match begin(&self.shared.load.target, source) {
            Ok((socket, connected)) => self.watch(k, socket, connected),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.put_down(self.now + RETRY, k, Errand::Dial);
            }
            Err(error) => self.not_connected(k, &error),
        }
    }

    /// Looks how a connect ended that epoll says has ended.
    pub(super) fn finish_connect(&mut self, k: usize) {
        let error = self.slots[k].socket().take_error();
        match error {
            Ok(None) => self.connected(k),
            Ok(Some(error)) | Err(error) => self.not_connected(k, &error),
        }
    }

    /// Ends a connect that took too long.
    pub(super) fn give_up(&mut self, k: usize) {
        if self.slots[k].client.is_connecting() {
            let recorder = &mut self.groups[self.slots[k].group].recorder;
            recorder.connections.timed_out += 1;
            recorder.error("connect-timeout");
            self.decided(k);
            self.retire(k);
        }
    }

    /// Closes a connection for good, or puts down when to open it again.
    pub(super) fn retire(&mut self, k: usize) {
        let slot = &mut self.slots[k];
        slot.forget();
        // Who leaves and comes back as a way of life also comes back when the server has ended it.
        let comes_back = slot.past.was_open
            && self.groups[slot.group]
                .class
                .behaviour
                .conversation
                .is_some_and(|n| n > 0);
        if slot.redials > 0 || comes_back {
            slot.redials = slot.redials.saturating_sub(1);
            self.put_down(self.now + REDIAL, k, Errand::Dial);
        } else {
            self.alive -= 1;
        }
    }

    /// Hands a socket to epoll: the one registration of its life. A connect under way is watched for its end as well.
    fn watch(&mut self, k: usize, socket: Socket, connected: bool) {
        let mut interest = EpollFlags::EPOLLIN | EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLET;
        if self.shared.load.target.is_datagram() {
            interest = EpollFlags::EPOLLIN;
        }
        interest.set(EpollFlags::EPOLLOUT, !connected);
        let added = self.epoll.add(&socket, EpollEvent::new(interest, k as u64));
        let slot = &mut self.slots[k];
        slot.socket = Some(socket);
        slot.watches_writes = !connected;
        match added {
            Ok(()) if connected => self.connected(k),
            Ok(()) => {}
            Err(errno) => self.not_connected(k, &errno.into()),
        }
    }

    fn connected(&mut self, k: usize) {
        let slot = &mut self.slots[k];
        let took = slot.client.established(self.now);
        let returns = slot.past.was_open;
        slot.past.was_open = true;
        let group = &mut self.groups[slot.group];
        group.recorder.established(took);
        // Who connects in the middle of the run wants to ask already, and waits for the connection as well.
        let wanted = returns || group.class.connect_at.is_some();
        let dialled = self.now.checked_sub(took).unwrap_or(self.now);
        let free = if wanted { dialled } else { self.now };
        self.shared.gate.enter();
        self.decided(k);
        if self.is_asking() {
            self.plan_first(k, free);
        }
    }

    fn not_connected(&mut self, k: usize, error: &io::Error) {
        let recorder = &mut self.groups[self.slots[k].group].recorder;
        let connections = &mut recorder.connections;
        match error.kind() {
            ErrorKind::ConnectionRefused => connections.refused += 1,
            ErrorKind::TimedOut => connections.timed_out += 1,
            _ => connections.failed += 1,
        }
        recorder.error(&name(error));
        self.decided(k);
        self.retire(k);
    }

    /// One connect less is under way; the next can begin.
    fn decided(&mut self, k: usize) {
        self.dialling -= 1;
        let slot = &mut self.slots[k];
        if !slot.past.decided {
            slot.past.decided = true;
            self.shared.gate.decide(self.now);
        }
        if let Some(next) = self.parked.pop_front() {
            self.put_down(self.now, next, Errand::Dial);
        }
    }
}

/// Begins to connect; true when it was done at once.
fn begin(target: &Target, source: Option<IpAddr>) -> io::Result<(Socket, bool)> {
    let (socket, address) = match target {
        Target::Tcp(address) | Target::Udp(address) => {
            let datagrams = target.is_datagram();
            let kind = if datagrams { Type::DGRAM } else { Type::STREAM };
            let domain = Domain::for_address(*address);
            let socket = Socket::new(domain, kind.nonblocking(), None)?;
            if !datagrams {
                socket.set_tcp_nodelay(true)?;
            }
            if let Some(source) = source {
                // The port is chosen at connect(2), when the target is known: only both addresses together must be new.
                setsockopt(&socket, sockopt::IpBindAddressNoPort, &true)?;
                socket.bind(&SockAddr::from(SocketAddr::new(source, 0)))?;
            }
            (socket, SockAddr::from(*address))
        }
        Target::Unix(path) => {
            let socket = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None)?;
            (socket, SockAddr::unix(path)?)
        }
    };
    match socket.connect(&address) {
        Ok(()) => Ok((socket, true)),
        Err(error) if error.raw_os_error() == Some(Errno::EINPROGRESS as i32) => {
            Ok((socket, false))
        }
        Err(error) => Err(error),
    }
}

/// The name under which a failed connect is counted.
fn name(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => "refused".to_owned(),
        ErrorKind::TimedOut => "connect-timeout".to_owned(),
        ErrorKind::AddrNotAvailable => "no-free-port".to_owned(),
        ErrorKind::NotFound => "no-such-socket".to_owned(),
        _ => format!("connect: {error}"),
    }
}
