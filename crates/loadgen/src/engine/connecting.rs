//! Connects the clients of a worker: a limited number at a time, each with a timeout.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use echo_protocol::Protocol;
use nix::errno::Errno;
use nix::sys::epoll::{EpollEvent, EpollFlags};
use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::engine::errand::Errand;
use crate::engine::worker::Worker;
use crate::plan::target::{Target, unix_address};

/// Connects in progress at the same time, per worker.
const AT_ONCE: usize = 64;

/// Time until the next try if the accept queue of a Unix-domain socket is full. The kernel does not report when it has room.
const RETRY: Duration = Duration::from_millis(1);

/// Time until a lost connection is opened again.
const REDIAL: Duration = Duration::from_millis(10);

impl Worker<'_> {
    /// Starts a connect, or retries one that found the accept queue full.
    pub(super) fn connect(&mut self, k: usize) {
        if !self.slots[k].client.is_connecting() {
            let slot = &self.slots[k];
            let group = &mut self.groups[slot.group];
            // Clients of a burst connect at once. Only those that connect before the start take turns.
            if self.connecting >= AT_ONCE && group.class.connect_at.is_none() {
                self.waiting_to_connect.push_back(k);
                return;
            }
            self.connecting += 1;
            group.recorder.connections.attempted += 1;
            self.slots[k].client.connect(self.now);
            let deadline = self.now + self.shared.load.connect_timeout;
            self.schedule(deadline, k, Errand::ConnectTimeout);
        }
        let number = self.slots[k].client.number() as usize;
        let sources = &self.shared.load.sources;
        let source = (!sources.is_empty()).then(|| sources[number % sources.len()]);
        match start_connect(&self.shared.load.target, source) {
            Ok((socket, connected)) => self.register(k, socket, connected),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.schedule(self.now + RETRY, k, Errand::Connect);
            }
            Err(error) => self.connect_failed(k, &error),
        }
    }

    /// Reads the result of a connect after epoll reports its end.
    pub(super) fn finish_connect(&mut self, k: usize) {
        let error = self.slots[k].socket().take_error();
        match error {
            Ok(None) => self.connected(k),
            Ok(Some(error)) | Err(error) => self.connect_failed(k, &error),
        }
    }

    /// Ends a connect that has timed out.
    pub(super) fn connect_timed_out(&mut self, k: usize) {
        if self.slots[k].client.is_connecting() {
            let recorder = &mut self.groups[self.slots[k].group].recorder;
            recorder.connections.timed_out += 1;
            recorder.count_error("connect-timeout");
            self.slots[k].past.waited_in_vain = true;
            self.connect_finished(k);
            self.reconnect_or_retire(k);
        }
    }

    /// Schedules the next connect of a client that lost its connection, or retires the client.
    pub(super) fn reconnect_or_retire(&mut self, k: usize) {
        let slot = &mut self.slots[k];
        slot.forget();
        // Clients with short conversations, and those of HTTP, reconnect even if the server closed the connection.
        let conversation = self.groups[slot.group].class.behaviour.conversation;
        let is_http = self.shared.load.protocol == Protocol::Http;
        let reconnects = conversation.map_or(is_http, |requests| requests > 0);
        let comes_back = slot.past.was_open && reconnects;
        if slot.redials > 0 || comes_back {
            slot.redials = slot.redials.saturating_sub(1);
            self.schedule(self.now + REDIAL, k, Errand::Connect);
        } else {
            self.active_clients -= 1;
        }
    }

    /// Opens a new connection after the server has ended the last one in order, and repeats there what is without a reply.
    pub(super) fn renew(&mut self, k: usize) {
        self.sum_in_flight();
        let slot = &mut self.slots[k];
        let was_useful = slot.client.conversation().1 > 0;
        let mut resend: VecDeque<_> = slot.client.unanswered().map(|(due, _)| due).collect();
        let unanswered = slot.forget();
        let group = &mut self.groups[slot.group];
        group.in_flight -= unanswered as u64;
        group.recorder.renewed(unanswered);
        resend.extend(slot.resend.take().into_iter().flat_map(|later| *later));
        slot.resend = (!resend.is_empty()).then(|| Box::new(resend));
        self.shared.gate.connection_closed();
        // A server that closes without a reply would be asked without a pause.
        let pause = if was_useful { Duration::ZERO } else { REDIAL };
        self.schedule(self.now + pause, k, Errand::Connect);
    }

    /// Registers a socket with epoll, once for its life. For a connect in progress it also registers for writability.
    fn register(&mut self, k: usize, socket: Socket, connected: bool) {
        let mut interest = EpollFlags::EPOLLIN | EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLET;
        if self.shared.load.target.is_datagram() {
            interest = EpollFlags::EPOLLIN;
        }
        interest.set(EpollFlags::EPOLLOUT, !connected);
        let added = self.epoll.add(&socket, EpollEvent::new(interest, k as u64));
        let slot = &mut self.slots[k];
        slot.socket = Some(socket);
        slot.watches_writable = !connected;
        match added {
            Ok(()) if connected => self.connected(k),
            Ok(()) => {}
            Err(errno) => self.connect_failed(k, &errno.into()),
        }
    }

    fn connected(&mut self, k: usize) {
        let slot = &mut self.slots[k];
        let took = slot.client.established(self.now);
        let returns = slot.past.was_open;
        slot.past.was_open = true;
        let group = &mut self.groups[slot.group];
        group.recorder.established(took);
        // A client that connects during the run already wants to send, so the connect is part of its wait.
        let wanted = returns || group.class.connect_at.is_some();
        let dialled = self.now.checked_sub(took).unwrap_or(self.now);
        let free = if wanted { dialled } else { self.now };
        self.shared.gate.connection_opened();
        self.connect_finished(k);
        if self.is_sending() {
            self.schedule_first(k, free);
        }
    }

    fn connect_failed(&mut self, k: usize, error: &io::Error) {
        let recorder = &mut self.groups[self.slots[k].group].recorder;
        let connections = &mut recorder.connections;
        match error.kind() {
            ErrorKind::ConnectionRefused => connections.refused += 1,
            ErrorKind::TimedOut => {
                connections.timed_out += 1;
                self.slots[k].past.waited_in_vain = true;
            }
            _ => connections.failed += 1,
        }
        recorder.count_error(&error_kind(error));
        self.connect_finished(k);
        self.reconnect_or_retire(k);
    }

    /// One connect is finished, so the next one can start.
    fn connect_finished(&mut self, k: usize) {
        self.connecting -= 1;
        let slot = &mut self.slots[k];
        if !slot.past.connect_finished {
            slot.past.connect_finished = true;
            self.shared.gate.connect_finished(self.now);
        }
        if let Some(next) = self.waiting_to_connect.pop_front() {
            self.schedule(self.now, next, Errand::Connect);
        }
    }
}

/// Starts a connect. Returns true if it is finished at once.
fn start_connect(target: &Target, source: Option<IpAddr>) -> io::Result<(Socket, bool)> {
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
                // With this option connect(2) chooses the port, when the target is known. Only the pair of addresses must be
                // unique.
                setsockopt(&socket, sockopt::IpBindAddressNoPort, &true)?;
                socket.bind(&SockAddr::from(SocketAddr::new(source, 0)))?;
            }
            (socket, SockAddr::from(*address))
        }
        Target::Unix(path) => {
            let socket = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None)?;
            (socket, unix_address(path)?)
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
fn error_kind(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => "refused".to_owned(),
        ErrorKind::TimedOut => "connect-timeout".to_owned(),
        ErrorKind::AddrNotAvailable => "no-free-port".to_owned(),
        ErrorKind::NotFound => "no-such-socket".to_owned(),
        _ => format!("connect: {error}"),
    }
}
