//! What one worker notes down about one class of clients; the notes of all workers are merged at the end.

use std::collections::BTreeMap;
use std::time::Duration;

use echo_protocol::ReplyError;

use crate::notes::answer::Answer;
use crate::notes::waits::{Times, Waits};
use crate::outcome::connections::Connections;
use crate::outcome::datagrams::Datagrams;
use crate::outcome::over_time::Moment;

/// The notes of one worker about one class of clients.
#[derive(Default)]
pub struct Recorder {
    /// From intended to answered, and from sent to answered.
    pub times: Times,
    /// From dialled to established.
    pub connect: Waits,
    /// From due to seen to by the generator.
    pub lag: Waits,
    /// Counts since the measured window began.
    pub window: Window,
    /// What became of the connections.
    pub connections: Connections,
    /// What went wrong, by kind.
    pub errors: BTreeMap<String, u64>,
    /// Wrong replies.
    pub mismatched: u64,
    /// The first wrong reply, in words.
    pub first_mismatch: Option<String>,
    /// Requests lost with their connection.
    pub lost: u64,
    requests: u64,
    served: u64,
    open: u64,
    wrong: u64,
}

/// Counts since the measured window began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Requests intended; in a closed loop those that were asked.
    pub offered: u64,
    /// Requests answered.
    pub requests: u64,
    /// Requests lost with their connection.
    pub lost: u64,
    /// What became of datagrams that went another way than there and back.
    pub datagrams: Datagrams,
    /// Bytes handed to the kernel.
    pub bytes_sent: u64,
    /// Bytes received.
    pub bytes_received: u64,
    /// `send` calls.
    pub sends: u64,
    /// `recv` calls.
    pub receives: u64,
}

impl Recorder {
    /// Empty notes.
    pub fn new() -> Self {
        Self::default()
    }

    /// A reply came; returns the response time in nanoseconds.
    #[inline]
    pub fn answered(&mut self, answer: &Answer) -> u64 {
        self.window.requests += 1;
        self.requests += 1;
        self.served += u64::from(answer.first);
        let response = nanos(answer.response);
        self.times.answered(response, nanos(answer.service));
        response
    }

    /// A connection was established after so long.
    pub fn established(&mut self, took: Duration) {
        self.connections.established += 1;
        self.open += 1;
        self.connect.record(nanos(took));
    }

    /// The generator saw to a request so long after it was due.
    pub fn late(&mut self, lag: Duration) {
        self.lag.record(nanos(lag));
    }

    /// At the end of the run so many requests had waited *at least* so long for their replies. Those that were sent have
    /// a service time as well.
    pub fn censored(&mut self, response: Duration, service: Option<Duration>, requests: u64) {
        self.times
            .censored(nanos(response), service.map(nanos), requests);
    }

    /// A datagram's reply did not come as long as anybody waited for it.
    pub fn overdue(&mut self, response: Duration, service: Duration) {
        self.window.datagrams.lost += 1;
        self.censored(response, Some(service), 1);
        self.error("lost");
    }

    /// A client left as it wanted to.
    pub const fn left(&mut self) {
        self.open -= 1;
    }

    /// An established connection is gone, and with it so many requests.
    pub fn gone(&mut self, requests: usize) {
        self.open -= 1;
        self.lost += requests as u64;
        self.window.lost += requests as u64;
    }

    /// Something went wrong.
    pub fn error(&mut self, kind: &str) {
        self.wrong += 1;
        match self.errors.get_mut(kind) {
            Some(count) => *count += 1,
            None => {
                self.errors.insert(kind.to_owned(), 1);
            }
        }
    }

    /// A reply was wrong, or the server closed before it came.
    pub fn reply_error(&mut self, error: &ReplyError) {
        self.error(error.kind());
        if matches!(error, ReplyError::Unanswered { .. }) {
            self.connections.closed += 1;
        } else {
            self.mismatched += 1;
            self.first_mismatch.get_or_insert_with(|| error.to_string());
        }
    }

    /// Forgets what was recorded during warm-up: from now on it counts.
    pub fn begin_window(&mut self) {
        self.times.reset();
        self.lag.reset();
        self.window = Window::default();
    }

    /// How things stand.
    pub const fn now(&self) -> Moment {
        Moment {
            at_s: 0.0,
            requests: self.requests,
            attempted: self.connections.attempted,
            established: self.connections.established,
            refused: self.connections.refused,
            timed_out: self.connections.timed_out,
            reset: self.connections.reset,
            served: self.served,
            open: self.open,
            busy: 0,
            queued: 0,
            errors: self.wrong,
        }
    }

    /// Adds the notes of another worker.
    pub fn merge(&mut self, other: Self) {
        self.times.merge(&other.times);
        self.connect.merge(&other.connect);
        self.lag.merge(&other.lag);
        self.window.add(&other.window);
        self.connections.add(&other.connections);
        for (kind, count) in other.errors {
            *self.errors.entry(kind).or_default() += count;
        }
        self.mismatched += other.mismatched;
        self.first_mismatch = self.first_mismatch.take().or(other.first_mismatch);
        self.lost += other.lost;
        self.requests += other.requests;
        self.served += other.served;
        self.open += other.open;
        self.wrong += other.wrong;
    }
}

impl Window {
    /// Adds the counts of others.
    pub(crate) const fn add(&mut self, other: &Self) {
        self.offered += other.offered;
        self.requests += other.requests;
        self.lost += other.lost;
        self.datagrams.add(&other.datagrams);
        self.bytes_sent += other.bytes_sent;
        self.bytes_received += other.bytes_received;
        self.sends += other.sends;
        self.receives += other.receives;
    }
}

/// Nanoseconds of a time that is shorter than 584 years.
pub const fn nanos(time: Duration) -> u64 {
    time.as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notes::waits::LONGEST;

    fn answer(response: Duration) -> Answer {
        Answer {
            response,
            service: response / 2,
            first: true,
        }
    }

    #[test]
    fn both_times_are_recorded_to_three_digits() {
        let mut recorder = Recorder::new();
        recorder.answered(&answer(Duration::from_nanos(123_456_789)));
        let (response, service) = (
            recorder.times.response().max(),
            recorder.times.service().max(),
        );
        assert!(response.abs_diff(123_456_789) < 123_456, "{response}");
        assert!(service.abs_diff(61_728_394) < 61_728, "{service}");
    }

    #[test]
    fn a_wait_beyond_a_minute_counts_as_a_minute() {
        let mut recorder = Recorder::new();
        recorder.answered(&answer(Duration::from_mins(10)));
        assert!(recorder.times.response().max() >= LONGEST.as_nanos() as u64);
        assert_eq!(recorder.times.response().len(), 1);
    }

    #[test]
    fn warm_up_is_forgotten_but_not_by_the_series() {
        let mut recorder = Recorder::new();
        recorder.answered(&answer(Duration::from_secs(1)));
        recorder.begin_window();
        recorder.answered(&answer(Duration::from_millis(1)));
        assert_eq!(
            (recorder.window.requests, recorder.times.response().len()),
            (1, 1)
        );
        assert_eq!(recorder.now().requests, 2);
    }

    #[test]
    fn merged_notes_are_the_notes_of_one() {
        let (mut one, mut left, mut right) = (Recorder::new(), Recorder::new(), Recorder::new());
        for ms in 1..100 {
            let answer = answer(Duration::from_millis(ms));
            one.answered(&answer);
            let half = if ms % 2 == 0 { &mut left } else { &mut right };
            half.answered(&answer);
            half.error("reset");
            one.error("reset");
        }
        left.merge(right);
        assert_eq!(left.times, one.times);
        assert_eq!(left.errors, one.errors);
        assert_eq!((left.now(), left.window), (one.now(), one.window));
    }

    #[test]
    fn a_server_that_closes_is_not_a_server_that_lies() {
        let mut recorder = Recorder::new();
        recorder.reply_error(&ReplyError::Unanswered { requests: 1 });
        assert_eq!((recorder.mismatched, recorder.connections.closed), (0, 1));
        recorder.reply_error(&ReplyError::Surplus { bytes: 3 });
        assert_eq!(recorder.mismatched, 1);
        let text = recorder.first_mismatch.unwrap();
        assert!(text.contains("3 bytes came"), "{text}");
    }
}
