//! The clock of a worker. It stands still between two slices, so that a pause does not exist for its clients.
//!
//! Every moment that a worker stores is a time of this clock: due times, waits, series. So none of them changes by a pause.

use std::time::{Duration, Instant};

/// A clock that is behind real time by the pauses so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    behind: Duration,
}

impl Clock {
    /// The time.
    #[inline]
    pub fn now(self) -> Instant {
        let now = Instant::now();
        now.checked_sub(self.behind)
            .expect("the pauses lie between the start and now")
    }

    /// The real moment of a time.
    pub fn real(self, at: Instant) -> Instant {
        at + self.behind
    }

    /// Ends a pause: it is `stopped` again at this real moment.
    pub fn resume(&mut self, stopped: Instant, real: Instant) {
        self.behind = real.saturating_duration_since(stopped);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn a_pause_does_not_exist() {
        let (mut clock, start) = (Clock::default(), Instant::now());
        assert_eq!(clock.real(start), start);
        clock.resume(start, start + HOUR);
        assert_eq!(clock.real(start), start + HOUR);
        clock.resume(start + HOUR, start + 5 * HOUR);
        assert_eq!(clock.real(start + HOUR), start + 5 * HOUR);
    }

    #[test]
    fn the_clock_goes_on_after_a_pause() {
        let (mut clock, stopped) = (Clock::default(), Instant::now());
        clock.resume(stopped, Instant::now());
        let before = clock.now();
        assert!(before >= stopped && clock.now() >= before);
    }
}
