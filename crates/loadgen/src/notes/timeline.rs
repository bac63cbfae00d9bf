//! Records the first requests of one client individually. They show which client waits for which, and no distribution does.

use std::time::{Duration, Instant};

use crate::outcome::timeline::Timeline;

/// The first requests of one client.
#[derive(Debug)]
pub struct RequestLog {
    /// When each request was sent, and the time until its reply.
    replies: Vec<(Instant, Duration)>,
}

impl RequestLog {
    /// Creates an empty log.
    pub fn new() -> Self {
        Self {
            replies: Vec::with_capacity(Timeline::REQUESTS),
        }
    }

    /// Records a reply that came now, `took` after its request was sent. Returns true if no further reply will be recorded.
    pub fn record(&mut self, now: Instant, took: Duration) -> bool {
        if self.replies.len() < Timeline::REQUESTS {
            self.replies
                .push((now.checked_sub(took).unwrap_or(now), took));
        }
        self.replies.len() == Timeline::REQUESTS
    }

    /// Returns the log relative to `zero`, followed by the sending times of requests without a reply.
    pub fn timeline(
        &self,
        client: u64,
        zero: Instant,
        unanswered: impl Iterator<Item = Instant>,
    ) -> Timeline {
        let since = |at: Instant| at.saturating_duration_since(zero).as_micros() as u64;
        let sent = self.replies.iter().map(|(sent, _)| *sent);
        Timeline {
            client,
            sent_us: sent
                .chain(unanswered)
                .take(Timeline::REQUESTS)
                .map(since)
                .collect(),
            took_us: self
                .replies
                .iter()
                .map(|(_, took)| took.as_micros() as u64)
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_waiting_client_has_more_requests_than_replies() {
        let zero = Instant::now();
        let mut log = RequestLog::new();
        log.record(zero + 7 * MS, 5 * MS);
        log.record(zero + 9 * MS, 2 * MS);
        let timeline = log.timeline(3, zero, [zero + 9 * MS].into_iter());
        assert_eq!(timeline.client, 3);
        assert_eq!(timeline.sent_us, [2000, 7000, 9000]);
        assert_eq!(timeline.took_us, [5000, 2000]);
    }

    #[test]
    fn only_the_first_requests_are_kept() {
        let zero = Instant::now();
        let mut log = RequestLog::new();
        for ms in 1..100 {
            assert_eq!(log.record(zero + ms * MS, MS), ms >= 64);
        }
        let timeline = log.timeline(0, zero, [zero + 100 * MS].into_iter());
        assert_eq!(timeline.sent_us.len(), Timeline::REQUESTS);
        assert_eq!(timeline.took_us.len(), Timeline::REQUESTS);
        assert_eq!(timeline.sent_us[63], 63_000);
    }
}
