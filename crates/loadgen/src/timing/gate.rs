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
    held: bool,
    open: AtomicU64,
    most_open: AtomicU64,
}

impl Gate {
    /// A gate that waits for so many connections, but not beyond `latest`. It opens `notice` after the last one, so that
    /// all workers have heard of it by then. One that is `held` waits for [`Gate::open_at`] as well.
    pub fn new(connections: usize, latest: Instant, notice: Duration, held: bool) -> Self {
        Self {
            undecided: AtomicUsize::new(connections),
            opens: OnceLock::new(),
            latest,
            notice,
            held,
            open: AtomicU64::new(0),
            most_open: AtomicU64::new(0),
        }
    }

    /// One connection has been made or has failed.
    pub fn decide(&self, now: Instant) {
        if self.undecided.fetch_sub(1, Ordering::AcqRel) == 1 && !self.held {
            self.open_at(now + self.notice);
        }
    }

    /// Whether it waits for no connection any more.
    pub fn is_ready(&self, now: Instant) -> bool {
        self.undecided.load(Ordering::Acquire) == 0 || now >= self.latest
    }

    /// Opens it at a time, if nobody has done so before.
    pub fn open_at(&self, at: Instant) {
        self.opens.get_or_init(|| at);
    }

    /// When the gate opens, once that is known.
    pub fn opens(&self, now: Instant) -> Option<Instant> {
        if now >= self.latest && !self.held {
            self.open_at(now + self.notice);
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
        let gate = Gate::new(2, now + Duration::from_secs(9), NOTICE, false);
        gate.decide(now);
        assert_eq!(gate.opens(now), None);
        gate.decide(now);
        assert_eq!(gate.opens(now), Some(now + NOTICE));
    }

    #[test]
    fn does_not_wait_for_ever() {
        let now = Instant::now();
        let latest = now + Duration::from_secs(9);
        let gate = Gate::new(1, latest, NOTICE, false);
        assert_eq!(gate.opens(latest), Some(latest + NOTICE));
        gate.decide(latest + NOTICE);
        assert_eq!(gate.opens(now), Some(latest + NOTICE));
    }

    #[test]
    fn remembers_the_most_that_were_open() {
        let gate = Gate::new(3, Instant::now(), NOTICE, false);
        gate.enter();
        gate.enter();
        gate.leave();
        gate.enter();
        assert_eq!(gate.most_open(), 2);
    }

    #[test]
    fn who_is_held_says_when_it_is_ready_and_waits_to_be_let_in() {
        let now = Instant::now();
        let latest = now + Duration::from_secs(9);
        let gate = Gate::new(1, latest, NOTICE, true);
        assert!(!gate.is_ready(now) && gate.is_ready(latest));
        gate.decide(now);
        assert!(gate.is_ready(now));
        assert_eq!((gate.opens(now), gate.opens(latest)), (None, None));
        gate.open_at(now + 3 * NOTICE);
        assert_eq!(gate.opens(now), Some(now + 3 * NOTICE));
    }
}
