//! The client's side of one conversation: requests out, replies in, every byte compared with what was asked for.

use std::collections::VecDeque;

use crate::buffer::Loan;
use crate::frame::{HEADER, Header};
use crate::{Limits, Protocol, ReplyError, Work};

/// What a client asks for. `P` is a cheap handle on the payload (a slice, an `Arc<[u8]>`): the session keeps it until the
/// reply is verified, and copies nothing long.
#[derive(Clone, Debug)]
pub struct Request<P> {
    /// Any number; comes back in the reply. Requests are answered in their order.
    pub id: u64,
    /// What the server is to do first. Ignored by [`Protocol::Echo`].
    pub work: Option<Work>,
    /// Bytes wanted back; [`Protocol::Echo`] always gives as many as were sent.
    pub reply_size: u32,
    /// The bytes to send: at least one for [`Protocol::Echo`], at most [`Limits::max_frame`] for [`Protocol::Framed`].
    pub payload: P,
}

/// A complete and correct reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The request it answers.
    pub id: u64,
    /// Its payload, in bytes.
    pub bytes: u32,
}

/// The client's side of one conversation, without I/O. Its verbs are those of the [crate], and two more:
/// [`request`](Self::request) says what to ask, [`reply`](Self::reply) what was answered.
pub struct ClientSession<P> {
    protocol: Protocol,
    limits: Limits,
    verify: bool,
    /// Requests without a complete reply, oldest first; the first `loaded` of them are on their way.
    waiting: VecDeque<Request<P>>,
    loaded: usize,
    /// Output: first `head[head_sent..head_len]`, then `tail`.
    head: Option<Loan>,
    head_sent: usize,
    head_len: usize,
    tail: Option<(P, usize)>,
    /// Input: `input[parsed..received]`.
    input: Option<Loan>,
    parsed: usize,
    received: usize,
    /// Of the reply to the oldest request: whether its header is read, and how much of its payload.
    in_payload: bool,
    got: u32,
    at: u64,
    eof: bool,
}

impl<P: AsRef<[u8]> + Clone> ClientSession<P> {
    /// A conversation that has not begun. Without `verify`, replies are counted but not compared.
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
            got: 0,
            at: 0,
            eof: false,
        }
    }

    /// Puts a request behind those that wait.
    #[inline]
    pub fn request(&mut self, request: Request<P>) {
        self.waiting.push_back(request);
        self.load();
    }

    /// Requests without a complete reply.
    pub fn outstanding(&self) -> usize {
        self.waiting.len()
    }

    /// Bytes to be sent next; empty when there are none.
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
    /// If `n` is more than was pending.
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

    /// Whether bytes are pending.
    pub const fn wants_write(&self) -> bool {
        self.head.is_some() || self.tail.is_some()
    }

    /// Whether a reply, or the end, is still to come.
    pub const fn wants_read(&self) -> bool {
        !self.eof
    }

    /// Room for input. Say what came with [`received`](Self::received), or [`release`](Self::release) it when nothing did.
    #[inline]
    pub fn spare(&mut self) -> &mut [u8] {
        let len = self.limits.high_water;
        &mut self.input.get_or_insert_with(|| Loan::of(len))[self.received..]
    }

    /// Reports `n` bytes written to the front of [`spare`](Self::spare); 0 is end of file. Afterwards call
    /// [`reply`](Self::reply) until it has nothing more.
    #[inline]
    pub fn received(&mut self, n: usize) {
        assert!(
            n <= self.limits.high_water - self.received,
            "more bytes reported than there was room for"
        );
        self.eof |= n == 0;
        self.received += n;
    }

    /// Gives an untouched buffer back after a read that brought nothing (`EAGAIN`).
    pub fn release(&mut self) {
        if self.parsed == self.received {
            self.input = None;
            self.parsed = 0;
            self.received = 0;
        }
    }

    /// The next reply that is complete, in the order of the requests, or `None` until more is received.
    ///
    /// # Errors
    /// What came is not what was asked for, or the server closed before it answered. The conversation is over then.
    #[inline]
    pub fn reply(&mut self) -> Result<Option<Reply>, ReplyError> {
        // The usual reply came alone and is verified: there is nothing to look at any more.
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

    /// Checks the reply's header; false until all of it is there.
    fn read_header(&mut self) -> Result<bool, ReplyError> {
        if self.protocol == Protocol::Framed {
            let Some(input) = &self.input else {
                return Ok(false);
            };
            let Some(bytes) = input[self.parsed..self.received].first_chunk::<HEADER>() else {
                return Ok(false);
            };
            let header = Header::decode(bytes, self.at, self.limits)?;
            check_header(&header, &self.waiting[0])?;
            self.parsed += HEADER;
            self.at += HEADER as u64;
        }
        self.in_payload = true;
        self.got = 0;
        Ok(true)
    }

    /// Checks what is there of the reply's payload; true when it is complete.
    fn read_payload(&mut self) -> Result<bool, ReplyError> {
        let size = self.reply_size();
        let n = (self.received - self.parsed).min((size - self.got) as usize);
        if let Some(input) = &self.input
            && self.verify
        {
            check_payload(
                &self.waiting[0],
                self.got as usize,
                &input[self.parsed..self.parsed + n],
            )?;
        }
        self.parsed += n;
        self.at += n as u64;
        self.got += n as u32;
        Ok(self.got == size)
    }

    fn reply_size(&self) -> u32 {
        match self.protocol {
            Protocol::Echo => self.waiting[0].payload.as_ref().len() as u32,
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
            bytes: self.got,
        })
    }

    /// Moves an incomplete header to the front, or gives the buffer back.
    #[inline]
    fn settle(&mut self) {
        let rest = self.received - self.parsed;
        if rest == 0 {
            self.input = None;
        } else if let Some(input) = &mut self.input
            && rest < HEADER
        {
            input.copy_within(self.parsed..self.received, 0);
        } else {
            return;
        }
        self.parsed = 0;
        self.received = rest;
    }

    /// With nothing on its way, puts as many requests into one buffer as fit, so that they share a system call.
    /// A payload that does not fit goes out from where it lies, behind its header; so does one that is alone and has none.
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
                Protocol::Echo => None,
                Protocol::Framed => Some(encode_header(request)),
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

pub(crate) fn encode_header<P: AsRef<[u8]>>(request: &Request<P>) -> [u8; HEADER] {
    let payload = request.payload.as_ref().len() as u32;
    Header {
        work: request.work,
        done: false,
        id: request.id,
        reply_size: request.reply_size,
        payload,
    }
    .encode()
}

pub(crate) fn check_header<P>(header: &Header, request: &Request<P>) -> Result<(), ReplyError> {
    let id = request.id;
    if header.id != id {
        Err(ReplyError::WrongId {
            expected: id,
            got: header.id,
        })
    } else if request.work.is_some() && !header.done {
        Err(ReplyError::WorkNotDone { id })
    } else if header.payload != request.reply_size {
        Err(ReplyError::WrongSize {
            id,
            expected: request.reply_size,
            got: header.payload,
        })
    } else {
        Ok(())
    }
}

/// Compares `got`, which starts at byte `at` of the reply, with the payload sent, which zeros continue.
pub(crate) fn check_payload<P: AsRef<[u8]>>(
    request: &Request<P>,
    at: usize,
    got: &[u8],
) -> Result<(), ReplyError> {
    let payload = request.payload.as_ref();
    let sent = &payload[at.min(payload.len())..];
    let (echo, zeros) = got.split_at(sent.len().min(got.len()));
    if echo == &sent[..echo.len()] && zeros.iter().all(|&byte| byte == 0) {
        return Ok(());
    }
    let expected = |i: usize| sent.get(i).copied().unwrap_or(0);
    let i = (0..got.len())
        .find(|&i| got[i] != expected(i))
        .expect("one byte differs, as just seen");
    Err(ReplyError::Mismatch {
        id: request.id,
        at: (at + i) as u64,
        expected: expected(i),
        got: got[i],
    })
}
