//! A client of a datagram server: sends datagrams, and asserts what comes back. Every wait has a deadline.

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

/// A socket of its own, and so an address of its own.
pub struct DatagramClient {
    socket: UdpSocket,
    protocol: Protocol,
    messages: u64,
}

impl DatagramClient {
    pub fn of(address: &Listen, protocol: Protocol) -> Self {
        let Listen::Udp(address) = address else {
            panic!("{address} is no address for datagrams");
        };
        let socket = UdpSocket::bind("127.0.0.1:0").expect("some port is free");
        socket.connect(address).expect("UDP connects to anything");
        socket
            .set_read_timeout(Some(DEADLINE))
            .expect("it is no zero");
        Self {
            socket,
            protocol,
            messages: 0,
        }
    }

    /// A datagram with so many bytes of payload, no two of which are alike, that is answered by its own copy.
    pub fn message(&mut self, bytes: usize) -> Vec<u8> {
        self.messages += 1;
        let salt = self.messages as usize * 7 + usize::from(self.port());
        let payload = (0..bytes).map(|i| (i * 31 + salt) as u8).collect();
        match self.protocol {
            Protocol::Echo => payload,
            Protocol::Framed => Frame::plain(salt as u64, payload).request(),
        }
    }

    /// The longest payload that a datagram carries.
    pub fn longest(&self) -> usize {
        match self.protocol {
            Protocol::Echo => 65_507,
            Protocol::Framed => 65_507 - HEADER,
        }
    }

    pub fn send(&self, bytes: &[u8]) {
        let sent = self.socket.send(bytes).expect("there is room to send");
        assert_eq!(sent, bytes.len(), "datagrams are sent whole");
    }

    /// Sends, if somebody is there to receive it.
    pub fn try_send(&self, bytes: &[u8]) {
        let _ = self.socket.send(bytes);
    }

    /// Receives exactly this datagram next.
    pub fn expect(&self, bytes: &[u8]) {
        let mut got = vec![0; 1 << 16];
        match self.socket.recv(&mut got) {
            Ok(n) => assert!(got[..n] == *bytes, "{n} bytes, or others than were sent"),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                panic!("nothing came for {DEADLINE:?}")
            }
            Err(error) => panic!("{error} instead of a datagram"),
        }
    }

    pub fn round_trip(&mut self, bytes: usize) {
        let message = self.message(bytes);
        self.send(&message);
        self.expect(&message);
    }

    /// Whether a datagram has arrived and is not read yet.
    pub fn has_news(&self) -> bool {
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_PEEK;
        recv(self.socket.as_raw_fd(), &mut [0], flags) != Err(Errno::EAGAIN)
    }

    fn port(&self) -> u16 {
        let address = self.socket.local_addr();
        address.expect("it is bound").port()
    }
}
