//! The phase of a worker, with its end.

use std::time::Instant;

/// The phase of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Clients connect; no requests are sent.
    Connecting,
    /// Warm-up: full load that is not measured.
    WarmingUp { until: Instant },
    /// The measured window.
    Measuring { until: Instant },
    /// After the window of a slice: nothing new is sent, and replies to what is in flight arrive.
    Draining { window_end: Instant, until: Instant },
    /// Between two slices.
    Paused,
    /// The run is over.
    Over,
}
