//! The client's side of a conversation over HTTP/1.1: it asks with GET, finds the end of every reply, and checks status and length.
//!
//! ```text
//!   request ──▶ waiting ──▶ pending bytes            input ──▶ head ──▶ body ──▶ reply ──▶ head …
//!                                                               ▲         │ the last one: `is_over`
//!                                                       1xx ────┘
//! ```
//!
//! A body ends after its length, after its last chunk, or with the connection (RFC 9112, section 6.3). The content of a body is
//! counted and thrown away, so a reply of any length needs one buffer.

mod ask;
mod body;
mod error;
mod head;

use std::collections::VecDeque;

use crate::buffer::Loan;
use crate::client::Reply;
use crate::error::ReplyError;
use crate::limits::Limits;
use body::Body;
use head::Head;

pub use ask::{BYTES, HttpAsk};
pub use error::{Framing, HttpError};

/// The client's side of one connection over HTTP/1.1, without I/O. It has the methods that the [crate] describes.
/// [`request`](Self::request) adds a request, and [`reply`](Self::reply) returns the next reply.
pub struct HttpClient<'a> {
    ask: &'a HttpAsk,
    limits: Limits,
    verify: bool,
    /// Requests without a complete reply, oldest first. The first `loaded` of them are sent, or pending.
    waiting: VecDeque<Waiting>,
    loaded: usize,
    /// Output: `output[sent..ready]`.
    output: Option<Loan>,
    sent: usize,
    ready: usize,
    /// Input: `input[parsed..received]`. Its first `searched` bytes are no complete head.
    input: Option<Loan>,
    parsed: usize,
    received: usize,
    searched: usize,
    /// The reply whose body is read; `None` before its head is complete.
    reading: Option<Reading>,
    eof: bool,
    is_over: bool,
}

/// A request without a complete reply.
struct Waiting {
    id: u64,
    bytes: u32,
}

/// A reply whose body is read.
struct Reading {
    status: u16,
    body: Body,
    content: u64,
    is_last: bool,
}

impl<'a> HttpClient<'a> {
    /// A new connection. Without `verify`, the status and the length of replies are not compared.
    pub fn new(ask: &'a HttpAsk, limits: Limits, verify: bool) -> Self {
        Self {
            ask,
            limits: limits.usable(),
            verify,
            waiting: VecDeque::new(),
            loaded: 0,
            output: None,
            sent: 0,
            ready: 0,
            input: None,
            parsed: 0,
            received: 0,
            searched: 0,
            reading: None,
            eof: false,
            is_over: false,
        }
    }

    /// Adds a request behind those that wait. `bytes` is the number for the place in the path.
    #[inline]
    pub fn request(&mut self, id: u64, bytes: u32) {
        self.waiting.push_back(Waiting { id, bytes });
        self.load();
    }

    /// Number of requests without a complete reply.
    pub fn outstanding(&self) -> usize {
        self.waiting.len()
    }

    /// Bytes to be sent next; empty if there are none.
    #[inline]
    pub fn pending(&self) -> &[u8] {
        match &self.output {
            Some(output) => &output[self.sent..self.ready],
            None => &[],
        }
    }

    /// Reports that the first `n` bytes of [`pending`](Self::pending) are sent.
    ///
    /// # Panics
    /// If fewer than `n` bytes were pending.
    #[inline]
    pub fn sent(&mut self, n: usize) {
        assert!(
            n <= self.ready - self.sent,
            "more bytes reported sent than were pending"
        );
        self.sent += n;
        if self.sent == self.ready {
            self.output = None;
            self.load();
        }
    }

    /// True if bytes are pending.
    pub const fn wants_write(&self) -> bool {
        self.output.is_some()
    }

    /// True if no more replies come on this connection: the server has said so, or has closed it between two replies. The
    /// requests that are [`outstanding`](Self::outstanding) must be sent again on a new connection (RFC 9112, section 9.3.2).
    pub const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Room for input. Report the result with [`received`](Self::received), or with [`release`](Self::release) if
    /// nothing was received.
    #[inline]
    pub fn spare(&mut self) -> &mut [u8] {
        let len = self.limits.high_water;
        &mut self.input.get_or_insert_with(|| Loan::of(len))[self.received..]
    }

    /// Reports `n` bytes written to the front of [`spare`](Self::spare); 0 is the end of file. Then call
    /// [`reply`](Self::reply) until it returns `None`.
    ///
    /// # Panics
    /// If there was room for fewer than `n` bytes.
    #[inline]
    pub fn received(&mut self, n: usize) {
        assert!(
            n <= self.limits.high_water - self.received,
            "more bytes reported than there was room for"
        );
        self.eof |= n == 0;
        self.received += n;
    }

    /// Gives an unused buffer back after a read that returned nothing (`EAGAIN`).
    pub fn release(&mut self) {
        if self.parsed == self.received {
            self.settle();
        }
    }

    /// The next complete reply, in the order of the requests; `None` until more is received.
    ///
    /// # Errors
    /// The reply is wrong. The conversation is over, unless the error [is complete](ReplyError::is_complete): then the wrong reply
    /// counts as received, and the next one follows.
    #[inline]
    pub fn reply(&mut self) -> Result<Option<Reply>, ReplyError> {
        if (self.received == 0 && !self.eof) || self.is_over {
            return Ok(None);
        }
        self.next_reply()
    }

    fn next_reply(&mut self) -> Result<Option<Reply>, ReplyError> {
        if self.waiting.is_empty() {
            return self.end_without_request();
        }
        while self.reading.is_none() {
            if !self.read_head()? {
                return self.wait();
            }
        }
        if self.read_body()? {
            return self.finish().map(Some);
        }
        self.wait()
    }

    /// No request waits: nothing may come but the end.
    fn end_without_request(&mut self) -> Result<Option<Reply>, ReplyError> {
        let bytes = self.received - self.parsed;
        if bytes > 0 {
            return Err(ReplyError::Surplus { bytes });
        }
        self.is_over = self.eof;
        self.settle();
        Ok(None)
    }

    /// Reads the next head; false until all of it has been received.
    fn read_head(&mut self) -> Result<bool, ReplyError> {
        let Some(input) = &self.input else {
            return Ok(false);
        };
        let unread = &input[self.parsed..self.received];
        // A head ends with a line feed. So a head that comes byte by byte is not parsed once a byte.
        let may_end = unread[self.searched..].contains(&b'\n');
        let is_full = unread.len() == self.limits.high_water;
        if !may_end && !is_full && !self.eof {
            self.searched = unread.len();
            return Ok(false);
        }
        let Some(head) = Head::parse(unread)? else {
            self.searched = unread.len();
            return Ok(false);
        };
        self.parsed += head.len;
        self.searched = 0;
        if !head.is_interim() {
            self.reading = Some(Reading {
                status: head.status,
                body: head.body,
                content: 0,
                is_last: head.is_last,
            });
        }
        Ok(true)
    }

    /// Reads the received part of the body; true if the body is complete.
    fn read_body(&mut self) -> Result<bool, ReplyError> {
        let Some(reading) = &mut self.reading else {
            return Ok(false);
        };
        let unread = self.input.as_ref();
        let unread = unread.map_or(&[][..], |input| &input[self.parsed..self.received]);
        let taken = reading.body.take(unread)?;
        self.parsed += taken.input;
        reading.content += taken.content;
        let ends_with_connection = reading.body == Body::UntilClose && self.eof;
        Ok(taken.is_complete || ends_with_connection)
    }

    /// Ends a complete reply, and checks it.
    fn finish(&mut self) -> Result<Reply, ReplyError> {
        let invariant = "a body is read for a request that waits";
        let Waiting { id, bytes } = self.waiting.pop_front().expect(invariant);
        let reading = self.reading.take().expect(invariant);
        self.loaded = self.loaded.saturating_sub(1);
        self.is_over = reading.is_last;
        if self.parsed == self.received || self.is_over {
            self.parsed = self.received;
            self.settle();
        }
        if self.verify && reading.status != self.ask.status {
            return Err(ReplyError::Http(HttpError::Status {
                id,
                expected: self.ask.status,
                got: reading.status,
            }));
        }
        let expected = self.ask.expected(bytes).filter(|_| self.verify);
        match expected {
            Some(expected) if expected != reading.content => {
                Err(ReplyError::Http(HttpError::BodyLength {
                    id,
                    expected,
                    got: reading.content,
                }))
            }
            Some(_) | None => Ok(Reply {
                id,
                bytes: u32::try_from(reading.content).unwrap_or(u32::MAX),
            }),
        }
    }

    /// Waits for more input. There is none after the end of the connection.
    fn wait(&mut self) -> Result<Option<Reply>, ReplyError> {
        let got = self.received - self.parsed;
        if self.eof {
            return Err(match &self.reading {
                Some(reading) => ReplyError::Http(HttpError::ShortBody {
                    got: reading.content,
                }),
                None if got > 0 => ReplyError::Http(HttpError::ShortHead { got }),
                None => ReplyError::Unanswered {
                    requests: self.waiting.len(),
                },
            });
        }
        if got == self.limits.high_water {
            return Err(ReplyError::Http(HttpError::HeadTooLong {
                most: self.limits.high_water,
            }));
        }
        self.settle();
        Ok(None)
    }

    /// Moves an incomplete head to the front of the buffer, or gives an empty buffer back.
    #[inline]
    fn settle(&mut self) {
        let left = self.received - self.parsed;
        if left == 0 {
            self.input = None;
            self.searched = 0;
        } else if let Some(input) = &mut self.input {
            input.copy_within(self.parsed..self.received, 0);
        }
        self.parsed = 0;
        self.received = left;
    }

    /// Writes as many requests into one buffer as fit, so that they share a system call.
    #[inline]
    fn load(&mut self) {
        let longest = self.ask.longest();
        let room = self.limits.high_water.max(longest);
        while let Some(request) = self.waiting.get(self.loaded) {
            if self.output.is_none() {
                (self.sent, self.ready) = (0, 0);
            }
            if self.ready + longest > room {
                return;
            }
            let output = self.output.get_or_insert_with(|| Loan::of(room));
            self.ready += self.ask.write(request.bytes, &mut output[self.ready..]);
            self.loaded += 1;
        }
    }
}
