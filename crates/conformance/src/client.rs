//! A client of a stream server. Every wait has a deadline.

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd};
use std::thread;
use std::time::{Duration, Instant};

use echo_protocol::Protocol;
use model::{Listen, unix_address};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv, send};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::finding::{Checked, Finding};
use crate::frame::Frame;
use crate::server::Server;
use crate::texts::Symptom;
use crate::watch::{Group, seconds};

/// Time between two looks at a connection that takes no more bytes, in milliseconds.
const LOOK_EVERY_MS: u16 = 20;
/// Number of looks in a row at which all threads of the server must sleep, for the connection to be full. Transient
/// stalls, in which bytes are between the two sockets, are shorter.
const LOOKS_AT_REST: u32 = 5;
/// Number of looks in a row at which the server takes no byte, for the connection to be full, if its threads cannot be
/// seen.
const LOOKS_FROM_AFAR: u32 = 25;
/// CPU time after which a server that does not sleep, and takes no byte meanwhile, will not take any.
const ENOUGH_CPU_TIME: Duration = Duration::from_millis(50);

/// The message of a bug in a case: datagram servers have clients of another type.
const NOT_FOR_STREAMS: &str = "a datagram server has clients of another type";

/// A connected client. Dropping it closes the connection, with a reset if bytes are unread.
pub struct Client {
    socket: Socket,
    protocol: Protocol,
    /// Longest wait.
    deadline: Duration,
    /// True if the server must end each conversation in good order, also where that is not the subject of the case.
    strict: bool,
    /// Number of messages made; it makes each message different from the others.
    messages: u64,
}

impl Client {
    /// Connects. Success only means that the connection is in the accept queue.
    pub fn connect(server: &Server) -> io::Result<Self> {
        Self::begin(unconnected(server.address())?, server)
    }

    /// Connects with small buffers and segments, so that kilobytes fill the connection instead of megabytes.
    pub fn connect_narrow(server: &Server) -> io::Result<Self> {
        let socket = unconnected(server.address())?;
        socket.set_recv_buffer_size(4 << 10)?;
        socket.set_send_buffer_size(4 << 10)?;
        if matches!(server.address(), Listen::Tcp(_)) {
            socket.set_tcp_mss(536)?;
        }
        Self::begin(socket, server)
    }

    fn begin(socket: Socket, server: &Server) -> io::Result<Self> {
        let deadline = server.deadline();
        socket.set_read_timeout(Some(deadline))?;
        // It is the deadline of `connect` too (socket(7)).
        socket.set_write_timeout(Some(deadline))?;
        match server.address() {
            Listen::Tcp(address) => {
                socket.set_tcp_nodelay(true)?;
                socket.connect(&SockAddr::from(*address))?;
            }
            Listen::Unix(path) => socket.connect(&unix_address(path)?)?,
            Listen::Udp(_) => unreachable!("{NOT_FOR_STREAMS}"),
        }
        Ok(Self {
            socket,
            protocol: server.protocol(),
            deadline,
            strict: server.subject().keeps_contract(),
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
            Protocol::Echo | Protocol::Http | Protocol::Line => payload,
            Protocol::Framed => Frame::plain(self.messages, payload).request(),
        }
    }

    /// Sends one message and receives its echo.
    pub fn round_trip(&mut self, payload: usize) -> Checked {
        let message = self.message(payload);
        self.send(&message)?;
        self.expect(&message)
    }

    /// Sends all bytes.
    pub fn send(&mut self, bytes: &[u8]) -> Checked {
        let sent = self.socket.write_all(bytes);
        sent.map_err(|error| match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                let what = format!(
                    "the server took none of the client's bytes for {}",
                    seconds(self.deadline)
                );
                Finding::of(Symptom::Silence, what)
            }
            _ => {
                let what = format!("the client cannot send: {error}");
                Finding::of(symptom(&error), what)
            }
        })
    }

    /// Sends `message` repeatedly until the connection is full or `most` bytes are sent. Returns the number of bytes
    /// sent. `server` must be the server that the client is connected to.
    pub fn fill(&mut self, server: &Server, message: &[u8], most: usize) -> Checked<usize> {
        let group = server.known_group();
        let mut sent = 0;
        while sent < most {
            let part = &message[sent % message.len()..];
            let part = &part[..part.len().min(most - sent)];
            let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
            match send(self.socket.as_raw_fd(), part, flags) {
                Ok(n) => sent += n,
                Err(Errno::EAGAIN) if self.is_full(group.as_ref())? => break,
                Err(Errno::EAGAIN) => {}
                Err(error) => {
                    let error = io::Error::from(error);
                    let what = format!("the client cannot send more than {sent} bytes: {error}");
                    return Err(Finding::of(symptom(&error), what));
                }
            }
        }
        Ok(sent)
    }

    /// True if the server will take no more bytes. False if there is room to send.
    fn is_full(&self, server: Option<&Group>) -> Checked<bool> {
        match server {
            Some(server) => self.is_full_for(server),
            None => Ok((0..LOOKS_FROM_AFAR).all(|_| !self.has_room())),
        }
    }

    /// True if the server will take no more bytes: it sleeps, or it computes without taking any. That no byte moves for
    /// some time is not enough: on a busy machine the server may not have run at all. False if there is room to send.
    fn is_full_for(&self, server: &Group) -> Checked<bool> {
        let begun = Instant::now();
        let cpu_time_before = server.cpu_time();
        let mut at_rest = 0;
        while at_rest < LOOKS_AT_REST {
            if self.has_room() {
                return Ok(false);
            }
            let activity = server.activity();
            at_rest = if activity.at_rest { at_rest + 1 } else { 0 };
            if activity.cpu_time.saturating_sub(cpu_time_before) >= ENOUGH_CPU_TIME {
                return Ok(true);
            }
            if begun.elapsed() > self.deadline {
                return Err(Finding::of_machine(format!(
                    "the kernel did not run the server for {}",
                    seconds(self.deadline)
                )));
            }
        }
        Ok(true)
    }

    /// Waits a moment for room to send.
    fn has_room(&self) -> bool {
        let mut fds = [PollFd::new(self.socket.as_fd(), PollFlags::POLLOUT)];
        poll(&mut fds, PollTimeout::from(LOOK_EVERY_MS)) != Ok(0)
    }

    /// Sends `request` and receives `reply` at the same time.
    pub fn exchange(&mut self, request: &[u8], reply: &[u8]) -> Checked {
        let mut writer = Self {
            socket: self.socket.try_clone().expect("descriptors are left"),
            ..*self
        };
        thread::scope(|scope| {
            let writer = scope.spawn(move || writer.send(request));
            let received = self.expect(reply);
            if received.is_err() {
                // The server may wait for this client as well. Without this, the writer waits for its deadline.
                let _ = self.socket.shutdown(Shutdown::Both);
            }
            let sent = writer.join().expect("sending does not panic");
            received.and(sent)
        })
    }

    /// Receives exactly these bytes next.
    pub fn expect(&mut self, bytes: &[u8]) -> Checked {
        let mut received = vec![0; bytes.len()];
        let mut len = 0;
        let mut missing = None;
        // Compared at the end only: a client that is slow to receive would be another client.
        while len < received.len() && missing.is_none() {
            match self.socket.read(&mut received[len..]) {
                Ok(0) => missing = Some(ErrorKind::UnexpectedEof.into()),
                Ok(n) => len += n,
                Err(error) => missing = Some(error),
            }
        }
        check_bytes(&received[..len], bytes)?;
        missing.map_or(Ok(()), |error| Err(self.missing(&error, len, bytes.len())))
    }

    /// The finding for a reply of which only a part came.
    fn missing(&self, error: &io::Error, received: usize, expected: usize) -> Finding {
        let of = format!("{} of {} bytes", grouped(received), grouped(expected));
        let what = match error.kind() {
            ErrorKind::UnexpectedEof => format!("the server closed the connection after {of}"),
            ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                format!("nothing came for {} after {of}", seconds(self.deadline))
            }
            _ => format!("the connection broke after {of}: {error}"),
        };
        Finding::of(symptom(error), what)
    }

    /// Receives the server's end of file next, and no byte before it.
    pub fn expect_end(&mut self) -> Checked {
        match self.socket.read(&mut [0; 1]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(Finding::of(
                Symptom::WrongBytes,
                "the server sent more bytes than it received",
            )),
            Err(error) => Err(Finding::of(
                symptom(&error),
                format!(
                    "{} instead of the server's end of file",
                    self.describe(&error)
                ),
            )),
        }
    }

    /// Receives any bytes, until the server ends the connection with an end of file or a reset.
    pub fn expect_to_be_cut_off(&mut self) -> Checked {
        let begun = Instant::now();
        let mut buffer = [0; 16 << 10];
        while begun.elapsed() < self.deadline {
            match self.socket.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(()),
                Err(error) => {
                    let what = format!(
                        "{} instead of the end of the connection",
                        self.describe(&error)
                    );
                    return Err(Finding::of(symptom(&error), what));
                }
            }
        }
        Err(Finding::new(format!(
            "bytes for {} instead of the end of the connection",
            seconds(self.deadline)
        )))
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
    pub fn finish_writing(&self) -> Checked {
        self.socket.shutdown(Shutdown::Write).map_err(|error| {
            let what = format!("the connection is not open any more: {error}");
            Finding::of(Symptom::Closed, what)
        })
    }

    /// Ends the conversation with an end of file, and receives the server's if the server must send one.
    pub fn leave(mut self) -> Checked {
        self.finish_writing()?;
        if self.strict {
            self.expect_end()
        } else {
            Ok(())
        }
    }

    /// Ends the conversation with a reset, which discards all bytes in transit.
    pub fn reset(self) {
        self.socket
            .set_linger(Some(Duration::ZERO))
            .expect("SO_LINGER can be set on every socket");
    }

    fn describe(&self, error: &io::Error) -> String {
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                format!("nothing came for {}", seconds(self.deadline))
            }
            _ => error.to_string(),
        }
    }
}

/// Fails if the bytes that came are not the first ones of those expected.
fn check_bytes(received: &[u8], expected: &[u8]) -> Checked {
    let differs = received.iter().zip(expected).position(|(a, b)| a != b);
    let Some(at) = differs else {
        return Ok(());
    };
    let (received, expected) = (received[at].escape_ascii(), expected[at].escape_ascii());
    Err(Finding::of(
        Symptom::WrongBytes,
        format!(
            "byte {} of the reply is `{received}` instead of `{expected}`",
            grouped(at)
        ),
    ))
}

/// The kind of trouble that an error of a connection means.
fn symptom(error: &io::Error) -> Symptom {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Symptom::Silence,
        ErrorKind::ConnectionReset => Symptom::Reset,
        _ => Symptom::Closed,
    }
}

/// A number with commas between groups of three digits.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn unconnected(address: &Listen) -> io::Result<Socket> {
    let domain = match address {
        Listen::Tcp(address) => Domain::for_address(*address),
        Listen::Unix(_) => Domain::UNIX,
        Listen::Udp(_) => unreachable!("{NOT_FOR_STREAMS}"),
    };
    Socket::new(domain, Type::STREAM, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas_between_groups_of_three_digits() {
        assert_eq!(
            [0, 999, 1_000, 50_000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "50,000", "1,234,567"]
        );
    }
}
