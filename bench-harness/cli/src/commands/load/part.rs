//! One of several generator processes that share a load: it reports to its owner, begins when told to, and never outlives it.

use std::io::{self, Write as _};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use contract::part::{Line, wait_for_order};
use loadgen::{Phase, Progress};
use measure::stop::Stop;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;

use super::live::{EVERY, Reading};

/// What a part has said and heard.
pub struct Part {
    start: Instant,
    next: Duration,
    begin: Arc<OnceLock<Instant>>,
    said: Phase,
    connected: bool,
}

impl Part {
    /// Listens to the owner on stdin. Its end ends this process, by a stop until asking begins and at once after that.
    ///
    /// # Errors
    /// The system does not allow it.
    pub fn new(stop: &Stop) -> io::Result<Self> {
        set_pdeathsig(Signal::SIGKILL)?;
        let begin = Arc::new(OnceLock::new());
        let (told, stop) = (Arc::clone(&begin), stop.clone());
        // It ends with the first order: a generator with a single thread is faster.
        thread::Builder::new().spawn(move || match wait_for_order(&mut io::stdin()) {
            Some(at) => _ = told.set(at),
            None => stop.request(),
        })?;
        Ok(Self {
            start: Instant::now(),
            next: EVERY,
            begin,
            said: Phase::Connecting,
            connected: false,
        })
    }

    /// Says what is new, and lets the load begin when it was told to.
    pub fn look(&mut self, progress: &Progress) {
        if !self.connected && progress.is_connected() {
            self.connected = true;
            say(&Line::Connected);
        }
        if let Some(at) = self.begin.get() {
            progress.begin_at(*at);
        }
        if self.said != Phase::Measuring && progress.phase() == Phase::Measuring {
            self.said = Phase::Measuring;
            say(&Line::Measuring);
        }
        let at = self.start.elapsed();
        if at >= self.next {
            self.next = at + EVERY;
            if let Ok(json) = serde_json::to_string(&Reading::of(progress, at)) {
                say(&Line::Reading(json));
            }
        }
    }
}

/// Says something to the owner. If that is gone this process is about to go as well.
fn say(line: &Line) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
