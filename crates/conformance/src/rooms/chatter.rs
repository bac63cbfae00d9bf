//! A client of a chat server. Every wait has a deadline.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

use echo_protocol::chat::Stamp;
use model::Listen;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, send};
use socket2::{Domain, SockAddr, SockRef, Socket, Type};

use crate::finding::{Checked, Finding, ensure, ensure_eq};
use crate::server::Server;
use crate::texts::Symptom;
use crate::watch::seconds;

/// Size of a generated message without its end.
const SIZE: usize = 40;
/// Pause between two looks at a server that may be at rest, in milliseconds.
const LOOK_EVERY_MS: u16 = 10;
/// Looks in a row at which the server sleeps and nothing comes, for the server to wait for another client.
const LOOKS_AT_REST: u32 = 10;

/// A line of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A message.
    Message { from: String, text: Vec<u8> },
    /// A line that begins with `* `, without that.
    Notice(String),
    /// A line that begins with `! `, without that.
    Mistake(String),
    /// The end of the connection.
    End,
}

/// A connected client. Dropping it closes the connection, with a reset if bytes are unread.
pub struct Chatter {
    stream: BufReader<TcpStream>,
    /// The part of a line that has come before a wait ended.
    part: Vec<u8>,
    /// Its name, which its messages begin with.
    pub name: String,
    deadline: Duration,
    /// Number of messages sent.
    pub sent: u64,
    /// Messages that came while it waited for a reply.
    early: VecDeque<Heard>,
}

impl Chatter {
    /// Connects and takes this name.
    pub fn connect(server: &Server, name: &str) -> Checked<Self> {
        Self::begin(server, name, false)
    }

    /// Connects with small buffers, so that kilobytes fill the connection instead of megabytes.
    pub fn connect_narrow(server: &Server, name: &str) -> Checked<Self> {
        Self::begin(server, name, true)
    }

    fn begin(server: &Server, name: &str, is_narrow: bool) -> Checked<Self> {
        let stream = connected(server, is_narrow).map_err(|error| {
            Finding::of(
                Symptom::Refused,
                format!("a client cannot connect: {error}"),
            )
        })?;
        let mut chatter = Self {
            stream: BufReader::new(stream),
            part: Vec::new(),
            name: name.to_owned(),
            deadline: server.deadline(),
            sent: 0,
            early: VecDeque::new(),
        };
        chatter.send(format!("/name {name}\n").as_bytes())?;
        ensure_eq!(
            chatter.reply()?,
            Heard::Notice(format!("your name is {name}")),
            "the reply to /name"
        );
        Ok(chatter)
    }

    /// Joins a room, which has this number of members then.
    pub fn join(&mut self, room: &str, members: usize) -> Checked {
        self.send(format!("/join {room}\n").as_bytes())?;
        let expected = format!("joined {room}, members: {members}");
        ensure_eq!(self.reply()?, Heard::Notice(expected), "the reply to /join");
        Ok(())
    }

    /// Sends its next message.
    pub fn say(&mut self) -> Checked {
        self.say_long(SIZE)
    }

    /// Sends its next message, with this number of bytes.
    pub fn say_long(&mut self, size: usize) -> Checked {
        let message = self.next_message(size);
        self.send(&message)
    }

    /// Its next message, which the caller sends.
    pub fn next_message(&mut self, size: usize) -> Vec<u8> {
        let sequence = self.sent;
        self.sent += 1;
        Stamp { sequence, nanos: 0 }.message(size)
    }

    /// Sends these bytes until the connection is full. Returns the number of bytes sent.
    pub fn send_until_full(&mut self, server: &Server, bytes: &[u8]) -> Checked<usize> {
        let (mut sent, mut looks) = (0, 0);
        let mut progress = Instant::now();
        while sent < bytes.len() && looks < LOOKS_AT_REST {
            let socket = self.stream.get_ref();
            let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
            match send(socket.as_raw_fd(), &bytes[sent..], flags) {
                Ok(n) => {
                    sent += n;
                    progress = Instant::now();
                }
                Err(Errno::EAGAIN) => {
                    let mut fds = [PollFd::new(socket.as_fd(), PollFlags::POLLOUT)];
                    let has_room = poll(&mut fds, PollTimeout::from(LOOK_EVERY_MS)) != Ok(0);
                    let rests = !has_room && server.group().is_at_rest();
                    looks = if rests { looks + 1 } else { 0 };
                }
                Err(error) => return Err(Finding::new(format!("the client cannot send: {error}"))),
            }
            ensure!(
                progress.elapsed() <= self.deadline,
                Spins,
                "the server neither takes what `{}` sends nor rests",
                self.name
            );
        }
        Ok(sent)
    }

    /// Sends bytes.
    pub fn send(&mut self, bytes: &[u8]) -> Checked {
        self.stream.get_mut().write_all(bytes).map_err(|error| {
            Finding::of(Symptom::Silence, format!("the client cannot send: {error}"))
        })
    }

    /// The next line of the server.
    pub fn hear(&mut self) -> Checked<Heard> {
        let begun = Instant::now();
        while begun.elapsed() <= self.deadline {
            if let Some(heard) = self.hear_soon()? {
                return Ok(heard);
            }
        }
        let what = format!(
            "`{}` waited {} in vain for a line of the server",
            self.name,
            seconds(self.deadline)
        );
        Err(Finding::of(Symptom::Silence, what))
    }

    /// The sender and the text of the next line, which is a message.
    pub fn hear_message(&mut self) -> Checked<(String, Vec<u8>)> {
        match self.hear()? {
            Heard::Message { from, text } => Ok((from, text)),
            other => Err(Finding::new(format!("{other:?} instead of a message"))),
        }
    }

    /// Number of members that a room has beside this client, which joins it and leaves it again.
    pub fn count_others(&mut self, room: &str) -> Checked<usize> {
        self.send(format!("/join {room}\n/leave\n").as_bytes())?;
        let joined = self.reply()?;
        let members = match &joined {
            Heard::Notice(text) => text.rsplit(' ').next().and_then(|word| word.parse().ok()),
            Heard::Message { .. } | Heard::Mistake(_) | Heard::End => None,
        };
        ensure_eq!(
            self.reply()?,
            Heard::Notice(format!("left {room}")),
            "the reply to /leave"
        );
        let members: Option<usize> = members;
        let others = members.and_then(|members| members.checked_sub(1));
        others.ok_or_else(|| Finding::new(format!("{joined:?} as the reply to /join")))
    }

    /// The next line of the server; `None` if the server is at rest and none comes: then it waits for another client.
    pub fn hear_or_rest(&mut self, server: &Server) -> Checked<Option<Heard>> {
        let mut looks = 0;
        let begun = Instant::now();
        while looks < LOOKS_AT_REST {
            let rests = server.group().is_at_rest();
            if let Some(heard) = self.hear_soon()? {
                return Ok(Some(heard));
            }
            looks = if rests { looks + 1 } else { 0 };
            ensure!(
                begun.elapsed() <= self.deadline,
                Spins,
                "the server neither sends to `{}` nor rests",
                self.name
            );
        }
        Ok(None)
    }

    /// The next reply of the server: a line that is no message. Messages before it are heard later.
    pub fn reply(&mut self) -> Checked<Heard> {
        let mut early = VecDeque::new();
        let reply = loop {
            let heard = self.hear()?;
            if !matches!(heard, Heard::Message { .. }) {
                break heard;
            }
            early.push_back(heard);
        };
        self.early.extend(early);
        Ok(reply)
    }

    /// Ends its side of the connection.
    pub fn end(&mut self) -> Checked {
        let ended = self.stream.get_ref().shutdown(Shutdown::Write);
        ended.map_err(|error| Finding::new(format!("the client cannot end its side: {error}")))
    }

    /// Ends the conversation, and waits until the server has ended it too.
    pub fn leave(mut self) -> Checked {
        self.end()?;
        while self.hear()? != Heard::End {}
        Ok(())
    }

    /// Resets the connection.
    pub fn reset(self) {
        let socket = SockRef::from(self.stream.get_ref());
        socket
            .set_linger(Some(Duration::ZERO))
            .expect("the socket is open");
    }

    /// A line that has come, or comes within a moment.
    fn hear_soon(&mut self) -> Checked<Option<Heard>> {
        if let Some(heard) = self.early.pop_front() {
            return Ok(Some(heard));
        }
        match self.stream.read_until(b'\n', &mut self.part) {
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Ok(None);
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => self.part.clear(),
            Err(error) => return Err(Finding::new(format!("the client cannot read: {error}"))),
        }
        let line = std::mem::take(&mut self.part);
        Ok(Some(understand(&line)?))
    }
}

/// Connects a socket whose reads end after a moment.
fn connected(server: &Server, is_narrow: bool) -> io::Result<TcpStream> {
    let Listen::Tcp(address) = server.address() else {
        unreachable!("the suite listens on TCP");
    };
    let socket = Socket::new(Domain::for_address(*address), Type::STREAM, None)?;
    if is_narrow {
        socket.set_recv_buffer_size(4 << 10)?;
        socket.set_send_buffer_size(4 << 10)?;
        socket.set_tcp_mss(536)?;
    }
    socket.set_tcp_nodelay(true)?;
    socket.set_write_timeout(Some(server.deadline()))?;
    socket.connect(&SockAddr::from(*address))?;
    socket.set_read_timeout(Some(Duration::from_millis(LOOK_EVERY_MS.into())))?;
    Ok(socket.into())
}

/// What a line of the server is. A line without its end is the end of a conversation that was cut off.
fn understand(line: &[u8]) -> Checked<Heard> {
    let Some(line) = line.strip_suffix(b"\n") else {
        return Ok(Heard::End);
    };
    let text = String::from_utf8_lossy(line);
    if let Some(notice) = text.strip_prefix("* ") {
        return Ok(Heard::Notice(notice.to_owned()));
    }
    if let Some(mistake) = text.strip_prefix("! ") {
        return Ok(Heard::Mistake(mistake.to_owned()));
    }
    let colon = line.windows(2).position(|two| two == b": ");
    let Some(colon) = colon else {
        let what = format!("a line that is neither message nor notice nor error: {text:?}");
        return Err(Finding::of(Symptom::WrongBytes, what));
    };
    Ok(Heard::Message {
        from: String::from_utf8_lossy(&line[..colon]).into_owned(),
        text: line[colon + 2..].to_vec(),
    })
}
