//! The client's side of one conversation: it sends requests, receives replies, and checks every byte of them.

use std::collections::VecDeque;

use crate::buffer::Loan;
use crate::error::ReplyError;
use crate::frame::{HEADER, Header};
use crate::limits::Limits;
use crate::protocol::Protocol;
use crate::request::Request;

/// A complete and correct reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Id of the request.
    pub id: u64,
    /// Length of the payload.
    pub bytes: u32,
}

/// The client's side of one conversation, without I/O. It has the methods that the [crate] describes, and two more:
/// [`request`](Self::request) adds a request, [`reply`](Self::reply) returns the next reply.
pub struct ClientSession<P> {
    protocol: Protocol,
    limits: Limits,
    verify: bool,
    /// Requests without a complete reply, oldest first. The first `loaded` of them are sent, or pending.
    waiting: VecDeque<Request<P>>,
    loaded: usize,
    /// Output: first `head[head_sent..head_len]`, then `tail`, a payload and the number of its bytes that are sent.
    head: Option<Loan>,
    head_sent: usize,
    head_len: usize,
    tail: Option<(P, usize)>,
    /// Input: `input[parsed..received]`.
    input: Option<Loan>,
    parsed: usize,
    received: usize,
    /// The reply to the oldest request: true if its header is decoded, and the number of payload bytes decoded.
    in_payload: bool,
    payload_parsed: u32,
    /// Number of bytes decoded.
    position: u64,
    eof: bool,
}

impl<P: AsRef<[u8]> + Clone> ClientSession<P> {
    /// A new conversation. Without `verify`, the payloads of replies are not compared.
    pub fn new(protocol: Protocol, limits: Limits, verify: bool) -> Self {
        Self {
            protocol,
            limits: limits.usable(),
            verify,
            waiting: VecDeque::new(),
            loaded: 0,
            head: None,
            head_sent: 0,
            head_len: 0,
            tail: None,
            input: None,
            parsed: 0,
            received: 0,
            in_payload: false,
            payload_parsed: 0,
            position: 0,
            eof: false,
        }
    }

    /// Adds a request behind those that wait.
    #[inline]
    pub fn request(&mut self, request: Request<P>) {
        self.waiting.push_back(request);
        if self.wants_write() {
            self.join();
        } else {
            self.load();
        }
    }

    /// Number of requests without a complete reply.
    pub fn outstanding(&self) -> usize {
        self.waiting.len()
    }

    /// Bytes to be sent next; empty if there are none.
    #[inline]
    pub fn pending(&self) -> &[u8] {
        match (&self.head, &self.tail) {
            (Some(head), _) => &head[self.head_sent..self.head_len],
            (None, Some((payload, sent))) => &payload.as_ref()[*sent..],
            (None, None) => &[],
        }
    }

    /// Reports that the first `n` bytes of [`pending`](Self::pending) are sent.
    ///
    /// # Panics
    /// If fewer than `n` bytes were pending.
    #[inline]
    pub fn sent(&mut self, n: usize) {
        assert!(
            n <= self.pending().len(),
            "more bytes reported sent than were pending"
        );
        if self.head.is_some() {
            self.head_sent += n;
            if self.head_sent == self.head_len {
                self.head = None;
            }
        } else if let Some((payload, sent)) = &mut self.tail {
            *sent += n;
            if *sent == payload.as_ref().len() {
                self.tail = None;
            }
        }
        self.load();
    }

    /// True if bytes are pending.
    pub const fn wants_write(&self) -> bool {
        self.head.is_some() || self.tail.is_some()
    }

    /// True until the end of file was received.
    pub const fn wants_read(&self) -> bool {
        !self.eof
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
            self.input = None;
            self.parsed = 0;
            self.received = 0;
        }
    }

    /// The next complete reply, in the order of the requests; `None` until more is received.
    ///
    /// # Errors
    /// The reply is wrong, or the server closed the connection before it answered. The conversation is over then.
    #[inline]
    pub fn reply(&mut self) -> Result<Option<Reply>, ReplyError> {
        // The usual case: one reply came alone and was returned already, so no input is left.
        if self.received == 0 && !self.eof {
            return Ok(None);
        }
        self.next_reply()
    }

    fn next_reply(&mut self) -> Result<Option<Reply>, ReplyError> {
        if self.waiting.is_empty() && self.parsed < self.received {
            return Err(ReplyError::Surplus {
                bytes: self.received - self.parsed,
            });
        }
        if !self.waiting.is_empty()
            && (self.in_payload || self.read_header()?)
            && self.read_payload()?
        {
            return Ok(self.finish());
        }
        self.settle();
        match self.waiting.len() {
            requests if self.eof && requests > 0 => Err(ReplyError::Unanswered { requests }),
            _ => Ok(None),
        }
    }

    /// Checks the reply's header; false until all of it has been received.
    fn read_header(&mut self) -> Result<bool, ReplyError> {
        if self.protocol == Protocol::Framed {
            let Some(input) = &self.input else {
                return Ok(false);
            };
            let Some(bytes) = input[self.parsed..self.received].first_chunk::<HEADER>() else {
                return Ok(false);
            };
            let header = Header::decode(bytes, self.position, self.limits)?;
            self.waiting[0].check_header(&header)?;
            self.parsed += HEADER;
            self.position += HEADER as u64;
        }
        self.in_payload = true;
        self.payload_parsed = 0;
        Ok(true)
    }

    /// Checks the received part of the reply's payload; true if the payload is complete.
    fn read_payload(&mut self) -> Result<bool, ReplyError> {
        let size = self.reply_size();
        let n = (self.received - self.parsed).min((size - self.payload_parsed) as usize);
        if let Some(input) = &self.input
            && self.verify
        {
            let received = &input[self.parsed..self.parsed + n];
            self.waiting[0].check_payload(self.payload_parsed as usize, received)?;
        }
        self.parsed += n;
        self.position += n as u64;
        self.payload_parsed += n as u32;
        Ok(self.payload_parsed == size)
    }

    fn reply_size(&self) -> u32 {
        match self.protocol {
            Protocol::Echo | Protocol::Http | Protocol::Line => {
                self.waiting[0].payload.as_ref().len() as u32
            }
            Protocol::Framed => self.waiting[0].reply_size,
        }
    }

    fn finish(&mut self) -> Option<Reply> {
        let request = self.waiting.pop_front()?;
        self.loaded = self.loaded.saturating_sub(1);
        self.in_payload = false;
        self.settle();
        Some(Reply {
            id: request.id,
            bytes: self.payload_parsed,
        })
    }

    /// Moves an incomplete header to the front of the buffer, or gives an empty buffer back.
    #[inline]
    fn settle(&mut self) {
        let left = self.received - self.parsed;
        if left == 0 {
            self.input = None;
        } else if let Some(input) = &mut self.input
            && left < HEADER
        {
            input.copy_within(self.parsed..self.received, 0);
        } else {
            return;
        }
        self.parsed = 0;
        self.received = left;
    }

    /// Adds the newest request to the pending bytes, if it comes next and fits. Requests that are made together then share a
    /// system call, and the server can read them together.
    fn join(&mut self) {
        if self.loaded + 1 != self.waiting.len() || (self.head.is_some() && self.tail.is_some()) {
            return;
        }
        let request = &self.waiting[self.loaded];
        let framed = self.protocol == Protocol::Framed;
        let header = framed.then(|| request.encode_header());
        let header = header.as_ref().map_or(&[][..], |bytes| &bytes[..]);
        let payload = request.payload.as_ref();
        let unsent = match (&self.head, &self.tail) {
            (None, Some((payload, sent))) => payload.as_ref().len() - sent,
            _ => self.head_len,
        };
        if unsent + header.len() + payload.len() > self.limits.high_water {
            return;
        }
        let high_water = self.limits.high_water;
        if self.head.is_none() {
            (self.head_sent, self.head_len) = (0, 0);
        }
        let head = self.head.get_or_insert_with(|| Loan::of(high_water));
        if let Some((first, sent)) = self.tail.take() {
            append(head, &mut self.head_len, &first.as_ref()[sent..]);
        }
        append(head, &mut self.head_len, header);
        append(head, &mut self.head_len, payload);
        self.loaded += 1;
    }

    /// If nothing is pending, copies as many requests into one buffer as fit, so that they share a system call. A
    /// payload that does not fit is sent from its own memory, after its header; so is a single payload without header.
    fn load(&mut self) {
        if self.wants_write() || self.loaded == self.waiting.len() {
            return;
        }
        if self.protocol == Protocol::Echo && self.loaded + 1 == self.waiting.len() {
            self.tail = Some((self.waiting[self.loaded].payload.clone(), 0));
            self.loaded += 1;
            return;
        }
        self.head_sent = 0;
        self.head_len = 0;
        while let Some(request) = self.waiting.get(self.loaded) {
            let payload = request.payload.as_ref();
            let header = match self.protocol {
                Protocol::Echo | Protocol::Http | Protocol::Line => None,
                Protocol::Framed => Some(request.encode_header()),
            };
            let header = header.as_ref().map_or(&[][..], |bytes| &bytes[..]);
            let fits = self.head_len + header.len() + payload.len() <= self.limits.high_water;
            if !fits && self.head_len > 0 {
                break;
            }
            self.loaded += 1;
            if fits || !header.is_empty() {
                let head = self
                    .head
                    .get_or_insert_with(|| Loan::of(self.limits.high_water));
                append(head, &mut self.head_len, header);
                append(head, &mut self.head_len, if fits { payload } else { &[] });
            }
            if !fits {
                self.tail = Some((request.payload.clone(), 0));
                break;
            }
        }
    }
}

fn append(buffer: &mut [u8], len: &mut usize, bytes: &[u8]) {
    buffer[*len..*len + bytes.len()].copy_from_slice(bytes);
    *len += bytes.len();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_that_are_made_together_are_sent_together() {
        for (protocol, bytes) in [(Protocol::Echo, 15), (Protocol::Framed, 3 * (HEADER + 5))] {
            let mut client = ClientSession::new(protocol, Limits::default(), true);
            for id in 0..3 {
                client.request(Request {
                    id,
                    work: None,
                    reply_size: 5,
                    payload: b"hello",
                });
            }
            assert_eq!(client.pending().len(), bytes);
        }
    }
}
