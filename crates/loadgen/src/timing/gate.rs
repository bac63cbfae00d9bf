//! The start of sending: one moment for all workers, when every connect has succeeded or failed.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// State that the workers of one run share: unfinished connects, open connections, and the start.
pub struct Gate {
    unfinished: AtomicUsize,
    opening: OnceLock<Instant>,
    latest: Instant,
    notice: Duration,
    held: bool,
    open: AtomicU64,
    most_open: AtomicU64,
}

impl Gate {
    /// Creates a gate that waits for `connections` connects, but at most until `latest`. It opens `notice` after the last
    /// connect, so that all workers know by then. A gate that is `held` opens only by [`Gate::open_at`].
    pub fn new(connections: usize, latest: Instant, notice: Duration, held: bool) -> Self {
        Self {
            unfinished: AtomicUsize::new(connections),
            opening: OnceLock::new(),
            latest,
            notice,
            held,
            open: AtomicU64::new(0),
            most_open: AtomicU64::new(0),
        }
    }

    /// One connect has succeeded or failed.
    pub fn connect_finished(&self, now: Instant) {
        if self.unfinished.fetch_sub(1, Ordering::AcqRel) == 1 && !self.held {
            self.open_at(now + self.notice);
        }
    }

    /// True if all connects are finished or the time for them is over.
    pub fn is_ready(&self, now: Instant) -> bool {
        self.unfinished.load(Ordering::Acquire) == 0 || now >= self.latest
    }

    /// Opens the gate at a time. Only the first call counts.
    pub fn open_at(&self, at: Instant) {
        self.opening.get_or_init(|| at);
    }

    /// The time at which the gate opens, if it is known.
    pub fn opening(&self, now: Instant) -> Option<Instant> {
        if now >= self.latest && !self.held {
            self.open_at(now + self.notice);
        }
        self.opening.get().copied()
    }

    /// One more connection is open.
    pub fn connection_opened(&self) {
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_open.fetch_max(open, Ordering::Relaxed);
    }

    /// One connection less is open.
    pub fn connection_closed(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// The highest number of connections open at the same time.
    pub fn most_open(&self) -> u64 {
        self.most_open.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTICE: Duration = Duration::from_millis(20);

    #[test]
    fn the_gate_opens_when_the_last_connect_is_finished() {
        let now = Instant::now();
        let gate = Gate::new(2, now + Duration::from_secs(9), NOTICE, false);
        gate.connect_finished(now);
        assert_eq!(gate.opening(now), None);
        gate.connect_finished(now);
        assert_eq!(gate.opening(now), Some(now + NOTICE));
    }

    #[test]
    fn the_gate_does_not_wait_for_ever() {
        let now = Instant::now();
        let latest = now + Duration::from_secs(9);
        let gate = Gate::new(1, latest, NOTICE, false);
        assert_eq!(gate.opening(latest), Some(latest + NOTICE));
        gate.connect_finished(latest + NOTICE);
        assert_eq!(gate.opening(now), Some(latest + NOTICE));
    }

    #[test]
    fn the_gate_knows_the_maximum_of_open_connections() {
        let gate = Gate::new(3, Instant::now(), NOTICE, false);
        gate.connection_opened();
        gate.connection_opened();
        gate.connection_closed();
        gate.connection_opened();
        assert_eq!(gate.most_open(), 2);
    }

    #[test]
    fn a_held_gate_is_ready_but_opens_only_on_request() {
        let now = Instant::now();
        let latest = now + Duration::from_secs(9);
        let gate = Gate::new(1, latest, NOTICE, true);
        assert!(!gate.is_ready(now) && gate.is_ready(latest));
        gate.connect_finished(now);
        assert!(gate.is_ready(now));
        assert_eq!((gate.opening(now), gate.opening(latest)), (None, None));
        gate.open_at(now + 3 * NOTICE);
        assert_eq!(gate.opening(now), Some(now + 3 * NOTICE));
    }
}
