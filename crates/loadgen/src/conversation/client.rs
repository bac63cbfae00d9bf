//! One client without its socket and without a clock: connecting, sending, awaiting, verified.
//!
//! ```text
//!   idle ──dial──▶ connecting ──established──▶ open ──▶ over
//!     ▲                 │                       │
//!     └────────────── lost ◀────────────────────┘
//! ```
//!
//! The engine says what time it is and what the socket did, so that all of this runs in virtual time in tests.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use echo_protocol::ReplyError;

use crate::conversation::manner::Manner;
use crate::conversation::session::Session;
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
    /// In the whole run, and before this conversation.
    asked: u64,
    answered: u64,
    asked_before: u64,
    answered_before: u64,
    record: Record,
}

/// How one client was served in the measured window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Replies that it got.
    pub served: u64,
    /// The longest wait for one of them, from intended.
    pub worst: Duration,
    /// When it was served for the first time, in the whole run.
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
    /// A client that has not connected yet. Its number decides what it asks.
    pub fn new(manner: &'a Manner, number: u64) -> Self {
        Self {
            manner,
            number,
            stage: Stage::Idle,
            session: Session::new(manner),
            waiting: VecDeque::new(),
            asked: 0,
            answered: 0,
            asked_before: 0,
            answered_before: 0,
            record: Record::default(),
        }
    }

    /// Begins to connect.
    pub fn dial(&mut self, now: Instant) {
        self.stage = Stage::Connecting { since: now };
    }

    /// Whether it is connecting.
    pub const fn is_connecting(&self) -> bool {
        matches!(self.stage, Stage::Connecting { .. })
    }

    /// Whether it is connected.
    pub fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    /// The connection is there; returns how long that took.
    pub fn established(&mut self, now: Instant) -> Duration {
        let took = match self.stage {
            Stage::Connecting { since } => now.saturating_duration_since(since),
            Stage::Idle | Stage::Open => Duration::ZERO,
        };
        self.stage = Stage::Open;
        took
    }

    /// The connection is gone, or never came; returns how many requests went with it. The client can dial again.
    pub fn lost(&mut self) -> usize {
        let unanswered = self.waiting.len();
        self.waiting.clear();
        self.session = Session::new(self.manner);
        self.stage = Stage::Idle;
        (self.asked_before, self.answered_before) = (self.asked, self.answered);
        unanswered
    }

    /// Asks the next question, due at `intended`, now.
    #[inline]
    pub fn ask(&mut self, intended: Instant, now: Instant) {
        let question = self.manner.questions.request(self.number, self.asked);
        self.asked += 1;
        self.waiting.push_back(Wait {
            intended,
            sent: now,
        });
        self.session.request(question);
    }

    /// Bytes to be sent next; empty when there are none.
    #[inline]
    pub fn pending(&self) -> &[u8] {
        self.session.pending()
    }

    /// Whether bytes are pending.
    pub const fn wants_write(&self) -> bool {
        self.session.wants_write()
    }

    /// Reports that the first `n` bytes of [`pending`](Self::pending) are sent.
    #[inline]
    pub fn sent(&mut self, n: usize) {
        self.session.sent(n);
    }

    /// Room for input; say what came with [`received`](Self::received) or [`release`](Self::release) it.
    #[inline]
    pub fn spare(&mut self) -> &mut [u8] {
        self.session.spare()
    }

    /// Reports `n` bytes in [`spare`](Self::spare); 0 is end of file. Then ask for [`answer`](Self::answer)s until there is none.
    #[inline]
    pub fn received(&mut self, n: usize) {
        self.session.received(n);
    }

    /// Nothing came.
    pub fn release(&mut self) {
        self.session.release();
    }

    /// The next complete and correct reply, if there is one, at the time `now`.
    ///
    /// # Errors
    /// What came is not what was asked for. The connection is of no use any more.
    #[inline]
    pub fn answer(&mut self, now: Instant) -> Result<Option<Answer>, ReplyError> {
        let Some(position) = self.session.reply()? else {
            return Ok(None);
        };
        let wait = self
            .waiting
            .remove(position)
            .expect("the session answers only what was asked");
        self.answered += 1;
        let response = now.saturating_duration_since(wait.intended);
        self.record.served += 1;
        self.record.worst = self.record.worst.max(response);
        if self.answered == 1 {
            self.record.first_served = Some(now);
        }
        Ok(Some(Answer {
            response,
            service: if wait.sent == wait.intended {
                response
            } else {
                now.saturating_duration_since(wait.sent)
            },
            first: self.answered == 1,
        }))
    }

    /// Gives up the oldest request if it was sent so long ago, and says when it was intended and sent. Only datagrams can be
    /// lost alone.
    pub fn give_up(&mut self, now: Instant, patience: Duration) -> Option<(Instant, Instant)> {
        let oldest = self.waiting.front()?;
        if now.saturating_duration_since(oldest.sent) < patience || !self.session.give_up() {
            return None;
        }
        let lost = self.waiting.pop_front();
        lost.map(|lost| (lost.intended, lost.sent))
    }

    /// What was odd about datagrams since the last time.
    pub fn take_odd(&mut self) -> Datagrams {
        self.session.take_odd()
    }

    /// When the requests without a reply were intended and sent, oldest first.
    pub fn unanswered(&self) -> impl ExactSizeIterator<Item = (Instant, Instant)> {
        self.waiting.iter().map(|wait| (wait.intended, wait.sent))
    }

    /// Requests asked and requests answered in this conversation.
    pub const fn conversation(&self) -> (u64, u64) {
        (
            self.asked - self.asked_before,
            self.answered - self.answered_before,
        )
    }

    /// How it was served.
    pub const fn record(&self) -> Record {
        self.record
    }

    /// The measured window begins: from now on it counts.
    pub const fn begin_window(&mut self) {
        self.record.served = 0;
        self.record.worst = Duration::ZERO;
    }

    /// Its number, which decides what it asks.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Whether it asked something and never got an answer.
    pub const fn is_starved(&self) -> bool {
        self.asked > 0 && self.answered == 0
    }

    /// Whether it was ever served.
    pub const fn was_served(&self) -> bool {
        self.answered > 0
    }
}

#[cfg(test)]
mod tests {
    use echo_protocol::{Limits, Protocol};

    use super::*;
    use crate::request::payload::Questions;
    use crate::request::sizes::Sizes;

    fn manner(protocol: Protocol) -> Manner {
        Manner {
            protocol,
            datagrams: false,
            limits: Limits::default(),
            verify: true,
            questions: Questions::new(1, Sizes::Fixed(64), None, None),
        }
    }

    fn open(manner: &Manner, now: Instant) -> Client<'_> {
        let mut client = Client::new(manner, 0);
        client.dial(now);
        client.established(now);
        client
    }

    /// Sends everything, and returns it.
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
    fn measures_the_connect() {
        let (now, manner) = (Instant::now(), manner(Protocol::Echo));
        let mut client = Client::new(&manner, 0);
        client.dial(now);
        assert!(client.is_connecting());
        let took = Duration::from_millis(3);
        assert_eq!(client.established(now + took), took);
        assert!(client.is_open());
    }

    #[test]
    fn response_counts_from_the_intended_time_and_service_from_the_sent_time() {
        let now = Instant::now();
        let ms = Duration::from_millis;
        for protocol in Protocol::ALL {
            let manner = manner(protocol);
            let mut client = open(&manner, now);
            client.ask(now, now + ms(2));
            let sent = send(&mut client);
            receive(&mut client, &sent[..10]);
            assert_eq!(client.answer(now + ms(4)), Ok(None));
            receive(&mut client, &sent[10..]);
            let answer = Answer {
                response: ms(9),
                service: ms(7),
                first: true,
            };
            assert_eq!(client.answer(now + ms(9)), Ok(Some(answer)));
            assert_eq!(client.answer(now + ms(9)), Ok(None));
        }
    }

    #[test]
    fn a_pipeline_is_answered_in_order() {
        let now = Instant::now();
        let manner = manner(Protocol::Echo);
        let mut client = open(&manner, now);
        for ms in 0..3 {
            client.ask(now + Duration::from_millis(ms), now);
        }
        let sent = send(&mut client);
        assert_eq!(sent.len(), 3 * 64);
        receive(&mut client, &sent);
        let end = now + Duration::from_millis(10);
        for ms in [10, 9, 8] {
            let answer = client.answer(end).unwrap().unwrap();
            assert_eq!(answer.response, Duration::from_millis(ms));
        }
        assert_eq!(client.unanswered().len(), 0);
    }

    #[test]
    fn a_wrong_byte_is_found() {
        let (now, manner) = (Instant::now(), manner(Protocol::Echo));
        let mut client = open(&manner, now);
        client.ask(now, now);
        let mut sent = send(&mut client);
        sent[63] ^= 1;
        receive(&mut client, &sent);
        assert_eq!(client.answer(now).unwrap_err().kind(), "mismatch");
    }

    #[test]
    fn a_lost_connection_loses_its_requests_and_can_be_opened_again() {
        let (now, manner) = (Instant::now(), manner(Protocol::Echo));
        let mut client = open(&manner, now);
        client.ask(now, now);
        client.ask(now, now);
        assert_eq!(client.unanswered().len(), 2);
        assert_eq!(client.lost(), 2);
        assert!(client.is_starved() && !client.is_open());

        client.dial(now);
        client.established(now);
        client.ask(now, now);
        let sent = send(&mut client);
        receive(&mut client, &sent);
        assert!(client.answer(now).unwrap().unwrap().first);
        assert!(!client.is_starved());
    }
}
