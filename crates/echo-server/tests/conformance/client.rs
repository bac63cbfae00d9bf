//! A client with a deadline at every turn, and the bytes it says.

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd};
use std::thread;
use std::time::Duration;

use echo_protocol::Protocol;
use echo_server::Listen;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv, send};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::frame::Frame;

/// No single wait is longer than this; whoever meets it has waited for something that never comes.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// A connection that takes nothing for so long is taken to be full. Too short only makes a case easier.
const FULL_AFTER_MS: u16 = 100;

/// What a case for streams does not meet, since models that serve datagrams have cases of their own.
const NOT_FOR_STREAMS: &str = "a server of datagrams has clients of another kind";

/// A connected client. Dropping it closes the connection, with a reset if bytes are unread.
pub struct Client {
    socket: Socket,
    protocol: Protocol,
    /// Messages said; makes each different from the others.
    said: u64,
}

impl Client {
    /// Connects; success means only that the kernel has queued the connection.
    pub fn connect(address: &Listen, protocol: Protocol) -> io::Result<Self> {
        Self::begin(unconnected(address)?, address, protocol)
    }

    /// Connects with so small buffers and segments that kilobytes, not megabytes, fill the connection.
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
        // It bounds connecting, too (socket(7)).
        socket.set_write_timeout(Some(DEADLINE))?;
        match address {
            Listen::Tcp(address) => {
                socket.set_tcp_nodelay(true)?;
                socket.connect(&SockAddr::from(*address))?;
            }
            Listen::Unix(path) => socket.connect(&SockAddr::unix(path)?)?,
            Listen::Udp(_) => unreachable!("{NOT_FOR_STREAMS}"),
        }
        Ok(Self {
            socket,
            protocol,
            said: 0,
        })
    }

    /// The next message, with so many bytes of payload. Its echo is equal to it in both protocols.
    pub fn message(&mut self, payload: usize) -> Vec<u8> {
        self.said += 1;
        let seed = self.said as usize;
        let payload: Vec<u8> = (0..payload)
            .map(|i| (seed * 31 + i * 7 + i / 251) as u8)
            .collect();
        match self.protocol {
            Protocol::Echo => payload,
            Protocol::Framed => Frame::plain(self.said, payload).request(),
        }
    }

    /// Says one message and gets it back.
    pub fn round_trip(&mut self, payload: usize) {
        let message = self.message(payload);
        self.send(&message);
        self.expect(&message);
    }

    /// Sends all of it.
    pub fn send(&mut self, bytes: &[u8]) {
        self.socket
            .write_all(bytes)
            .unwrap_or_else(|error| panic!("cannot send: {}", said(&error)));
    }

    /// Sends `message` over and over until the connection is full or `most` bytes are sent; gives their number.
    pub fn fill(&mut self, message: &[u8], most: usize) -> usize {
        let mut sent = 0;
        while sent < most {
            let rest = &message[sent % message.len()..];
            let rest = &rest[..rest.len().min(most - sent)];
            let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
            match send(self.socket.as_raw_fd(), rest, flags) {
                Ok(n) => sent += n,
                Err(Errno::EAGAIN) if self.is_full() => break,
                Err(Errno::EAGAIN) => {}
                Err(error) => panic!("cannot send: {error}"),
            }
        }
        sent
    }

    fn is_full(&self) -> bool {
        let mut fds = [PollFd::new(self.socket.as_fd(), PollFlags::POLLOUT)];
        poll(&mut fds, PollTimeout::from(FULL_AFTER_MS)) == Ok(0)
    }

    /// Sends `request` and reads `reply` at the same time.
    pub fn exchange(&mut self, request: &[u8], reply: &[u8]) {
        let mut writer = Self {
            socket: self.socket.try_clone().expect("there are descriptors left"),
            ..*self
        };
        thread::scope(|scope| {
            scope.spawn(|| writer.send(request));
            self.expect(reply);
        });
    }

    /// Receives exactly these bytes next.
    pub fn expect(&mut self, bytes: &[u8]) {
        let mut got = vec![0; bytes.len()];
        let mut len = 0;
        while len < got.len() {
            match self.socket.read(&mut got[len..]) {
                Ok(0) => panic!("the server ended after {len} of {} bytes", bytes.len()),
                Ok(n) => len += n,
                Err(error) => {
                    panic!("{} after {len} of {} bytes", said(&error), bytes.len())
                }
            }
        }
        let differs = got
            .iter()
            .zip(bytes)
            .position(|(got, expected)| got != expected);
        assert_eq!(
            differs, None,
            "position of a byte that is not what was sent"
        );
    }

    /// Receives the server's end of file next, and nothing before it.
    pub fn expect_end(&mut self) {
        match self.socket.read(&mut [0; 1]) {
            Ok(0) => {}
            Ok(_) => panic!("the server sent more than it should"),
            Err(error) => panic!("{} instead of the server's end of file", said(&error)),
        }
    }

    /// Receives whatever comes, until the server ends the connection in one way or another.
    pub fn expect_to_be_cut_off(&mut self) {
        let mut buffer = [0; 16 << 10];
        loop {
            match self.socket.read(&mut buffer) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return,
                Err(error) => panic!("{} instead of the end of the connection", said(&error)),
            }
        }
    }

    /// Whether bytes, or the end, have arrived and are not read yet.
    pub fn has_news(&self) -> bool {
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_PEEK;
        recv(self.socket.as_raw_fd(), &mut [0], flags) != Err(Errno::EAGAIN)
    }

    /// Says that nothing more will be said; replies can still be read.
    pub fn finish_writing(&self) {
        self.socket
            .shutdown(Shutdown::Write)
            .expect("the connection is there");
    }

    /// Ends the conversation in an orderly way, and sees the server do the same.
    pub fn leave(mut self) {
        self.finish_writing();
        self.expect_end();
    }

    /// Ends the conversation with a reset, whatever is on its way.
    pub fn reset(self) {
        self.socket
            .set_linger(Some(Duration::ZERO))
            .expect("every socket can linger");
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

fn said(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => format!("nothing happened for {DEADLINE:?}"),
        _ => error.to_string(),
    }
}
