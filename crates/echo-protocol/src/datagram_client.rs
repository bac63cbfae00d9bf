//! The client's side of an exchange of datagrams: each request carries its number, so that replies that are lost, late,
//! doubled or out of order are told apart.
//!
//! The number of a frame is its id. The echo protocol has no place for one, so there it is the first eight bytes of the
//! payload, and any server that echoes brings it back.

use std::collections::VecDeque;

use crate::buffer::Loan;
use crate::client::{check_header, check_payload, encode_header};
use crate::frame::{HEADER, Header};
use crate::{Limits, Protocol, ReplyError, Request, longest_datagram};

/// Bytes of a request's number in an echoed payload.
pub const NUMBER: usize = size_of::<u64>();

/// How many requests that were given up are remembered. A reply that is later still counts as a double.
const REMEMBERED: usize = 1024;

/// What a datagram was that came, if it was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The reply to a request that waits.
    Reply {
        /// Which of those that wait, counted from the oldest.
        position: usize,
        /// Whether a later request was answered before: its number is smaller than the largest that came (RFC 4737).
        reordered: bool,
    },
    /// The reply to a request that was given up already.
    Late,
    /// A reply to what was answered already.
    Double,
}

/// The client's side, without I/O and without a clock. The ids of requests must grow.
pub struct DatagramClient<P> {
    protocol: Protocol,
    limits: Limits,
    verify: bool,
    /// Requests without a reply, oldest first; the first `sent` of them are on their way.
    waiting: VecDeque<Request<P>>,
    sent: usize,
    /// The next request, as it is to be sent, and its length.
    out: Option<(Loan, usize)>,
    input: Option<Loan>,
    given_up: VecDeque<u64>,
    /// The largest id that was asked, and the largest that was answered.
    asked: Option<u64>,
    answered: Option<u64>,
}

impl<P: AsRef<[u8]> + Clone> DatagramClient<P> {
    /// Nothing asked yet. Without `verify`, replies are told apart by their numbers but not compared.
    pub fn new(protocol: Protocol, limits: Limits, verify: bool) -> Self {
        Self {
            protocol,
            limits,
            verify,
            waiting: VecDeque::new(),
            sent: 0,
            out: None,
            input: None,
            given_up: VecDeque::new(),
            asked: None,
            answered: None,
        }
    }

    /// Puts a request behind those that wait. An echoed one must have at least [`NUMBER`] bytes.
    pub fn request(&mut self, request: Request<P>) {
        self.asked = Some(request.id);
        self.waiting.push_back(request);
        self.load();
    }

    /// The next datagram to be sent; empty when there is none.
    pub fn pending(&self) -> &[u8] {
        self.out.as_ref().map_or(&[], |(bytes, len)| &bytes[..*len])
    }

    /// Whether a datagram is pending.
    pub const fn wants_write(&self) -> bool {
        self.out.is_some()
    }

    /// Reports that [`pending`](Self::pending) is sent.
    pub fn sent(&mut self) {
        self.sent += usize::from(self.out.take().is_some());
        self.load();
    }

    /// Room for one datagram. Say what came with [`received`](Self::received), or [`release`](Self::release) it.
    pub fn spare(&mut self) -> &mut [u8] {
        let len = self.longest();
        self.input.get_or_insert_with(|| Loan::of(len))
    }

    /// Gives the buffer back after a receive that brought nothing.
    pub fn release(&mut self) {
        self.input = None;
    }

    /// Reports a datagram of `n` bytes in [`spare`](Self::spare), and says what it was.
    ///
    /// # Errors
    /// It is no reply to anything that was asked, or a wrong one. The request that it may have been meant for goes on waiting.
    pub fn received(&mut self, n: usize) -> Result<Arrival, ReplyError> {
        let Some(input) = self.input.take() else {
            return Ok(Arrival::Double); // nobody has made room, so nothing has come
        };
        let bytes = &input[..n];
        let (id, header) = self.number(bytes)?;
        match self.waiting.binary_search_by_key(&id, |request| request.id) {
            Ok(position) if position < self.sent => {
                if self.verify {
                    compare(&self.waiting[position], header.as_ref(), bytes)?;
                }
                Ok(self.answer(position))
            }
            _ => self.without_request(id),
        }
    }

    /// Gives up the oldest request, sent or not: a reply to it is late from now on. False if none waits.
    pub fn give_up(&mut self) -> bool {
        let Some(request) = self.waiting.pop_front() else {
            return false;
        };
        if self.sent == 0 {
            self.out = None;
            self.load();
        }
        self.sent = self.sent.saturating_sub(1);
        if self.given_up.len() == REMEMBERED {
            self.given_up.pop_front();
        }
        self.given_up.push_back(request.id);
        true
    }

    /// Requests without a reply that are on their way.
    pub const fn on_their_way(&self) -> usize {
        self.sent
    }

    fn longest(&self) -> usize {
        longest_datagram(self.protocol, self.limits)
    }

    /// Which request a datagram says that it answers.
    fn number(&self, bytes: &[u8]) -> Result<(u64, Option<Header>), ReplyError> {
        let surplus = ReplyError::Surplus { bytes: bytes.len() };
        match self.protocol {
            Protocol::Echo => {
                let number = bytes.first_chunk::<NUMBER>().ok_or(surplus)?;
                Ok((u64::from_be_bytes(*number), None))
            }
            Protocol::Framed => {
                let header = bytes.first_chunk::<HEADER>().ok_or(surplus)?;
                let header = Header::decode(header, 0, self.limits)?;
                Ok((header.id, Some(header)))
            }
        }
    }

    fn answer(&mut self, position: usize) -> Arrival {
        let request = self.waiting.remove(position);
        self.sent -= 1;
        let id = request.map_or(0, |request| request.id);
        let reordered = self.answered > Some(id);
        self.answered = self.answered.max(Some(id));
        Arrival::Reply {
            position,
            reordered,
        }
    }

    /// A reply to nothing that waits.
    fn without_request(&mut self, id: u64) -> Result<Arrival, ReplyError> {
        if let Some(at) = self.given_up.iter().position(|&given_up| given_up == id) {
            self.given_up.remove(at);
            return Ok(Arrival::Late);
        }
        let asked = self.asked.unwrap_or(0);
        // All ids of one client have the same upper half: another one belongs to somebody else.
        let expected = self.waiting.front().map_or(asked, |request| request.id);
        if id > asked || id >> 32 != asked >> 32 || self.asked.is_none() {
            return Err(ReplyError::WrongId { expected, got: id });
        }
        Ok(Arrival::Double)
    }

    /// Writes the next request as it is to be sent.
    fn load(&mut self) {
        if self.out.is_some() {
            return;
        }
        let Some(request) = self.waiting.get(self.sent) else {
            return;
        };
        let payload = request.payload.as_ref();
        let mut bytes = Loan::of(self.longest());
        let len = match self.protocol {
            Protocol::Echo => {
                bytes[..payload.len()].copy_from_slice(payload);
                bytes[..NUMBER].copy_from_slice(&request.id.to_be_bytes());
                payload.len()
            }
            Protocol::Framed => {
                bytes[..HEADER].copy_from_slice(&encode_header(request));
                bytes[HEADER..HEADER + payload.len()].copy_from_slice(payload);
                HEADER + payload.len()
            }
        };
        self.out = Some((bytes, len));
    }
}

/// Compares a reply with what was asked for.
fn compare<P: AsRef<[u8]>>(
    request: &Request<P>,
    header: Option<&Header>,
    bytes: &[u8],
) -> Result<(), ReplyError> {
    let (begin, expected) = match header {
        Some(header) => {
            check_header(header, request)?;
            (HEADER, request.reply_size as usize)
        }
        None => (0, request.payload.as_ref().len()),
    };
    let payload = &bytes[begin..];
    if payload.len() != expected {
        return Err(ReplyError::WrongSize {
            id: request.id,
            expected: expected as u32,
            got: payload.len() as u32,
        });
    }
    // The number, which stands where the payload's first bytes were, is right: it has found the request.
    let at = if header.is_some() { 0 } else { NUMBER };
    check_payload(request, at, &payload[at..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer;

    const OURS: u64 = 3 << 32;

    /// A client that has asked, and sent, so many requests of 16 bytes, and what it sent.
    fn asked(protocol: Protocol, requests: u64) -> (DatagramClient<Vec<u8>>, Vec<Vec<u8>>) {
        let mut client = DatagramClient::new(protocol, Limits::default(), true);
        for number in 0..requests {
            client.request(Request {
                id: OURS + number,
                work: None,
                reply_size: 16,
                payload: vec![number as u8; 16],
            });
        }
        let mut sent = Vec::new();
        while client.wants_write() {
            sent.push(client.pending().to_vec());
            client.sent();
        }
        (client, sent)
    }

    fn receive(client: &mut DatagramClient<Vec<u8>>, bytes: &[u8]) -> Result<Arrival, ReplyError> {
        client.spare()[..bytes.len()].copy_from_slice(bytes);
        client.received(bytes.len())
    }

    fn reply(position: usize, reordered: bool) -> Arrival {
        Arrival::Reply {
            position,
            reordered,
        }
    }

    #[test]
    fn it_understands_the_answers_of_the_server() {
        for protocol in Protocol::ALL {
            let (mut client, sent) = asked(protocol, 3);
            for mut request in sent {
                let len = request.len();
                let answer = answer(protocol, Limits::default(), &mut request, len).unwrap();
                let arrival = receive(&mut client, &request[..answer.bytes]);
                assert_eq!(arrival, Ok(reply(0, false)), "{protocol}");
            }
            assert_eq!(client.on_their_way(), 0);
        }
    }

    #[test]
    fn a_reply_behind_a_later_one_is_reordered() {
        let (mut client, sent) = asked(Protocol::Echo, 3);
        assert_eq!(receive(&mut client, &sent[1]), Ok(reply(1, false)));
        assert_eq!(receive(&mut client, &sent[0]), Ok(reply(0, true)));
        assert_eq!(receive(&mut client, &sent[2]), Ok(reply(0, false)));
    }

    #[test]
    fn a_second_reply_is_a_double_and_one_that_was_given_up_is_late_once() {
        let (mut client, sent) = asked(Protocol::Framed, 2);
        assert_eq!(receive(&mut client, &sent[1]), Ok(reply(1, false)));
        assert_eq!(receive(&mut client, &sent[1]), Ok(Arrival::Double));
        assert!(client.give_up());
        assert!(!client.give_up(), "nothing waits any more");
        assert_eq!(receive(&mut client, &sent[0]), Ok(Arrival::Late));
        assert_eq!(receive(&mut client, &sent[0]), Ok(Arrival::Double));
    }

    #[test]
    fn a_wrong_reply_is_an_error_and_the_request_goes_on_waiting() {
        for protocol in Protocol::ALL {
            let (mut client, sent) = asked(protocol, 1);
            let mut wrong = sent[0].clone();
            *wrong.last_mut().unwrap() ^= 1;
            let error = receive(&mut client, &wrong).unwrap_err();
            assert_eq!(error.kind(), "mismatch");
            let short = &sent[0][..sent[0].len() - 1];
            assert_eq!(
                receive(&mut client, short).unwrap_err().kind(),
                "wrong-size"
            );
            assert_eq!(receive(&mut client, b"xy").unwrap_err().kind(), "surplus");
            assert_eq!(receive(&mut client, &sent[0]), Ok(reply(0, false)));
        }
    }

    #[test]
    fn a_reply_to_somebody_else_is_no_double() {
        for protocol in Protocol::ALL {
            let (mut client, sent) = asked(protocol, 1);
            let number = if protocol == Protocol::Echo { 0 } else { 8 };
            for other in [OURS + 1, 2 << 32, 9 << 32] {
                let mut reply = sent[0].clone();
                reply[number..number + NUMBER].copy_from_slice(&other.to_be_bytes());
                assert_eq!(receive(&mut client, &reply).unwrap_err().kind(), "wrong-id");
            }
        }
    }

    #[test]
    fn a_request_that_was_never_sent_can_be_given_up() {
        let (mut client, sent) = asked(Protocol::Echo, 1);
        assert_eq!(receive(&mut client, &sent[0]), Ok(reply(0, false)));
        for number in 1..=2 {
            client.request(Request {
                id: OURS + number,
                work: None,
                reply_size: 16,
                payload: vec![9; 16],
            });
        }
        assert!(client.give_up());
        assert_eq!(client.pending()[..NUMBER], (OURS + 2).to_be_bytes());
        client.sent();
        assert_eq!(client.on_their_way(), 1);
    }

    #[test]
    fn what_is_remembered_of_lost_requests_is_bounded() {
        let (mut client, sent) = asked(Protocol::Echo, REMEMBERED as u64 + 1);
        while client.give_up() {}
        assert_eq!(client.given_up.len(), REMEMBERED);
        assert_eq!(receive(&mut client, &sent[0]), Ok(Arrival::Double));
        assert_eq!(receive(&mut client, &sent[1]), Ok(Arrival::Late));
    }
}
