//! A client of a datagram server: it sends datagrams, and asserts what it receives. Every wait has a deadline.

use std::io::ErrorKind;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

use echo_protocol::Protocol;
use echo_protocol::frame::HEADER;
use echo_server::Listen;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};

use crate::client::DEADLINE;
use crate::frame::Frame;

/// A client with a socket, and therefore an address, of its own.
pub struct DatagramClient {
    socket: UdpSocket,
    protocol: Protocol,
    messages: u64,
}

impl DatagramClient {
    pub fn of(address: &Listen, protocol: Protocol) -> Self {
        let Listen::Udp(address) = address else {
            panic!("{address} is not a datagram address");
        };
        let socket = UdpSocket::bind("127.0.0.1:0").expect("some port is free");
        socket.connect(address).expect("UDP connects to anything");
        socket
            .set_read_timeout(Some(DEADLINE))
            .expect("the timeout is not zero");
        Self {
            socket,
            protocol,
            messages: 0,
        }
    }

    /// A datagram with `bytes` bytes of payload, different from all others, whose reply is an exact copy.
    pub fn message(&mut self, bytes: usize) -> Vec<u8> {
        self.messages += 1;
        let salt = self.messages as usize * 7 + usize::from(self.port());
        let payload = (0..bytes).map(|i| (i * 31 + salt) as u8).collect();
        match self.protocol {
            Protocol::Echo => payload,
            Protocol::Framed => Frame::plain(salt as u64, payload).request(),
        }
    }

    /// Length of the longest payload that a datagram carries.
    pub fn longest(&self) -> usize {
        match self.protocol {
            Protocol::Echo => 65_507,
            Protocol::Framed => 65_507 - HEADER,
        }
    }

    pub fn send(&self, bytes: &[u8]) {
        let sent = self.socket.send(bytes).expect("the send buffer has room");
        assert_eq!(sent, bytes.len(), "the kernel sends a datagram whole");
    }

    /// Sends a datagram, and ignores the error if the server is gone.
    pub fn try_send(&self, bytes: &[u8]) {
        let _ = self.socket.send(bytes);
    }

    /// Receives exactly this datagram next.
    pub fn expect(&self, bytes: &[u8]) {
        let mut received = vec![0; 1 << 16];
        match self.socket.recv(&mut received) {
            Ok(n) => assert!(
                received[..n] == *bytes,
                "received {n} bytes that differ from the {} expected ones",
                bytes.len()
            ),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                panic!("no datagram came for {DEADLINE:?}")
            }
            Err(error) => panic!("{error} instead of a datagram"),
        }
    }

    /// Sends one datagram and receives its echo.
    pub fn round_trip(&mut self, bytes: usize) {
        let message = self.message(bytes);
        self.send(&message);
        self.expect(&message);
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
