//! The server's side of a conversation in [`Protocol::Http`](crate::Protocol::Http) or
//! [`Protocol::Line`](crate::Protocol::Line), whose replies differ from their
//! requests.
//!
//! Replies wait in a buffer of their own, so that many of them share a system call:
//!
//! ```text
//!   input    0        parsed               received         high-water mark
//!            ├─────────┼─────────────────────┼────────────────────┤
//!             answered  not yet decoded       spare
//!
//!   output   0        sent           ready      prepared
//!            ├─────────┼───────────────┼───────────┼──────────────┤
//!             sent      pending         waits for   room
//!                                       its work
//! ```
//!
//! The body of a long reply is sent from one static array, so that a reply of 8 MiB needs no memory.

use crate::buffer::Loan;
use crate::error::ProtocolError;
use crate::frame::Work;
use crate::http;
use crate::limits::Limits;
use crate::line;

/// Room that the longest reply needs, without the body that is sent from [`BODY`].
const LONGEST_REPLY: usize = 1536;

/// Bytes that a client may send after the server's last reply, before the server stops waiting for its end.
pub(crate) const DROPPED: usize = 1 << 20;

/// One line of a body; bodies repeat it.
pub const BODY_LINE: [u8; 64] =
    *b"0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXY\n";

/// The bodies of replies, from any byte of a line.
static BODY: [u8; (16 << 10) + BODY_LINE.len()] = {
    let mut body = [0; (16 << 10) + BODY_LINE.len()];
    let mut i = 0;
    while i < body.len() {
        body[i] = BODY_LINE[i % BODY_LINE.len()];
        i += 1;
    }
    body
};

/// What a [`ReplySession`] speaks.
#[derive(Clone, Copy)]
pub(crate) enum Language {
    Http,
    Line,
}

/// A request, whose reply stands in the output, except its body.
#[derive(Default)]
pub(crate) struct Request {
    /// Number of input bytes.
    pub bytes: usize,
    /// Number of bytes of [`BODY`] that follow the reply.
    pub body: usize,
    /// The work to do before the reply.
    pub work: Option<Work>,
    /// True if the server ends the conversation after this reply.
    pub is_last: bool,
    /// The client's error, if the reply reports one.
    pub error: Option<ProtocolError>,
}

/// Input that is not yet decoded.
pub(crate) struct Input<'a> {
    pub bytes: &'a [u8],
    /// True if no more bytes will come.
    pub is_whole: bool,
    /// Position of the first byte in its stream.
    pub at: u64,
}

/// The part of [`ServerSession`](crate::ServerSession) for protocols whose replies differ from their requests.
pub(crate) struct ReplySession {
    language: Language,
    limits: Limits,
    input: Option<Loan>,
    parsed: usize,
    received: usize,
    /// Number of input bytes that were decoded in vain, because more must come.
    tried: usize,
    output: Option<Loan>,
    sent: usize,
    ready: usize,
    prepared: usize,
    /// What remains of the body after the output, and where it goes on.
    body: usize,
    body_at: usize,
    work: Option<Work>,
    /// Number of bytes decoded.
    position: u64,
    requests: u64,
    eof: bool,
    /// True if the last reply is prepared.
    is_last: bool,
    /// Number of bytes that came after the last reply.
    dropped: usize,
    error: Option<ProtocolError>,
}

impl ReplySession {
    pub fn new(language: Language, limits: Limits) -> Self {
        let mut session = Self {
            language,
            limits,
            input: None,
            parsed: 0,
            received: 0,
            tried: 0,
            output: None,
            sent: 0,
            ready: 0,
            prepared: 0,
            body: 0,
            body_at: 0,
            work: None,
            position: 0,
            requests: 0,
            eof: false,
            is_last: false,
            dropped: 0,
            error: None,
        };
        if let Language::Line = language {
            session.room().push(line::GREETING);
            session.ready = session.prepared;
        }
        session
    }

    pub fn spare(&mut self) -> &mut [u8] {
        let len = self.limits.high_water;
        &mut self.input.get_or_insert_with(|| Loan::of(len))[self.received..]
    }

    pub fn received(&mut self, n: usize) {
        assert!(
            n <= self.limits.high_water - self.received,
            "more bytes reported than there was room for"
        );
        self.eof |= n == 0;
        if self.is_last {
            self.dropped += n;
            self.input = None;
        } else {
            self.received += n;
            self.advance();
        }
    }

    pub fn release(&mut self) {
        if self.received == 0 {
            self.input = None;
        }
    }

    pub fn pending(&self) -> &[u8] {
        match &self.output {
            Some(output) if self.sent < self.ready => &output[self.sent..self.ready],
            _ if self.work.is_none() => {
                let rest = &BODY[self.body_at % BODY_LINE.len()..];
                &rest[..self.body.min(BODY.len() - BODY_LINE.len())]
            }
            _ => &[],
        }
    }

    pub fn sent(&mut self, n: usize) {
        assert!(
            n <= self.pending().len(),
            "more bytes reported sent than were pending"
        );
        if self.sent < self.ready {
            self.sent += n;
        } else {
            self.body -= n;
            self.body_at += n;
        }
        if !self.wants_write() && self.work.is_none() {
            self.output = None;
            (self.sent, self.ready, self.prepared) = (0, 0, 0);
            self.advance();
        }
    }

    pub const fn work(&self) -> Option<Work> {
        self.work
    }

    pub fn worked(&mut self) {
        self.work = None;
        self.show_reply();
        self.advance();
    }

    pub const fn wants_read(&self) -> bool {
        if self.eof || self.work.is_some() {
            false
        } else if self.is_last {
            !self.wants_write() && self.dropped < DROPPED
        } else {
            let held = self.received - self.parsed + self.ready - self.sent;
            held < self.limits.high_water
        }
    }

    pub const fn wants_write(&self) -> bool {
        self.sent < self.ready || self.body > 0 && self.work.is_none()
    }

    pub const fn wants_work(&self) -> bool {
        self.work.is_some()
    }

    pub const fn ends_first(&self) -> bool {
        self.is_last && !self.eof && !self.wants_write() && !self.wants_work()
    }

    pub const fn is_done(&self) -> bool {
        (self.eof || self.dropped >= DROPPED) && !self.wants_write() && !self.wants_work()
    }

    pub const fn error(&self) -> Option<&ProtocolError> {
        self.error.as_ref()
    }

    pub const fn requests(&self) -> u64 {
        self.requests
    }

    /// Answers as many requests as have come and as there is room for.
    fn advance(&mut self) {
        while self.answer_next() {}
        if self.prepared == 0 {
            self.output = None;
        }
        if self.parsed == self.received {
            self.input = None;
            (self.parsed, self.received) = (0, 0);
        } else if let Some(input) = &mut self.input
            && self.received == input.len()
            && self.parsed > 0
        {
            input.copy_within(self.parsed..self.received, 0);
            self.received -= self.parsed;
            self.parsed = 0;
        }
    }

    /// Answers the next request; false if it must wait for input, output or work.
    fn answer_next(&mut self) -> bool {
        let waits = self.is_last || self.work.is_some() || self.body > 0;
        if waits || self.parsed == self.received || self.room().len() < LONGEST_REPLY {
            return false;
        }
        let Some(request) = self.decode() else {
            return false;
        };
        self.requests += 1;
        self.parsed += request.bytes;
        self.position += request.bytes as u64;
        self.tried = 0;
        (self.body, self.body_at) = (request.body, 0);
        self.work = request.work;
        self.is_last = request.is_last;
        self.error = request.error;
        if self.is_last {
            self.parsed = self.received;
        }
        if self.work.is_none() {
            self.show_reply();
        }
        true
    }

    /// Decodes the next request and writes its reply behind the others; `None` if more input must come.
    fn decode(&mut self) -> Option<Request> {
        let received = self
            .input
            .as_ref()
            .map_or(&[][..], |input| &input[self.parsed..self.received]);
        let input = Input {
            bytes: received,
            is_whole: self.eof,
            at: self.position,
        };
        let mut room = Room {
            buffer: &mut self.output.as_mut()?[..],
            len: &mut self.prepared,
        };
        match self.language {
            Language::Http => http::answer(&input, self.limits, &mut self.tried, &mut room),
            Language::Line => line::answer(&input, self.limits, &mut room),
        }
    }

    /// Moves the prepared reply to the pending bytes, with as much of its body as there is room for.
    fn show_reply(&mut self) {
        let room = self.output.as_ref().map_or(0, |output| output.len()) - self.prepared;
        let n = self.body.min(room).min(BODY.len());
        self.room().push(&BODY[..n]);
        self.body -= n;
        self.body_at = n;
        self.ready = self.prepared;
    }

    /// The output after the prepared replies.
    fn room(&mut self) -> Room<'_> {
        let len = self.limits.high_water.max(LONGEST_REPLY);
        Room {
            buffer: &mut self.output.get_or_insert_with(|| Loan::of(len))[..],
            len: &mut self.prepared,
        }
    }
}

/// Where a reply is written.
pub(crate) struct Room<'a> {
    buffer: &'a mut [u8],
    len: &'a mut usize,
}

impl Room<'_> {
    fn len(&self) -> usize {
        self.buffer.len() - *self.len
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer[*self.len..][..bytes.len()].copy_from_slice(bytes);
        *self.len += bytes.len();
    }

    /// Pushes a number in decimal digits.
    pub fn push_number(&mut self, mut number: usize) {
        let mut digits = [b'0'; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] += (number % 10) as u8;
            number /= 10;
            if number == 0 {
                return self.push(&digits[at..]);
            }
        }
    }
}
