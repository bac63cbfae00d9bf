//! The first requests of a few clients, one by one: who waits for whom, which no distribution tells.

use std::time::{Duration, Instant};

use crate::outcome::timeline::Timeline;

/// What is noted of one client as it goes on.
#[derive(Debug)]
pub struct Notes {
    /// When a request was sent, and how long it took.
    answered: Vec<(Instant, Duration)>,
}

impl Notes {
    /// Nothing yet.
    pub fn new() -> Self {
        Self {
            answered: Vec::with_capacity(Timeline::REQUESTS),
        }
    }

    /// A reply came now, so long after its request was sent.
    pub fn answered(&mut self, now: Instant, took: Duration) {
        if self.answered.len() < Timeline::REQUESTS {
            self.answered
                .push((now.checked_sub(took).unwrap_or(now), took));
        }
    }

    /// What was noted since `zero`, and after it when requests were sent that are still unanswered.
    pub fn timeline(
        &self,
        client: u64,
        zero: Instant,
        unanswered: impl Iterator<Item = Instant>,
    ) -> Timeline {
        let since = |at: Instant| at.saturating_duration_since(zero).as_micros() as u64;
        let sent = self.answered.iter().map(|(sent, _)| *sent);
        Timeline {
            client,
            sent_us: sent
                .chain(unanswered)
                .take(Timeline::REQUESTS)
                .map(since)
                .collect(),
            took_us: self
                .answered
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
    fn a_client_that_still_waits_has_sent_more_than_it_was_answered() {
        let zero = Instant::now();
        let mut notes = Notes::new();
        notes.answered(zero + 7 * MS, 5 * MS);
        notes.answered(zero + 9 * MS, 2 * MS);
        let timeline = notes.timeline(3, zero, [zero + 9 * MS].into_iter());
        assert_eq!(timeline.client, 3);
        assert_eq!(timeline.sent_us, [2000, 7000, 9000]);
        assert_eq!(timeline.took_us, [5000, 2000]);
    }

    #[test]
    fn only_the_first_requests_are_kept() {
        let zero = Instant::now();
        let mut notes = Notes::new();
        for ms in 1..100 {
            notes.answered(zero + ms * MS, MS);
        }
        let timeline = notes.timeline(0, zero, [zero + 100 * MS].into_iter());
        assert_eq!(timeline.sent_us.len(), Timeline::REQUESTS);
        assert_eq!(timeline.took_us.len(), Timeline::REQUESTS);
        assert_eq!(timeline.sent_us[31], 31_000);
    }
}
