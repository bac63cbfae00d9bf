//! The part of the run that a worker is in.

use std::time::Instant;

/// Where a worker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Connections are being made; nothing is asked yet.
    Connecting,
    /// Full load, not yet counted.
    WarmingUp { until: Instant },
    /// The measured window.
    Measuring { until: Instant },
    /// The time is up.
    Over,
}
