//! The state machine of one client, without a socket and without a clock.
//!
//! ```text
//!   idle ──connect──▶ connecting ──established──▶ open
//!     ▲                   │                        │
//!     └───────────── disconnected ◀────────────────┘
//! ```
//!
//! The engine passes in the time and what the socket did. Tests therefore run whole conversations in virtual time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::conversation::halt::Halt;
use crate::conversation::manner::Manner;
use crate::conversation::session::{Session, Stop};
use crate::notes::answer::Answer;
use crate::outcome::datagrams::Datagrams;

/// The state of one client.
pub struct Client<'a> {
    manner: &'a Manner,
    number: u64,
    stage: Stage,
    session: Session<'a>,
    /// Requests without a complete reply, oldest first.
    waiting: VecDeque<Wait>,
    /// Requests and replies in the whole run, and before this conversation.
    requests: u64,
    replies: u64,
    requests_before: u64,
    replies_before: u64,
    /// Complete and wrong replies in the whole run, and before this conversation.
    refused: u64,
    refused_before: u64,
    record: ServiceRecord,
}

/// How one client was served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServiceRecord {
    /// Its replies in the measured window.
    pub served: u64,
    /// The longest response time of these replies.
    pub worst: Duration,
    /// When it got its first reply in the whole run.
    pub first_served: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Idle,
    Connecting { since: Instant },
    Open,
}

struct Wait {
    intended: Instant,
    sent: Instant,
}

impl<'a> Client<'a> {
    /// Creates a client that is not connected. Its number determines its requests.
    pub fn new(manner: &'a Manner, number: u64) -> Self {
        Self {
            manner,
            number,
            stage: Stage::Idle,
            session: Session::new(manner),
            waiting: VecDeque::new(),
            requests: 0,
            replies: 0,
            requests_before: 0,
            replies_before: 0,
            refused: 0,
            refused_before: 0,
            record: ServiceRecord::default(),
        }
    }

    /// Starts to connect.
    pub fn connect(&mut self, now: Instant) {
        self.stage = Stage::Connecting { since: now };
    }

    /// True while it is connecting.
    pub const fn is_connecting(&self) -> bool {
        matches!(self.stage, Stage::Connecting { .. })
    }

    /// True while it is connected.
    pub fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    /// The connection is established. Returns the connect time.
    pub fn established(&mut self, now: Instant) -> Duration {
        let took = match self.stage {
            Stage::Connecting { since } => now.saturating_duration_since(since),
            Stage::Idle | Stage::Open => Duration::ZERO,
        };
        self.stage = Stage::Open;
        took
    }

    /// The connection is lost, or was never established. Returns the number of requests lost with it. The client can connect
    /// again.
    pub fn disconnected(&mut self) -> usize {
        let unanswered = self.waiting.len();
        self.waiting.clear();
        self.session = Session::new(self.manner);
        self.stage = Stage::Idle;
        (self.requests_before, self.replies_before) = (self.requests, self.replies);
        self.refused_before = self.refused;
        unanswered
    }

    /// Sends the next request now. It was due at `intended`.
    #[inline]
    pub fn send_request(&mut self, intended: Instant, now: Instant) {
        let request = self.manner.requests.request(self.number, self.requests);
        self.requests += 1;
        self.waiting.push_back(Wait {
            intended,
            sent: now,
        });
        self.session.request(request);
    }

    /// The bytes to send next; empty if there are none.
    #[inline]
    pub fn pending(&self) -> &[u8] {
        self.session.pending()
    }

    /// True if bytes are pending.
    pub const fn wants_write(&self) -> bool {
        self.session.wants_write()
    }

    /// Reports that the first `n` bytes of [`pending`](Self::pending) were sent.
    #[inline]
    pub fn sent(&mut self, n: usize) {
        self.session.sent(n);
    }

    /// The buffer for input. Afterwards call [`received`](Self::received) or [`release`](Self::release).
    #[inline]
    pub fn spare(&mut self) -> &mut [u8] {
        self.session.spare()
    }

    /// Reports `n` bytes in [`spare`](Self::spare); 0 is end of file. Then call [`next_reply`](Self::next_reply) until it
    /// returns `None`.
    #[inline]
    pub fn received(&mut self, n: usize) {
        self.session.received(n);
    }

    /// Reports that no input came.
    pub fn release(&mut self) {
        self.session.release();
    }

    /// Returns the next complete and correct reply.
    ///
    /// # Errors
    /// The input is not the expected reply, or no more replies come on this connection.
    #[inline]
    pub fn next_reply(&mut self, now: Instant) -> Result<Option<Answer>, Halt> {
        let position = match self.session.reply() {
            Ok(Some(position)) => position,
            Ok(None) => return Ok(None),
            Err(stop) => return Err(self.halt(stop)),
        };
        let wait = self
            .waiting
            .remove(position)
            .expect("the session answers only what was asked");
        self.replies += 1;
        let response = now.saturating_duration_since(wait.intended);
        self.record.served += 1;
        self.record.worst = self.record.worst.max(response);
        if self.replies == 1 {
            self.record.first_served = Some(now);
        }
        Ok(Some(Answer {
            response,
            service: if wait.sent == wait.intended {
                response
            } else {
                now.saturating_duration_since(wait.sent)
            },
            first: self.replies == 1,
        }))
    }

    /// What a wrong reply, or the end of a connection, means for this client.
    #[cold]
    fn halt(&mut self, stop: Stop) -> Halt {
        match stop {
            Stop::Over => Halt::Over,
            Stop::Wrong(error) if error.is_complete() => {
                self.refused += 1;
                let wait = self.waiting.pop_front();
                let wait = wait.expect("the session answers only what was asked");
                let intended = wait.intended;
                Halt::Refused { error, intended }
            }
            Stop::Wrong(error) => Halt::Wrong(error),
        }
    }

    /// Gives up the oldest request if it was sent at least `timeout` ago. Returns its intended time and its sending time.
    /// Only a datagram can be lost on its own.
    pub fn give_up(&mut self, now: Instant, timeout: Duration) -> Option<(Instant, Instant)> {
        let oldest = self.waiting.front()?;
        if now.saturating_duration_since(oldest.sent) < timeout || !self.session.give_up() {
            return None;
        }
        let lost = self.waiting.pop_front();
        lost.map(|lost| (lost.intended, lost.sent))
    }

    /// Returns and resets the counts of late, duplicated and reordered datagrams.
    pub fn take_datagram_counts(&mut self) -> Datagrams {
        self.session.take_datagram_counts()
    }

    /// Intended time and sending time of the requests without a reply, oldest first.
    pub fn unanswered(&self) -> impl ExactSizeIterator<Item = (Instant, Instant)> {
        self.waiting.iter().map(|wait| (wait.intended, wait.sent))
    }

    /// Number of requests and of complete replies in this conversation.
    pub const fn conversation(&self) -> (u64, u64) {
        (
            self.requests - self.requests_before,
            (self.replies - self.replies_before) + (self.refused - self.refused_before),
        )
    }

    /// How this client was served.
    pub const fn record(&self) -> ServiceRecord {
        self.record
    }

    /// Starts the measured window.
    pub const fn begin_window(&mut self) {
        self.record.served = 0;
        self.record.worst = Duration::ZERO;
    }

    /// Its number, which determines its requests.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// True if it sent a request and never got a reply.
    pub const fn is_starved(&self) -> bool {
        self.requests > 0 && self.replies == 0
    }

    /// True if it ever got a reply.
    pub const fn was_served(&self) -> bool {
        self.replies > 0
    }
}

#[cfg(test)]
mod tests {
    use echo_protocol::{Limits, Protocol};

    use super::*;
    use crate::request::payload::RequestSource;
    use crate::request::sizes::Sizes;

    fn manner(protocol: Protocol) -> Manner {
        Manner {
            protocol,
            datagrams: false,
            limits: Limits::default(),
            verify: true,
            http: None,
            requests: RequestSource::new(1, Sizes::Fixed(64), None, None),
        }
    }

    fn open(manner: &Manner, now: Instant) -> Client<'_> {
        let mut client = Client::new(manner, 0);
        client.connect(now);
        client.established(now);
        client
    }

    /// Sends everything and returns it.
    fn send(client: &mut Client) -> Vec<u8> {
        let mut sent = Vec::new();
        while !client.pending().is_empty() {
            sent.extend_from_slice(client.pending());
            client.sent(client.pending().len());
        }
        sent
    }

    fn receive(client: &mut Client, bytes: &[u8]) {
        client.spare()[..bytes.len()].copy_from_slice(bytes);
        client.received(bytes.len());
    }

    #[test]
    fn the_connect_time_is_measured() {
        let (now, manner) = (Instant::now(), manner(Protocol::Echo));
        let mut client = Client::new(&manner, 0);
        client.connect(now);
        assert!(client.is_connecting());
        let took = Duration::from_millis(3);
        assert_eq!(client.established(now + took), took);
        assert!(client.is_open());
    }

    #[test]
    fn response_counts_from_the_intended_time_and_service_from_the_sent_time() {
        let now = Instant::now();
        let ms = Duration::from_millis;
        for protocol in Protocol::ECHOES {
            let manner = manner(protocol);
            let mut client = open(&manner, now);
            client.send_request(now, now + ms(2));
            let sent = send(&mut client);
            receive(&mut client, &sent[..10]);
            assert_eq!(client.next_reply(now + ms(4)), Ok(None));
            receive(&mut client, &sent[10..]);
            let answer = Answer {
                response: ms(9),
                service: ms(7),
                first: true,
            };
            assert_eq!(client.next_reply(now + ms(9)), Ok(Some(answer)));
            assert_eq!(client.next_reply(now + ms(9)), Ok(None));
        }
    }

    #[test]
    fn a_pipeline_is_answered_in_order() {
        let now = Instant::now();
        let manner = manner(Protocol::Echo);
        let mut client = open(&manner, now);
        for ms in 0..3 {
            client.send_request(now + Duration::from_millis(ms), now);
        }
        let sent = send(&mut client);
        assert_eq!(sent.len(), 3 * 64);
        receive(&mut client, &sent);
        let end = now + Duration::from_millis(10);
        for ms in [10, 9, 8] {
            let answer = client.next_reply(end).unwrap().unwrap();
            assert_eq!(answer.response, Duration::from_millis(ms));
        }
        assert_eq!(client.unanswered().len(), 0);
    }

    #[test]
    fn a_wrong_byte_is_a_mismatch() {
        let (now, manner) = (Instant::now(), manner(Protocol::Echo));
        let mut client = open(&manner, now);
        client.send_request(now, now);
        let mut sent = send(&mut client);
        sent[63] ^= 1;
        receive(&mut client, &sent);
        let Err(Halt::Wrong(error)) = client.next_reply(now) else {
            panic!("the byte is wrong");
        };
        assert_eq!(error.kind(), "mismatch");
    }

    #[test]
    fn a_lost_connection_loses_its_requests_and_can_be_opened_again() {
        let (now, manner) = (Instant::now(), manner(Protocol::Echo));
        let mut client = open(&manner, now);
        client.send_request(now, now);
        client.send_request(now, now);
        assert_eq!(client.unanswered().len(), 2);
        assert_eq!(client.disconnected(), 2);
        assert!(client.is_starved() && !client.is_open());

        client.connect(now);
        client.established(now);
        client.send_request(now, now);
        let sent = send(&mut client);
        receive(&mut client, &sent);
        assert!(client.next_reply(now).unwrap().unwrap().first);
        assert!(!client.is_starved());
    }
}
