//! The lengths of the parts of a trial.

use serde::{Deserialize, Serialize};

/// Lengths of the parts of a trial and of a slice, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Time for which the machine must be quiet before a trial begins.
    pub gate_s: f64,
    /// Maximum wait for a quiet machine.
    pub gate_limit_s: f64,
    /// Warm-up: full load before the measured window.
    pub warm_up_s: f64,
    /// Measured window.
    pub duration_s: f64,
    /// Least length of a measured slice in a sitting. 0 in older plans, which have none.
    #[serde(default)]
    pub slice_s: f64,
}
