//! The user's request to stop: Ctrl-C or SIGTERM sets it, and a run checks it between two steps.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level;

/// The exit code after Ctrl-C, by the convention of shells: 128 + SIGINT.
pub const EXIT_CODE: u8 = 130;

/// A flag that requests a stop. Its clones share the flag.
#[derive(Clone, Debug)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// A flag that Ctrl-C or SIGTERM sets. A second signal ends the process at once, after `restore_terminal`.
    ///
    /// The signal handler calls `restore_terminal`, so that function may only do what a handler may do (signal-safety(7)).
    ///
    /// # Errors
    /// The system does not permit the signal handlers.
    pub fn on_signals(restore_terminal: fn()) -> io::Result<Self> {
        let stop = Self::manual();
        for signal in [SIGINT, SIGTERM] {
            let requested = Arc::clone(&stop.0);
            let action = move || {
                if requested.swap(true, Ordering::SeqCst) {
                    restore_terminal();
                    low_level::exit(EXIT_CODE.into());
                }
            };
            // SAFETY: the action changes atomics and calls `write` and `_exit`, which a signal handler may do.
            unsafe { low_level::register(signal, action)? };
        }
        Ok(stop)
    }

    /// A flag that only [`Stop::request`] sets.
    pub fn manual() -> Self {
        Self(Arc::new(AtomicBool::new(false)))
    }

    /// Requests a stop.
    pub fn request(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// The flag itself, for code that knows only flags.
    pub fn flag(&self) -> &AtomicBool {
        &self.0
    }

    /// True if a stop was requested.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
