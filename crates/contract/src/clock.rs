//! A clock that all processes of a machine share: nanoseconds of `CLOCK_MONOTONIC`.

use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};

/// The time since the start of the clock.
pub fn now() -> Duration {
    clock_gettime(ClockId::CLOCK_MONOTONIC)
        .expect("Linux has this clock")
        .into()
}

/// A moment of this process as all processes understand it, in nanoseconds.
pub fn shared(at: Instant) -> u64 {
    let left = at.saturating_duration_since(Instant::now());
    (now() + left).as_nanos() as u64
}

/// A shared moment as this process understands it; a moment that has passed is now.
pub fn instant(shared: u64) -> Instant {
    Instant::now() + Duration::from_nanos(shared).saturating_sub(now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_means_the_same_in_another_process() {
        let at = Instant::now() + Duration::from_secs(9);
        let there_and_back = instant(shared(at));
        let apart = there_and_back.max(at) - there_and_back.min(at);
        assert!(apart < Duration::from_secs(1), "{apart:?}");
    }
}
