//! The server's side of a conversation in [`Protocol::Echo`](crate::Protocol::Echo) or
//! [`Protocol::Framed`](crate::Protocol::Framed), whose replies repeat their requests.
//!
//! A reply is almost equal to its request, so the session makes it in the buffer that it reads into:
//!
//! ```text
//!   0        sent      ready     parsed      received          high-water mark
//!   ├─────────┼─────────┼─────────┼───────────┼────────────────────┤
//!    sent      pending   dropped    not yet     spare
//!                                   decoded
//! ```
//!
//! The zeros that pad a long reply are sent from one static array, so that a reply of 8 MiB needs no memory.

use crate::buffer::Loan;
use crate::error::ProtocolError;
use crate::frame::{HEADER, Header, Work};
use crate::limits::Limits;

/// The padding of long replies.
static ZEROS: [u8; 16 << 10] = [0; 16 << 10];

/// The part of [`ServerSession`](crate::ServerSession) for protocols whose replies repeat their requests.
pub(crate) struct EchoSession {
    /// True for frames; false if every byte comes back.
    framed: bool,
    limits: Limits,
    buffer: Option<Loan>,
    sent: usize,
    ready: usize,
    parsed: usize,
    received: usize,
    frame: Frame,
    work: Option<Work>,
    /// Number of bytes decoded.
    position: u64,
    requests: u64,
    eof: bool,
    error: Option<ProtocolError>,
}

/// What remains of the frame that is being answered, in bytes.
struct Frame {
    /// Input that belongs to the frame, with its header until that is answered.
    input: usize,
    /// Number of these bytes that are sent back.
    echo: usize,
    /// Zeros to send after it.
    zeros: usize,
}

impl Frame {
    const NONE: Self = Self {
        input: 0,
        echo: 0,
        zeros: 0,
    };
}

impl EchoSession {
    pub const fn new(framed: bool, limits: Limits) -> Self {
        Self {
            framed,
            limits,
            buffer: None,
            sent: 0,
            ready: 0,
            parsed: 0,
            received: 0,
            frame: Frame::NONE,
            work: None,
            position: 0,
            requests: 0,
            eof: false,
            error: None,
        }
    }

    pub fn spare(&mut self) -> &mut [u8] {
        let len = self.limits.high_water;
        &mut self.buffer.get_or_insert_with(|| Loan::of(len))[self.received..]
    }

    pub fn received(&mut self, n: usize) {
        assert!(
            n <= self.limits.high_water - self.received,
            "more bytes reported than there was room for"
        );
        self.eof |= n == 0;
        self.received += n;
        self.advance();
    }

    pub fn release(&mut self) {
        if self.received == 0 {
            self.buffer = None;
        }
    }

    pub fn pending(&self) -> &[u8] {
        match &self.buffer {
            Some(buffer) if self.sent < self.ready => &buffer[self.sent..self.ready],
            _ if self.pads() => &ZEROS[..self.frame.zeros.min(ZEROS.len())],
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
            self.frame.zeros -= n;
        }
        if self.sent == self.ready {
            self.advance();
        }
    }

    pub const fn work(&self) -> Option<Work> {
        self.work
    }

    pub fn worked(&mut self) {
        self.work = None;
        self.advance();
    }

    pub const fn wants_read(&self) -> bool {
        !self.eof
            && self.error.is_none()
            && self.work.is_none()
            && (self.frame.zeros == 0 || self.frame.input > 0)
            && self.received < self.limits.high_water
    }

    pub const fn wants_write(&self) -> bool {
        self.sent < self.ready || self.pads()
    }

    pub const fn wants_work(&self) -> bool {
        self.work.is_some()
    }

    pub const fn is_done(&self) -> bool {
        (self.eof || self.error.is_some()) && !self.wants_write() && !self.wants_work()
    }

    pub const fn error(&self) -> Option<&ProtocolError> {
        self.error.as_ref()
    }

    pub const fn requests(&self) -> u64 {
        self.requests
    }

    /// True if the padding of a reply is sent next.
    const fn pads(&self) -> bool {
        self.frame.zeros > 0 && self.frame.input == 0 && self.sent == self.ready
    }

    /// Decodes as much input as the state allows.
    fn advance(&mut self) {
        if self.framed {
            while self.step() {}
            self.check_truncation();
        } else {
            self.parsed = self.received;
            self.ready = self.received;
        }
        self.settle();
    }

    /// Takes one step through the frames; false if it must wait for input, output or work.
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

    /// Moves the frame's input to the output, or drops it if the reply is shorter.
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
        self.position += n as u64;
        self.frame.input -= n;
        self.frame.echo -= echo;
        n > 0
    }

    /// Appends the padding to the output if all of it fits; otherwise it is sent later, from [`ZEROS`].
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

    /// Decodes a header and replaces it by the header of the reply.
    fn begin_frame(&mut self) -> bool {
        let Some(buffer) = &mut self.buffer else {
            return false;
        };
        let Some(bytes) = buffer[self.parsed..self.received].first_chunk_mut::<HEADER>() else {
            return false;
        };
        match Header::decode(bytes, self.position, self.limits) {
            Ok(header) if !header.done => {
                let (payload, reply) = (header.payload as usize, header.reply_size as usize);
                header.write_reply(bytes);
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
                    at: self.position,
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
        self.frame = Frame::NONE;
        false
    }

    /// An end of file inside a frame is an error. Replies to earlier frames are still sent.
    fn check_truncation(&mut self) {
        let left = self.received - self.parsed;
        let at = self.position + left as u64;
        if self.eof && self.error.is_none() && self.work.is_none() {
            if self.frame.input > 0 {
                self.fail(ProtocolError::Truncated {
                    at,
                    missing: self.frame.input as u64,
                });
            } else if left > 0 && self.frame.zeros == 0 {
                self.fail(ProtocolError::Truncated {
                    at,
                    missing: (HEADER - left) as u64,
                });
            }
        }
    }

    /// If all output is sent, moves the remaining input to the front of the buffer, or gives an empty buffer back.
    fn settle(&mut self) {
        if self.sent < self.ready {
            return;
        }
        let left = self.received - self.parsed;
        if left == 0 {
            self.buffer = None;
        } else if let Some(buffer) = &mut self.buffer
            && self.parsed > 0
        {
            buffer.copy_within(self.parsed..self.received, 0);
        }
        self.sent = 0;
        self.ready = 0;
        self.parsed = 0;
        self.received = left;
    }
}
