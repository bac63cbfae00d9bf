//! The client's side of an exchange of datagrams: each request carries a number, so that the client recognizes replies
//! that are lost, late, duplicated or out of order.
//!
//! The number of a frame is its id. The echo protocol has no field for it, so the first eight bytes of the payload are
//! the number; any server that echoes returns them.

use std::collections::VecDeque;

use crate::buffer::Loan;
use crate::datagram::longest_datagram;
use crate::error::ReplyError;
use crate::frame::{HEADER, Header};
use crate::limits::Limits;
use crate::protocol::Protocol;
use crate::request::Request;

/// Length of a request's number in an echoed payload, in bytes.
pub const NUMBER: usize = size_of::<u64>();

/// Number of abandoned requests that a client remembers. A reply to an earlier one counts as a duplicate.
const REMEMBERED: usize = 1024;

/// The kind of a correct datagram that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// The reply to a request that is waiting for it.
    Reply {
        /// Index of the request among those that wait, from the oldest.
        position: usize,
        /// True if a later request was answered earlier: the number is smaller than the largest one received (RFC
        /// 4737).
        reordered: bool,
    },
    /// The reply to a request that the client has given up.
    Late,
    /// One more reply to a request that was already answered.
    Double,
}

/// The client's side of an exchange of datagrams, without I/O and without a clock. The ids of requests must increase.
pub struct DatagramClient<P> {
    protocol: Protocol,
    limits: Limits,
    verify: bool,
    /// Requests without a reply, oldest first. The first `sent` of them are sent.
    waiting: VecDeque<Request<P>>,
    sent: usize,
    /// The encoded next request, and its length.
    out: Option<(Loan, usize)>,
    input: Option<Loan>,
    given_up: VecDeque<u64>,
    /// The largest id of a request, and the largest id of a reply.
    asked: Option<u64>,
    answered: Option<u64>,
}

impl<P: AsRef<[u8]> + Clone> DatagramClient<P> {
    /// A client without requests. Without `verify`, it checks the numbers of replies, but not their payloads.
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

    /// Adds a request behind those that wait. With [`Protocol::Echo`] its payload must have at least [`NUMBER`] bytes.
    pub fn request(&mut self, request: Request<P>) {
        self.asked = Some(request.id);
        self.waiting.push_back(request);
        self.load();
    }

    /// The next datagram to be sent; empty if there is none.
    pub fn pending(&self) -> &[u8] {
        self.out.as_ref().map_or(&[], |(bytes, len)| &bytes[..*len])
    }

    /// True if a datagram is pending.
    pub const fn wants_write(&self) -> bool {
        self.out.is_some()
    }

    /// Reports that [`pending`](Self::pending) is sent.
    pub fn sent(&mut self) {
        self.sent += usize::from(self.out.take().is_some());
        self.load();
    }

    /// Room for one datagram. Report the result with [`received`](Self::received), or with [`release`](Self::release)
    /// if nothing was received.
    pub fn spare(&mut self) -> &mut [u8] {
        let len = self.longest();
        self.input.get_or_insert_with(|| Loan::of(len))
    }

    /// Gives the buffer back after a receive that returned nothing.
    pub fn release(&mut self) {
        self.input = None;
    }

    /// Reports a datagram of `n` bytes in [`spare`](Self::spare), and returns its kind.
    ///
    /// # Errors
    /// The datagram is not a reply to any request, or it is a wrong reply. No request stops waiting because of it.
    pub fn received(&mut self, n: usize) -> Result<Arrival, ReplyError> {
        let Some(input) = self.input.take() else {
            return Ok(Arrival::Double); // the caller did not ask for room, so it cannot have received anything
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

    /// Gives up the oldest request, sent or not: a reply to it is late from now on. False if no request waits.
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

    /// Number of requests that are sent and have no reply.
    pub const fn on_their_way(&self) -> usize {
        self.sent
    }

    fn longest(&self) -> usize {
        longest_datagram(self.protocol, self.limits)
    }

    /// The number of the request that a datagram answers, and its header if it is a frame.
    fn number(&self, bytes: &[u8]) -> Result<(u64, Option<Header>), ReplyError> {
        let surplus = ReplyError::Surplus { bytes: bytes.len() };
        match self.protocol {
            Protocol::Echo | Protocol::Http | Protocol::Line => {
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

    /// Handles a reply to a request that is not waiting.
    fn without_request(&mut self, id: u64) -> Result<Arrival, ReplyError> {
        if let Some(at) = self.given_up.iter().position(|&given_up| given_up == id) {
            self.given_up.remove(at);
            return Ok(Arrival::Late);
        }
        let asked = self.asked.unwrap_or(0);
        // All ids of one client have the same upper half: an id with another half belongs to another client.
        let expected = self.waiting.front().map_or(asked, |request| request.id);
        if id > asked || id >> 32 != asked >> 32 || self.asked.is_none() {
            return Err(ReplyError::WrongId { expected, got: id });
        }
        Ok(Arrival::Double)
    }

    /// Encodes the next request.
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
            Protocol::Echo | Protocol::Http | Protocol::Line => {
                bytes[..payload.len()].copy_from_slice(payload);
                bytes[..NUMBER].copy_from_slice(&request.id.to_be_bytes());
                payload.len()
            }
            Protocol::Framed => {
                bytes[..HEADER].copy_from_slice(&request.encode_header());
                bytes[HEADER..HEADER + payload.len()].copy_from_slice(payload);
                HEADER + payload.len()
            }
        };
        self.out = Some((bytes, len));
    }
}

/// Compares a reply with its request.
fn compare<P: AsRef<[u8]>>(
    request: &Request<P>,
    header: Option<&Header>,
    bytes: &[u8],
) -> Result<(), ReplyError> {
    let (begin, expected) = match header {
        Some(header) => {
            request.check_header(header)?;
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
    // In an echo the number replaces the first bytes of the payload. It is correct, because it led to the request.
    let at = if header.is_some() { 0 } else { NUMBER };
    request.check_payload(at, &payload[at..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datagram::answer;

    /// The upper half of this client's ids.
    const OURS: u64 = 3 << 32;

    /// A client that has sent `requests` requests of 16 bytes, and the datagrams that it sent.
    fn client_with(protocol: Protocol, requests: u64) -> (DatagramClient<Vec<u8>>, Vec<Vec<u8>>) {
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
    fn a_client_understands_the_replies_of_a_server() {
        for protocol in Protocol::ECHOES {
            let (mut client, sent) = client_with(protocol, 3);
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
    fn a_reply_after_the_reply_to_a_later_request_is_reordered() {
        let (mut client, sent) = client_with(Protocol::Echo, 3);
        assert_eq!(receive(&mut client, &sent[1]), Ok(reply(1, false)));
        assert_eq!(receive(&mut client, &sent[0]), Ok(reply(0, true)));
        assert_eq!(receive(&mut client, &sent[2]), Ok(reply(0, false)));
    }

    #[test]
    fn a_second_reply_is_a_duplicate_and_a_reply_to_an_abandoned_request_is_late_once() {
        let (mut client, sent) = client_with(Protocol::Framed, 2);
        assert_eq!(receive(&mut client, &sent[1]), Ok(reply(1, false)));
        assert_eq!(receive(&mut client, &sent[1]), Ok(Arrival::Double));
        assert!(client.give_up());
        assert!(!client.give_up(), "no request is waiting");
        assert_eq!(receive(&mut client, &sent[0]), Ok(Arrival::Late));
        assert_eq!(receive(&mut client, &sent[0]), Ok(Arrival::Double));
    }

    #[test]
    fn a_wrong_reply_is_an_error_and_its_request_continues_to_wait() {
        for protocol in Protocol::ECHOES {
            let (mut client, sent) = client_with(protocol, 1);
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
    fn a_reply_to_another_client_is_an_error() {
        for protocol in Protocol::ECHOES {
            let (mut client, sent) = client_with(protocol, 1);
            let number = if protocol == Protocol::Echo { 0 } else { 8 };
            for other in [OURS + 1, 2 << 32, 9 << 32] {
                let mut reply = sent[0].clone();
                reply[number..number + NUMBER].copy_from_slice(&other.to_be_bytes());
                assert_eq!(receive(&mut client, &reply).unwrap_err().kind(), "wrong-id");
            }
        }
    }

    #[test]
    fn a_request_that_was_not_sent_can_be_given_up() {
        let (mut client, sent) = client_with(Protocol::Echo, 1);
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
    fn the_number_of_remembered_requests_is_bounded() {
        let (mut client, sent) = client_with(Protocol::Echo, REMEMBERED as u64 + 1);
        while client.give_up() {}
        assert_eq!(client.given_up.len(), REMEMBERED);
        assert_eq!(receive(&mut client, &sent[0]), Ok(Arrival::Double));
        assert_eq!(receive(&mut client, &sent[1]), Ok(Arrival::Late));
    }
}
