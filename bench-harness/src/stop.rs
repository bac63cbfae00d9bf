//! The wish to stop: set by Ctrl-C or SIGTERM, looked at between the steps of a run.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

/// Whether a stop was asked for.
#[derive(Clone, Debug)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Turns Ctrl-C and SIGTERM into a wish. Who asks a second time is obeyed at once: the process ends.
    ///
    /// # Errors
    /// The system does not allow handlers.
    pub fn on_signals() -> io::Result<Self> {
        let stop = Self::never();
        for signal in [SIGINT, SIGTERM] {
            let flag = &stop.0;
            signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(flag))?;
            signal_hook::flag::register(signal, Arc::clone(flag))?;
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
