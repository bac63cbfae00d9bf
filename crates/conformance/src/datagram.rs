//! A client of a datagram server: it sends datagrams, and checks what it receives. Every wait has a deadline.

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::time::Duration;

use echo_protocol::Protocol;
use echo_protocol::frame::HEADER;
use model::Listen;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};

use crate::finding::{Checked, Finding, ensure};
use crate::frame::Frame;
use crate::server::Server;
use crate::texts::Symptom;
use crate::watch::seconds;

/// A client with a socket, and therefore an address, of its own.
pub struct DatagramClient {
    socket: UdpSocket,
    protocol: Protocol,
    /// Longest wait.
    deadline: Duration,
    messages: u64,
}

impl DatagramClient {
    pub fn of(server: &Server) -> Checked<Self> {
        let Listen::Udp(address) = server.address() else {
            unreachable!("{} is not a datagram address", server.address());
        };
        let any = if address.is_ipv4() {
            "0.0.0.0:0"
        } else {
            "[::]:0"
        };
        let socket = UdpSocket::bind(any).expect("some port is free");
        let connected = socket.connect(address);
        connected.map_err(|error| {
            Finding::of(
                Symptom::Refused,
                format!("{address} cannot be reached: {error}"),
            )
        })?;
        let deadline = server.deadline();
        socket
            .set_read_timeout(Some(deadline))
            .expect("the timeout is not zero");
        Ok(Self {
            socket,
            protocol: server.protocol(),
            deadline,
            messages: 0,
        })
    }

    /// A datagram with `bytes` bytes of payload, different from all others, whose reply is an exact copy.
    pub fn message(&mut self, bytes: usize) -> Vec<u8> {
        self.messages += 1;
        let salt = self.messages as usize * 7 + usize::from(self.port());
        let payload = (0..bytes).map(|i| (i * 31 + salt) as u8).collect();
        match self.protocol {
            Protocol::Echo | Protocol::Http | Protocol::Line => payload,
            Protocol::Framed => Frame::plain(salt as u64, payload).request(),
        }
    }

    /// Length of the longest payload that a datagram carries.
    pub fn longest(&self) -> usize {
        match self.protocol {
            Protocol::Echo | Protocol::Http | Protocol::Line => 65_507,
            Protocol::Framed => 65_507 - HEADER,
        }
    }

    pub fn send(&self, bytes: &[u8]) -> Checked {
        let sent = self
            .socket
            .send(bytes)
            .map_err(|error| self.broken(&error))?;
        assert_eq!(sent, bytes.len(), "the kernel sends a datagram whole");
        Ok(())
    }

    /// Sends a datagram, and ignores the error if the server is gone.
    pub fn try_send(&self, bytes: &[u8]) {
        let _ = self.socket.send(bytes);
    }

    /// Receives exactly this datagram next.
    pub fn expect(&self, bytes: &[u8]) -> Checked {
        let received = self.receive()?;
        ensure!(
            received == bytes,
            WrongBytes,
            "a datagram of {} bytes came that differs from the expected one of {} bytes",
            received.len(),
            bytes.len()
        );
        Ok(())
    }

    /// Receives any datagram.
    pub fn receive(&self) -> Checked<Vec<u8>> {
        let mut received = vec![0; 1 << 16];
        let n = self.socket.recv(&mut received);
        let n = n.map_err(|error| self.broken(&error))?;
        received.truncate(n);
        Ok(received)
    }

    fn broken(&self, error: &std::io::Error) -> Finding {
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => Finding::of(
                Symptom::Silence,
                format!("no datagram came for {}", seconds(self.deadline)),
            ),
            ErrorKind::ConnectionRefused => Finding::of(
                Symptom::Refused,
                "the kernel says that no server has the port any more",
            ),
            _ => Finding::new(format!("{error} instead of a datagram")),
        }
    }

    /// Sends one datagram and receives its echo.
    pub fn round_trip(&mut self, bytes: usize) -> Checked {
        let message = self.message(bytes);
        self.send(&message)?;
        self.expect(&message)
    }

    /// True if a datagram has arrived and is not received yet.
    pub fn has_news(&self) -> bool {
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_PEEK;
        recv(self.socket.as_raw_fd(), &mut [0], flags) != Err(Errno::EAGAIN)
    }

    fn port(&self) -> u16 {
        let address = self.socket.local_addr();
        address.expect("the socket is bound").port()
    }
}
