//! The moment at which asking begins: when every connection has been made or has failed, for all workers the same.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What the workers of one run know of each other.
pub struct Gate {
    undecided: AtomicUsize,
    opens: OnceLock<Instant>,
    latest: Instant,
    notice: Duration,
    open: AtomicU64,
    most_open: AtomicU64,
}

impl Gate {
    /// A gate that waits for so many connections, but not beyond `latest`. It opens `notice` after the last one, so that
    /// all workers have heard of it by then.
    pub fn new(connections: usize, latest: Instant, notice: Duration) -> Self {
        Self {
            undecided: AtomicUsize::new(connections),
            opens: OnceLock::new(),
            latest,
            notice,
            open: AtomicU64::new(0),
            most_open: AtomicU64::new(0),
        }
    }

    /// One connection has been made or has failed.
    pub fn decide(&self, now: Instant) {
        if self.undecided.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.opens.get_or_init(|| now + self.notice);
        }
    }

    /// When the gate opens, once that is known.
    pub fn opens(&self, now: Instant) -> Option<Instant> {
        if now >= self.latest {
            return Some(*self.opens.get_or_init(|| now + self.notice));
        }
        self.opens.get().copied()
    }

    /// One connection more is open.
    pub fn enter(&self) {
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_open.fetch_max(open, Ordering::Relaxed);
    }

    /// One connection less is open.
    pub fn leave(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// The most connections that were open at the same time.
    pub fn most_open(&self) -> u64 {
        self.most_open.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTICE: Duration = Duration::from_millis(20);

    #[test]
    fn opens_when_the_last_connection_is_decided() {
        let now = Instant::now();
        let gate = Gate::new(2, now + Duration::from_secs(9), NOTICE);
        gate.decide(now);
        assert_eq!(gate.opens(now), None);
        gate.decide(now);
        assert_eq!(gate.opens(now), Some(now + NOTICE));
    }

    #[test]
    fn does_not_wait_for_ever() {
        let now = Instant::now();
        let latest = now + Duration::from_secs(9);
        let gate = Gate::new(1, latest, NOTICE);
        assert_eq!(gate.opens(latest), Some(latest + NOTICE));
        gate.decide(latest + NOTICE);
        assert_eq!(gate.opens(now), Some(latest + NOTICE));
    }

    #[test]
    fn remembers_the_most_that_were_open() {
        let gate = Gate::new(3, Instant::now(), NOTICE);
        gate.enter();
        gate.enter();
        gate.leave();
        gate.enter();
        assert_eq!(gate.most_open(), 2);
    }
}
