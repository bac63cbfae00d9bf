//! The notes of one worker about one class of clients: histograms, counts and errors. They are merged at the end of the run.

use std::collections::BTreeMap;
use std::time::Duration;

use echo_protocol::ReplyError;

use crate::notes::answer::Answer;
use crate::notes::waits::{RequestTimes, Waits};
use crate::outcome::connections::Connections;
use crate::outcome::datagrams::Datagrams;
use crate::outcome::over_time::Moment;

/// The notes of one worker about one class of clients.
#[derive(Default)]
pub struct Recorder {
    /// Response and service times.
    pub times: RequestTimes,
    /// Connect times.
    pub connect: Waits,
    /// Lag: from the due time of a request to the time at which the generator handled it.
    pub lag: Waits,
    /// Counts since the start of the measured window.
    pub window: Window,
    /// Counts of connections.
    pub connections: Connections,
    /// Number of errors of each kind.
    pub errors: BTreeMap<String, u64>,
    /// Wrong replies.
    pub mismatched: u64,
    /// The first wrong reply, in words.
    pub first_mismatch: Option<String>,
    /// Requests lost with their connection.
    pub lost: u64,
    /// Established connections that were lost.
    pub lost_connections: u64,
    requests: u64,
    served: u64,
    open: u64,
    wrong: u64,
}

/// Counts since the start of the measured window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Requests that the schedule called for; in a closed loop, requests sent.
    pub offered: u64,
    /// Replies.
    pub requests: u64,
    /// Requests lost with their connection.
    pub lost: u64,
    /// Lost, late, duplicated and reordered datagrams.
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
    /// Creates empty notes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records a reply. Returns its response time in nanoseconds.
    #[inline]
    pub fn record_reply(&mut self, answer: &Answer) -> u64 {
        self.window.requests += 1;
        self.requests += 1;
        self.served += u64::from(answer.first);
        let response = nanos(answer.response);
        self.times.record(response, nanos(answer.service));
        response
    }

    /// Records an established connection and its connect time.
    pub fn established(&mut self, took: Duration) {
        self.connections.established += 1;
        self.open += 1;
        self.connect.record(nanos(took));
    }

    /// Records the lag of the generator for one request.
    pub fn record_lag(&mut self, lag: Duration) {
        self.lag.record(nanos(lag));
    }

    /// Records censored observations: at the end of the run, `requests` requests have waited at least this long. Requests
    /// that were sent have a service time as well.
    pub fn record_censored(
        &mut self,
        response: Duration,
        service: Option<Duration>,
        requests: u64,
    ) {
        self.times
            .record_censored(nanos(response), service.map(nanos), requests);
    }

    /// Records a datagram whose reply did not come within the reply timeout.
    pub fn reply_timed_out(&mut self, response: Duration, service: Duration) {
        self.window.datagrams.lost += 1;
        self.record_censored(response, Some(service), 1);
        self.count_error("lost");
    }

    /// A client ended its conversation as planned.
    pub const fn client_left(&mut self) {
        self.open -= 1;
    }

    /// An established connection was lost together with `requests` requests.
    pub fn connection_lost(&mut self, requests: usize) {
        self.open -= 1;
        self.lost_connections += 1;
        self.lost += requests as u64;
        self.window.lost += requests as u64;
    }

    /// A request got a complete and wrong reply.
    pub fn refused(&mut self, error: &ReplyError) {
        self.count_reply_error(error);
        self.lost += 1;
        self.window.lost += 1;
    }

    /// The server ended a connection in order. The client opens a new one, and repeats these requests on it.
    pub const fn renewed(&mut self, requests: usize) {
        self.open -= 1;
        self.connections.renewed += 1;
        self.connections.resent += requests as u64;
    }

    /// Counts an error of this kind.
    pub fn count_error(&mut self, kind: &str) {
        self.wrong += 1;
        match self.errors.get_mut(kind) {
            Some(count) => *count += 1,
            None => {
                self.errors.insert(kind.to_owned(), 1);
            }
        }
    }

    /// Counts a wrong reply, or a connection that the server closed before the reply.
    pub fn count_reply_error(&mut self, error: &ReplyError) {
        self.count_error(error.kind());
        self.connections.closed += u64::from(error.is_close());
        if !matches!(error, ReplyError::Unanswered { .. }) {
            self.mismatched += 1;
            self.first_mismatch.get_or_insert_with(|| error.to_string());
        }
    }

    /// Starts the measured window: drops what was recorded during warm-up.
    pub fn begin_window(&mut self) {
        self.times.reset();
        self.lag.reset();
        self.window = Window::default();
    }

    /// The counts so far.
    pub const fn moment(&self) -> Moment {
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
        self.lost_connections += other.lost_connections;
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

/// Converts a time of less than 584 years to nanoseconds.
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
        recorder.record_reply(&answer(Duration::from_nanos(123_456_789)));
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
        recorder.record_reply(&answer(Duration::from_mins(10)));
        assert!(recorder.times.response().max() >= LONGEST.as_nanos() as u64);
        assert_eq!(recorder.times.response().len(), 1);
    }

    #[test]
    fn warm_up_counts_only_in_the_series() {
        let mut recorder = Recorder::new();
        recorder.record_reply(&answer(Duration::from_secs(1)));
        recorder.begin_window();
        recorder.record_reply(&answer(Duration::from_millis(1)));
        assert_eq!(
            (recorder.window.requests, recorder.times.response().len()),
            (1, 1)
        );
        assert_eq!(recorder.moment().requests, 2);
    }

    #[test]
    fn merged_notes_equal_the_notes_of_one_worker() {
        let (mut one, mut left, mut right) = (Recorder::new(), Recorder::new(), Recorder::new());
        for ms in 1..100 {
            let answer = answer(Duration::from_millis(ms));
            one.record_reply(&answer);
            let half = if ms % 2 == 0 { &mut left } else { &mut right };
            half.record_reply(&answer);
            half.count_error("reset");
            one.count_error("reset");
        }
        left.merge(right);
        assert_eq!(left.times, one.times);
        assert_eq!(left.errors, one.errors);
        assert_eq!((left.moment(), left.window), (one.moment(), one.window));
    }

    #[test]
    fn a_closed_connection_is_not_a_wrong_reply() {
        let mut recorder = Recorder::new();
        recorder.count_reply_error(&ReplyError::Unanswered { requests: 1 });
        assert_eq!((recorder.mismatched, recorder.connections.closed), (0, 1));
        recorder.count_reply_error(&ReplyError::Surplus { bytes: 3 });
        assert_eq!(recorder.mismatched, 1);
        let text = recorder.first_mismatch.unwrap();
        assert!(text.contains("3 bytes came"), "{text}");
    }
}
