//! The wish to stop: set by Ctrl-C or SIGTERM, looked at between the steps of a run.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level;

/// The exit code of a process that was ended with Ctrl-C, as shells have it.
const STOPPED: i32 = 130;

/// Whether a stop was asked for.
#[derive(Clone, Debug)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Turns Ctrl-C and SIGTERM into a wish. Who asks a second time is obeyed at once: the process ends, and leaves the
    /// terminal as it was.
    ///
    /// `leave` puts the terminal in order; the signal handler calls it, so it may only do what a handler may (signal-safety(7)).
    ///
    /// # Errors
    /// The system does not allow handlers.
    pub fn on_signals(leave: fn()) -> io::Result<Self> {
        let stop = Self::never();
        for signal in [SIGINT, SIGTERM] {
            let asked = Arc::clone(&stop.0);
            let action = move || {
                if asked.swap(true, Ordering::SeqCst) {
                    leave();
                    low_level::exit(STOPPED);
                }
            };
            // SAFETY: the action changes atomics and calls `write` and `_exit`, which a signal handler may do.
            unsafe { low_level::register(signal, action)? };
        }
        Ok(stop)
    }

    /// A wish that only [`Stop::ask`] can make.
    pub fn never() -> Self {
        Self(Arc::new(AtomicBool::new(false)))
    }

    /// Asks for a stop.
    pub fn ask(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether a stop was asked for.
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
