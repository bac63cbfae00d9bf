//! How a run went over time: counts at regular moments, figures of each second, and the two halves of the window.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::outcome::latency::Latency;

/// What had happened until a point in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Moment {
    /// Since the first connect.
    pub at_s: f64,
    /// Requests answered, those before the measured window included.
    pub requests: u64,
    /// Connects begun.
    pub attempted: u64,
    /// Connects that succeeded.
    pub established: u64,
    /// Connects that were refused.
    pub refused: u64,
    /// Connects that timed out.
    pub timed_out: u64,
    /// Connections that were reset.
    pub reset: u64,
    /// Connections that had been served at least once.
    pub served: u64,
    /// Connections open at this moment.
    pub open: u64,
    /// Requests on their way at this moment.
    pub busy: u64,
    /// Requests that waited for a free connection at this moment.
    pub queued: u64,
    /// Everything that went wrong.
    pub errors: u64,
}

impl Moment {
    /// Connects under way.
    pub const fn connecting(&self) -> u64 {
        let decided = self.established + self.refused + self.timed_out;
        self.attempted.saturating_sub(decided)
    }

    /// Adds the counts of another worker at the same time.
    pub const fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.attempted += other.attempted;
        self.established += other.established;
        self.refused += other.refused;
        self.timed_out += other.timed_out;
        self.reset += other.reset;
        self.served += other.served;
        self.open += other.open;
        self.busy += other.busy;
        self.queued += other.queued;
        self.errors += other.errors;
    }
}

/// One second of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Interval {
    /// When it began, since the first connect.
    pub at_s: f64,
    /// How long it was: a second, or more where the run is too long for so many intervals.
    pub duration_s: f64,
    /// Whether it is part of the measured window.
    pub measured: bool,
    /// Requests answered in it.
    pub requests: u64,
    /// Requests a second.
    pub rate: f64,
    /// From intended to answered, of the requests answered in it, to two digits.
    pub response: Latency,
    /// Connects under way at its end.
    pub connecting: u64,
    /// Connections open at its end.
    pub open: u64,
    /// Requests on their way at its end.
    pub busy: u64,
    /// Requests that waited for a free connection at its end.
    pub queued: u64,
    /// Everything that went wrong in it.
    pub errors: u64,
}

/// The requests of the measured window, cut in two halves of the same duration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Halves {
    /// Requests in the first half, interpolated between the moments of `Outcome::over_time`.
    pub first: u64,
    /// Requests in the second half.
    pub second: u64,
}
