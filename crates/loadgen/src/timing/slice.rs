//! The order to measure one slice: when it begins, and how long it is.

use std::time::{Duration, Instant};

/// The order to measure one slice. Its window begins at `at + settle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceOrder {
    /// When the clients begin to send. A moment that has passed is now.
    pub at: Instant,
    /// Time from then until the measured window begins.
    pub settle: Duration,
    /// Duration of the measured window.
    pub window: Duration,
}

impl SliceOrder {
    /// The longest time from the end of the window until all that is in flight is answered or censored.
    pub const LONGEST_DRAIN: Duration = Duration::from_millis(250);
}
