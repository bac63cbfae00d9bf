//! One of several generator processes that share a load. It begins on the order of its owner, and ends with it.

use std::io;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use contract::part::{Line, wait_for_order};
use loadgen::{Phase, Progress};
use measure::stop::Stop;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;

use super::live::{EVERY, Reading};
use crate::notes::tell;

/// A part with the messages that it has sent and received.
pub struct Part {
    start: Instant,
    next: Duration,
    begin: Arc<OnceLock<Instant>>,
    reported: Phase,
    connected: bool,
}

impl Part {
    /// Listens to the owner on stdin. If the owner ends before it gave the order to begin, this process stops; later
    /// the kernel kills it.
    ///
    /// # Errors
    /// A system call fails.
    pub fn new(stop: &Stop) -> io::Result<Self> {
        set_pdeathsig(Signal::SIGKILL)?;
        let begin = Arc::new(OnceLock::new());
        let (order, stop) = (Arc::clone(&begin), stop.clone());
        // The thread ends after the order, because a generator with a single thread is faster.
        thread::Builder::new().spawn(move || match wait_for_order(&mut io::stdin()) {
            Some(begin) => _ = order.set(begin),
            None => stop.request(),
        })?;
        Ok(Self {
            start: Instant::now(),
            next: EVERY,
            begin,
            reported: Phase::Connecting,
            connected: false,
        })
    }

    /// Sends what is new, and lets the load begin at the ordered time.
    pub fn look(&mut self, progress: &Progress) {
        if !self.connected && progress.is_connected() {
            self.connected = true;
            tell(Line::Connected);
        }
        if let Some(begin) = self.begin.get() {
            progress.begin_at(*begin);
        }
        if self.reported != Phase::Measuring && progress.phase() == Phase::Measuring {
            self.reported = Phase::Measuring;
            tell(Line::Measuring);
        }
        let elapsed = self.start.elapsed();
        if elapsed >= self.next {
            self.next = elapsed + EVERY;
            if let Ok(json) = serde_json::to_string(&Reading::of(progress, elapsed)) {
                tell(Line::Reading(json));
            }
        }
    }
}
