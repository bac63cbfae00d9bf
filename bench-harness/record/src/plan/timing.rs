//! The lengths of the parts of a trial.

use loadgen::LONGEST_TIME;
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

impl Timing {
    /// The first length that is no time of at most 10,000 hours, as a text; `None` if all are. The text of a plan may be
    /// damaged, and a duration cannot be made of a negative or huge number.
    pub fn mistake(&self) -> Option<String> {
        let lengths = [
            ("gate_s", self.gate_s),
            ("gate_limit_s", self.gate_limit_s),
            ("warm_up_s", self.warm_up_s),
            ("duration_s", self.duration_s),
            ("slice_s", self.slice_s),
        ];
        let longest = LONGEST_TIME.as_secs_f64();
        let wrong = |(_, seconds): &(&str, f64)| !(0.0..=longest).contains(seconds);
        let (name, seconds) = lengths.into_iter().find(wrong)?;
        Some(format!(
            "`{name}` is {seconds}, which is no time from 0 to {longest} s"
        ))
    }
}
