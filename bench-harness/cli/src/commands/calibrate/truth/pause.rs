//! Suspends the server once in the measured window.

use std::cell::Cell;
use std::time::{Duration, Instant};

use loadgen::{Phase, Progress};

use super::super::peer::Peer;

/// Length of the pause.
const LENGTH: Duration = Duration::from_millis(500);

/// Length of the window around the pause.
pub const WINDOW: Duration = Duration::from_secs(3);

/// Suspends a peer in the middle of the measured window, and records for how long.
pub struct Pause<'a> {
    peer: &'a Peer,
    since: Cell<Option<Instant>>,
    stopped: Cell<Option<Instant>>,
    lasted: Cell<Option<Duration>>,
}

impl<'a> Pause<'a> {
    /// A pause that has not begun.
    pub const fn new(peer: &'a Peer) -> Self {
        Self {
            peer,
            since: Cell::new(None),
            stopped: Cell::new(None),
            lasted: Cell::new(None),
        }
    }

    /// Suspends the peer one second into the window, and resumes it when the stop has been long enough.
    pub fn look(&self, progress: &Progress) {
        if progress.phase() != Phase::Measuring || self.lasted.get().is_some() {
            return;
        }
        let now = Instant::now();
        let since = self.since.get().unwrap_or(now);
        self.since.set(Some(since));
        match self.stopped.get() {
            None if now - since >= Duration::from_secs(1) => {
                self.peer.suspend();
                self.stopped.set(Some(Instant::now()));
            }
            Some(stopped) if now - stopped >= LENGTH => {
                self.peer.resume();
                self.lasted.set(Some(stopped.elapsed()));
            }
            _ => {}
        }
    }

    /// Length of the stop.
    pub fn lasted(&self) -> Duration {
        self.lasted.get().unwrap_or_default()
    }
}
