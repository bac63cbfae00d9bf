//! A client of a stream server. Every wait has a deadline.

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd};
use std::thread;
use std::time::{Duration, Instant};

use echo_protocol::Protocol;
use echo_server::Listen;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv, send};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::frame::Frame;
use crate::watch::Group;

/// Longest wait. A case that reaches it has waited for something that never comes.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// Time between two looks at a connection that takes no more bytes, in milliseconds.
const LOOK_EVERY_MS: u16 = 20;
/// Number of looks in a row at which all threads of the server must sleep, for the connection to be full. Transient
/// stalls, in which bytes are between the two sockets, are shorter.
const LOOKS_AT_REST: u32 = 5;
/// CPU time after which a server that does not sleep, and takes no byte meanwhile, will not take any.
const ENOUGH_CPU_TIME: Duration = Duration::from_millis(50);

/// The message of a bug in a case: datagram servers have clients of another type.
const NOT_FOR_STREAMS: &str = "a datagram server has clients of another type";

/// A connected client. Dropping it closes the connection, with a reset if bytes are unread.
pub struct Client {
    socket: Socket,
    protocol: Protocol,
    /// Number of messages made; it makes each message different from the others.
    messages: u64,
}

impl Client {
    /// Connects. Success only means that the connection is in the accept queue.
    pub fn connect(address: &Listen, protocol: Protocol) -> io::Result<Self> {
        Self::begin(unconnected(address)?, address, protocol)
    }

    /// Connects with small buffers and segments, so that kilobytes fill the connection instead of megabytes.
    pub fn connect_narrow(address: &Listen, protocol: Protocol) -> io::Result<Self> {
        let socket = unconnected(address)?;
        socket.set_recv_buffer_size(4 << 10)?;
        socket.set_send_buffer_size(4 << 10)?;
        if matches!(address, Listen::Tcp(_)) {
            socket.set_tcp_mss(536)?;
        }
        Self::begin(socket, address, protocol)
    }

    fn begin(socket: Socket, address: &Listen, protocol: Protocol) -> io::Result<Self> {
        socket.set_read_timeout(Some(DEADLINE))?;
        // It is the deadline of `connect` too (socket(7)).
        socket.set_write_timeout(Some(DEADLINE))?;
        match address {
            Listen::Tcp(address) => {
                socket.set_tcp_nodelay(true)?;
                socket.connect(&SockAddr::from(*address))?;
            }
            Listen::Unix(path) => socket.connect(&unix_address(path)?)?,
            Listen::Udp(_) => unreachable!("{NOT_FOR_STREAMS}"),
        }
        Ok(Self {
            socket,
            protocol,
            messages: 0,
        })
    }

    /// The next message, with `payload` bytes of payload. Its echo is equal to it in both protocols.
    pub fn message(&mut self, payload: usize) -> Vec<u8> {
        self.messages += 1;
        let seed = self.messages as usize;
        let payload: Vec<u8> = (0..payload)
            .map(|i| (seed * 31 + i * 7 + i / 251) as u8)
            .collect();
        match self.protocol {
            Protocol::Echo => payload,
            Protocol::Framed => Frame::plain(self.messages, payload).request(),
        }
    }

    /// Sends one message and receives its echo.
    pub fn round_trip(&mut self, payload: usize) {
        let message = self.message(payload);
        self.send(&message);
        self.expect(&message);
    }

    /// Sends all bytes.
    pub fn send(&mut self, bytes: &[u8]) {
        self.socket
            .write_all(bytes)
            .unwrap_or_else(|error| panic!("cannot send: {}", describe(&error)));
    }

    /// Sends `message` repeatedly until the connection is full or `most` bytes are sent. Returns the number of bytes
    /// sent. `server` must be the server that the client is connected to.
    pub fn fill(&mut self, server: &Group, message: &[u8], most: usize) -> usize {
        let mut sent = 0;
        while sent < most {
            let part = &message[sent % message.len()..];
            let part = &part[..part.len().min(most - sent)];
            let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
            match send(self.socket.as_raw_fd(), part, flags) {
                Ok(n) => sent += n,
                Err(Errno::EAGAIN) if self.is_full(server) => break,
                Err(Errno::EAGAIN) => {}
                Err(error) => panic!("cannot send: {error}"),
            }
        }
        sent
    }

    /// True if the server will take no more bytes: it sleeps, or it computes without taking any. That no byte moves for
    /// some time is not enough: on a busy machine the server may not have run at all. False if there is room to send.
    fn is_full(&self, server: &Group) -> bool {
        let begun = Instant::now();
        let cpu_time_before = server.cpu_time();
        let mut at_rest = 0;
        while at_rest < LOOKS_AT_REST {
            let mut fds = [PollFd::new(self.socket.as_fd(), PollFlags::POLLOUT)];
            if poll(&mut fds, PollTimeout::from(LOOK_EVERY_MS)) != Ok(0) {
                return false;
            }
            let activity = server.activity();
            at_rest = if activity.at_rest { at_rest + 1 } else { 0 };
            if activity.cpu_time.saturating_sub(cpu_time_before) >= ENOUGH_CPU_TIME {
                return true;
            }
            assert!(
                begun.elapsed() < DEADLINE,
                "the server neither sleeps nor runs for {DEADLINE:?}"
            );
        }
        true
    }

    /// Sends `request` and receives `reply` at the same time.
    pub fn exchange(&mut self, request: &[u8], reply: &[u8]) {
        let mut writer = Self {
            socket: self.socket.try_clone().expect("descriptors are left"),
            ..*self
        };
        thread::scope(|scope| {
            scope.spawn(|| writer.send(request));
            self.expect(reply);
        });
    }

    /// Receives exactly these bytes next.
    pub fn expect(&mut self, bytes: &[u8]) {
        let mut received = vec![0; bytes.len()];
        let mut len = 0;
        while len < received.len() {
            match self.socket.read(&mut received[len..]) {
                Ok(0) => panic!(
                    "received {len} of {} bytes, then the server closed the connection",
                    bytes.len()
                ),
                Ok(n) => len += n,
                Err(error) => panic!(
                    "received {len} of {} bytes, then: {}",
                    bytes.len(),
                    describe(&error)
                ),
            }
        }
        if let Some(at) = received.iter().zip(bytes).position(|(a, b)| a != b) {
            let (received, expected) = (received[at].escape_ascii(), bytes[at].escape_ascii());
            panic!("byte {at} of the reply is `{received}` instead of `{expected}`");
        }
    }

    /// Receives the server's end of file next, and no byte before it.
    pub fn expect_end(&mut self) {
        match self.socket.read(&mut [0; 1]) {
            Ok(0) => {}
            Ok(_) => panic!("the server sent more bytes than it should"),
            Err(error) => panic!("{} instead of the server's end of file", describe(&error)),
        }
    }

    /// Receives any bytes, until the server ends the connection with an end of file or a reset.
    pub fn expect_to_be_cut_off(&mut self) {
        let begun = Instant::now();
        let mut buffer = [0; 16 << 10];
        while begun.elapsed() < DEADLINE {
            match self.socket.read(&mut buffer) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return,
                Err(error) => panic!("{} instead of the end of the connection", describe(&error)),
            }
        }
        panic!("bytes for {DEADLINE:?} instead of the end of the connection");
    }

    /// Receives the bytes that have arrived, without waiting, and returns their number.
    pub fn receive_what_came(&mut self) -> usize {
        let mut buffer = [0; 16 << 10];
        let mut received = 0;
        while let Ok(n @ 1..) = recv(self.socket.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
            received += n;
        }
        received
    }

    /// True if bytes, an end of file or a reset have arrived and are not received yet.
    pub fn has_news(&self) -> bool {
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_PEEK;
        recv(self.socket.as_raw_fd(), &mut [0], flags) != Err(Errno::EAGAIN)
    }

    /// Ends the client's half of the connection; replies can still be received.
    pub fn finish_writing(&self) {
        self.socket
            .shutdown(Shutdown::Write)
            .unwrap_or_else(|error| panic!("the connection is not open any more: {error}"));
    }

    /// Ends the conversation with an end of file, and receives the server's.
    pub fn leave(mut self) {
        self.finish_writing();
        self.expect_end();
    }

    /// Ends the conversation with a reset, which discards all bytes in transit.
    pub fn reset(self) {
        self.socket
            .set_linger(Some(Duration::ZERO))
            .expect("SO_LINGER can be set on every socket");
    }
}

fn unconnected(address: &Listen) -> io::Result<Socket> {
    let domain = match address {
        Listen::Tcp(address) => Domain::for_address(*address),
        Listen::Unix(_) => Domain::UNIX,
        Listen::Udp(_) => unreachable!("{NOT_FOR_STREAMS}"),
    };
    Socket::new(domain, Type::STREAM, None)
}

fn describe(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => format!("nothing happened for {DEADLINE:?}"),
        _ => error.to_string(),
    }
}

/// The address of a Unix-domain socket; `@NAME` is abstract.
fn unix_address(path: &std::path::Path) -> io::Result<SockAddr> {
    let text = path.to_string_lossy();
    match text.strip_prefix('@') {
        Some(name) => SockAddr::unix(format!("\0{name}")),
        None => SockAddr::unix(path),
    }
}
