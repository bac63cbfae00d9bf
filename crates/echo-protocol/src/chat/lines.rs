//! The bytes of one client, as requests.

use std::sync::Arc;

use memchr::memchr;

use super::{ChatLimits, Mistake, Name, Reply};
use crate::buffer::Loan;

/// Space in the buffer behind the longest line, so that one read takes several short lines.
const SPARE: usize = 3 << 10;

/// The command words.
const COMMANDS: [(&[u8], Command); 4] = [
    (b"/join", Command::Join),
    (b"/leave", Command::Leave),
    (b"/name", Command::Name),
    (b"/quit", Command::Quit),
];

#[derive(Clone, Copy)]
enum Command {
    Join,
    Leave,
    Name,
    Quit,
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// To enter a room.
    Join(Name),
    /// To leave its room.
    Leave,
    /// To send this line, with its end, to everybody in its room.
    Say(Arc<[u8]>),
    /// To be told this. No other client is concerned.
    Reply(Reply),
    /// To end the conversation. It comes once, and is the last request.
    End,
}

/// The requests of one client, without I/O.
pub struct Lines {
    limits: ChatLimits,
    buffer: Option<Loan>,
    /// The bytes of the buffer that are not yet decoded.
    begin: usize,
    end: usize,
    /// Bytes from `begin` that have no end of line.
    searched: usize,
    name: Name,
    /// A message while it is made.
    message: Vec<u8>,
    /// No more input comes.
    eof: bool,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The last request is next.
    Ending,
    Ended,
}

impl Lines {
    /// The requests of a new client.
    pub fn new(limits: ChatLimits) -> Self {
        Self {
            limits,
            buffer: None,
            begin: 0,
            end: 0,
            searched: 0,
            name: Name::GUEST,
            message: Vec::new(),
            eof: false,
            state: State::Open,
        }
    }

    /// Room for input: at least one byte if [`wants_read`](Self::wants_read). Report the result with
    /// [`received`](Self::received), or with [`release`](Self::release) if nothing was received.
    pub fn spare(&mut self) -> &mut [u8] {
        let length = self.capacity();
        let buffer = self.buffer.get_or_insert_with(|| Loan::of(length));
        if self.begin > 0 {
            buffer.copy_within(self.begin..self.end, 0);
            self.end -= self.begin;
            self.begin = 0;
        }
        &mut buffer[self.end..]
    }

    /// Reports `n` bytes written to the front of [`spare`](Self::spare); 0 is the end of file.
    ///
    /// # Panics
    /// If there was room for fewer than `n` bytes.
    pub fn received(&mut self, n: usize) {
        assert!(
            n <= self.capacity() - self.end,
            "more bytes reported than there was room for"
        );
        self.eof |= n == 0;
        self.end += n;
    }

    /// Gives an unused buffer back after a read that returned nothing (`EAGAIN`).
    pub fn release(&mut self) {
        if self.begin == self.end {
            self.begin = 0;
            self.end = 0;
            self.buffer = None;
        }
    }

    /// True if there is room and use for input. It is false while requests fill the buffer.
    pub fn wants_read(&self) -> bool {
        !self.eof && self.state == State::Open && self.end - self.begin < self.capacity()
    }

    /// True if [`next_request`](Self::next_request) has returned [`Request::End`].
    pub fn is_done(&self) -> bool {
        self.state == State::Ended
    }

    /// The next request; `None` if more input must come first.
    pub fn next_request(&mut self) -> Option<Request> {
        while self.state == State::Open {
            let Some(line) = self.next_line() else {
                return self.without_a_line();
            };
            if let Some(request) = self.decode(line) {
                return Some(request);
            }
        }
        if self.state == State::Ended {
            return None;
        }
        self.state = State::Ended;
        self.begin = self.end;
        self.release();
        Some(Request::End)
    }

    /// The place of the next whole line in the buffer, without its end.
    fn next_line(&mut self) -> Option<(usize, usize)> {
        let buffer = self.buffer.as_ref()?;
        let unsearched = &buffer[self.begin + self.searched..self.end];
        let Some(found) = memchr(b'\n', unsearched) else {
            self.searched = self.end - self.begin;
            return None;
        };
        let line_end = self.begin + self.searched + found;
        let line_begin = self.begin;
        self.begin = line_end + 1;
        self.searched = 0;
        let has_cr = buffer[line_begin..line_end].last() == Some(&b'\r');
        Some((line_begin, line_end - usize::from(has_cr)))
    }

    /// What the bytes without an end of line mean: an endless line, the end of the input, or nothing yet.
    fn without_a_line(&mut self) -> Option<Request> {
        // One byte more than the longest line may be the CR before its end.
        if self.searched > self.limits.line + 1 {
            return Some(self.too_long());
        }
        if self.eof {
            self.state = State::Ending;
            return self.next_request();
        }
        self.release();
        None
    }

    fn too_long(&mut self) -> Request {
        self.state = State::Ending;
        Request::Reply(Reply::Mistake(Mistake::LongLine(self.limits.line)))
    }

    /// The request of a line of the buffer; `None` if it asks for nothing.
    fn decode(&mut self, (begin, end): (usize, usize)) -> Option<Request> {
        if end - begin > self.limits.line {
            return Some(self.too_long());
        }
        let line = &self.buffer.as_ref()?[begin..end];
        if line.is_empty() {
            return None;
        }
        if line[0] != b'/' {
            return Some(self.say((begin, end)));
        }
        let (command, name) = split(line);
        let name = Name::of(name);
        let command = COMMANDS.iter().find(|(word, _)| *word == command);
        let mistake = |mistake| Request::Reply(Reply::Mistake(mistake));
        Some(match (command.map(|(_, command)| command), name) {
            (None, _) => mistake(Mistake::UnknownCommand),
            (Some(Command::Join | Command::Name), None) => mistake(Mistake::BadName),
            (Some(Command::Join), Some(room)) => Request::Join(room),
            (Some(Command::Name), Some(name)) => {
                self.name = name;
                Request::Reply(Reply::Named(name))
            }
            (Some(Command::Leave), _) => Request::Leave,
            (Some(Command::Quit), _) => {
                self.state = State::Ending;
                return None;
            }
        })
    }

    /// Makes the message of a line.
    fn say(&mut self, (begin, end): (usize, usize)) -> Request {
        let text = self
            .buffer
            .as_ref()
            .map_or(&[][..], |buffer| &buffer[begin..end]);
        self.message.clear();
        self.message.extend_from_slice(self.name.as_bytes());
        self.message.extend_from_slice(b": ");
        let harmless = |&byte: &u8| match byte {
            b'\t' => byte,
            0..b' ' | 0x7f => b'?',
            _ => byte,
        };
        self.message.extend(text.iter().map(harmless));
        self.message.push(b'\n');
        Request::Say(Arc::from(self.message.as_slice()))
    }

    /// Length of the buffer.
    fn capacity(&self) -> usize {
        self.limits.line + 2 + SPARE
    }
}

/// A command line at its first space; spaces around the second word do not count.
fn split(line: &[u8]) -> (&[u8], &[u8]) {
    let space = line.iter().position(|&byte| byte == b' ');
    let (command, rest) = line.split_at(space.unwrap_or(line.len()));
    (command, rest.trim_ascii())
}
