//! The server's side of one conversation.
//!
//! A reply is its request, a little changed, so the session answers inside the buffer it reads into:
//!
//! ```text
//!   0        sent      ready     parsed      received          high-water mark
//!   ├─────────┼─────────┼─────────┼───────────┼────────────────────┤
//!    sent      pending   swallowed  not yet     spare
//!                                   understood
//! ```
//!
//! Zeros that lengthen a reply are sent from one static page, so that a reply of 8 MiB costs no memory.

use crate::buffer::Loan;
use crate::frame::{DONE, HEADER, Header, LENGTH_BASE};
use crate::{Limits, Protocol, ProtocolError, Work};

/// What long replies are filled with.
static ZEROS: [u8; 16 << 10] = [0; 16 << 10];

/// The server's side of one conversation, without I/O. See the [crate] for its verbs.
pub struct ServerSession {
    protocol: Protocol,
    limits: Limits,
    buffer: Option<Loan>,
    sent: usize,
    ready: usize,
    parsed: usize,
    received: usize,
    frame: Frame,
    work: Option<Work>,
    at: u64,
    requests: u64,
    eof: bool,
    error: Option<ProtocolError>,
}

/// What is left of the frame being answered, in bytes.
#[derive(Default)]
struct Frame {
    /// Input that still belongs to it, its own header included until that is answered.
    input: usize,
    /// How much of that input is sent back.
    echo: usize,
    /// Zeros to send after it.
    zeros: usize,
}

impl ServerSession {
    /// A conversation that has not begun.
    pub fn new(protocol: Protocol, limits: Limits) -> Self {
        Self {
            protocol,
            limits: limits.usable(),
            buffer: None,
            sent: 0,
            ready: 0,
            parsed: 0,
            received: 0,
            frame: Frame::default(),
            work: None,
            at: 0,
            requests: 0,
            eof: false,
            error: None,
        }
    }

    /// Room for input: at least one byte while [`wants_read`](Self::wants_read). Say what came with
    /// [`received`](Self::received), or [`release`](Self::release) it when nothing did.
    pub fn spare(&mut self) -> &mut [u8] {
        let len = self.limits.high_water;
        &mut self.buffer.get_or_insert_with(|| Loan::of(len))[self.received..]
    }

    /// Reports `n` bytes written to the front of [`spare`](Self::spare); 0 is end of file.
    ///
    /// # Panics
    /// If `n` is more than there was room for.
    pub fn received(&mut self, n: usize) {
        assert!(
            n <= self.limits.high_water - self.received,
            "more bytes reported than there was room for"
        );
        self.eof |= n == 0;
        self.received += n;
        self.advance();
    }

    /// Gives an untouched buffer back after a read that brought nothing (`EAGAIN`).
    pub fn release(&mut self) {
        if self.received == 0 {
            self.buffer = None;
        }
    }

    /// Bytes to be sent next; empty when there are none.
    pub fn pending(&self) -> &[u8] {
        match &self.buffer {
            Some(buffer) if self.sent < self.ready => &buffer[self.sent..self.ready],
            _ if self.pads() => &ZEROS[..self.frame.zeros.min(ZEROS.len())],
            _ => &[],
        }
    }

    /// Reports that the first `n` bytes of [`pending`](Self::pending) are sent.
    ///
    /// # Panics
    /// If `n` is more than was pending.
    pub fn sent(&mut self, n: usize) {
        assert!(
            n <= self.pending().len(),
            "more bytes reported sent than were pending"
        );
        if self.sent < self.ready {
            self.sent += n;
        } else {
            self.frame.zeros -= n;
        }
        if self.sent == self.ready {
            self.advance();
        }
    }

    /// The work that must be done before the conversation can go on.
    pub const fn work(&self) -> Option<Work> {
        self.work
    }

    /// Reports that [`work`](Self::work) is done.
    pub fn worked(&mut self) {
        self.work = None;
        self.advance();
    }

    /// Whether the session has room and use for input. Above the high-water mark it has not: back-pressure.
    pub const fn wants_read(&self) -> bool {
        !self.eof
            && self.error.is_none()
            && self.work.is_none()
            && (self.frame.zeros == 0 || self.frame.input > 0)
            && self.received < self.limits.high_water
    }

    /// Whether bytes are pending.
    pub const fn wants_write(&self) -> bool {
        self.sent < self.ready || self.pads()
    }

    /// Whether work is waiting to be done.
    pub const fn wants_work(&self) -> bool {
        self.work.is_some()
    }

    /// Whether everything is said: the client has ended or erred, and all replies to it are sent.
    pub const fn is_done(&self) -> bool {
        (self.eof || self.error.is_some()) && !self.wants_write() && !self.wants_work()
    }

    /// What the client did wrong, if it did.
    pub const fn error(&self) -> Option<&ProtocolError> {
        self.error.as_ref()
    }

    /// Frames begun. Always 0 for [`Protocol::Echo`], which has no requests, only bytes.
    pub const fn requests(&self) -> u64 {
        self.requests
    }

    /// Whether it is the turn of the zeros that lengthen a reply.
    const fn pads(&self) -> bool {
        self.frame.zeros > 0 && self.frame.input == 0 && self.sent == self.ready
    }

    /// Understands as much of the input as the state allows.
    fn advance(&mut self) {
        match self.protocol {
            Protocol::Echo => {
                self.parsed = self.received;
                self.ready = self.received;
            }
            Protocol::Framed => {
                while self.step() {}
                self.check_truncation();
            }
        }
        self.settle();
    }

    /// Takes one step through the frames; false where input, output or work must come first.
    fn step(&mut self) -> bool {
        if self.work.is_some() || self.error.is_some() {
            false
        } else if self.frame.input > 0 {
            self.answer_input()
        } else if self.frame.zeros > 0 {
            self.answer_zeros()
        } else {
            self.begin_frame()
        }
    }

    /// Moves input that is there to the output, or swallows it.
    fn answer_input(&mut self) -> bool {
        let n = self.frame.input.min(self.received - self.parsed);
        let echo = self.frame.echo.min(n);
        if self.sent == self.ready {
            self.sent = self.parsed;
            self.ready = self.parsed;
        }
        if let Some(buffer) = &mut self.buffer
            && self.ready < self.parsed
        {
            buffer.copy_within(self.parsed..self.parsed + echo, self.ready);
        }
        self.ready += echo;
        self.parsed += n;
        self.at += n as u64;
        self.frame.input -= n;
        self.frame.echo -= echo;
        n > 0
    }

    /// Puts zeros behind the output if they all fit there; else they are sent from [`ZEROS`], later.
    fn answer_zeros(&mut self) -> bool {
        let Some(buffer) = &mut self.buffer else {
            return false;
        };
        let end = self.ready + self.frame.zeros;
        if self.parsed < self.received || self.sent == self.ready || end > buffer.len() {
            return false;
        }
        buffer[self.ready..end].fill(0);
        self.ready = end;
        self.parsed = end;
        self.received = end;
        self.frame.zeros = 0;
        true
    }

    /// Reads a header and turns it into that of the reply, in its place.
    fn begin_frame(&mut self) -> bool {
        let Some(buffer) = &mut self.buffer else {
            return false;
        };
        let Some(bytes) = buffer[self.parsed..self.received].first_chunk_mut::<HEADER>() else {
            return false;
        };
        match Header::decode(bytes, self.at, self.limits) {
            Ok(header) if !header.done => {
                let (payload, reply) = (header.payload as usize, header.reply_size as usize);
                bytes[..4].copy_from_slice(&(LENGTH_BASE + header.reply_size).to_be_bytes());
                bytes[4] |= if header.work.is_some() { DONE } else { 0 };
                self.frame = Frame {
                    input: HEADER + payload,
                    echo: HEADER + payload.min(reply),
                    zeros: reply.saturating_sub(payload),
                };
                self.work = header.work;
                self.requests += 1;
                true
            }
            Ok(_) => {
                let kind = bytes[4];
                self.fail(ProtocolError::UnknownWork {
                    at: self.at,
                    kind,
                    micros: 0,
                })
            }
            Err(error) => self.fail(error),
        }
    }

    fn fail(&mut self, error: ProtocolError) -> bool {
        self.error = Some(error);
        self.parsed = self.received;
        self.frame = Frame::default();
        false
    }

    /// End of file inside a frame is an error; replies before it are still sent.
    fn check_truncation(&mut self) {
        let rest = self.received - self.parsed;
        let at = self.at + rest as u64;
        if self.eof && self.error.is_none() && self.work.is_none() {
            if self.frame.input > 0 {
                self.fail(ProtocolError::Truncated {
                    at,
                    missing: self.frame.input as u64,
                });
            } else if rest > 0 && self.frame.zeros == 0 {
                self.fail(ProtocolError::Truncated {
                    at,
                    missing: (HEADER - rest) as u64,
                });
            }
        }
    }

    /// With all output sent, moves what is left to the front, or gives the buffer back.
    fn settle(&mut self) {
        if self.sent < self.ready {
            return;
        }
        let rest = self.received - self.parsed;
        if rest == 0 {
            self.buffer = None;
        } else if let Some(buffer) = &mut self.buffer
            && self.parsed > 0
        {
            buffer.copy_within(self.parsed..self.received, 0);
        }
        self.sent = 0;
        self.ready = 0;
        self.parsed = 0;
        self.received = rest;
    }
}
