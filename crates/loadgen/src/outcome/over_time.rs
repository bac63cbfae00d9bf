//! A run over time: counts at regular moments, figures of each second, and the two halves of the window.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::outcome::latency::Latency;

/// Counts from the start of the run to one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Moment {
    /// Seconds since the first connect.
    pub at_s: f64,
    /// Replies, including those before the measured window.
    pub requests: u64,
    /// Connects started.
    pub attempted: u64,
    /// Successful connects.
    pub established: u64,
    /// Refused connects.
    pub refused: u64,
    /// Connects that timed out.
    pub timed_out: u64,
    /// Connections reset by the server.
    pub reset: u64,
    /// Clients with at least one reply.
    pub served: u64,
    /// Connections open at this moment.
    pub open: u64,
    /// Requests in flight at this moment.
    pub busy: u64,
    /// Requests waiting for a free connection at this moment.
    pub queued: u64,
    /// Errors of all kinds.
    pub errors: u64,
}

impl Moment {
    /// Connects in progress.
    pub const fn connecting(&self) -> u64 {
        let decided = self.established + self.refused + self.timed_out;
        self.attempted.saturating_sub(decided)
    }

    /// Adds the counts of another worker at the same moment.
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
    /// Start, in seconds since the first connect.
    pub at_s: f64,
    /// Duration: one second, or more if the run is too long for that many intervals.
    pub duration_s: f64,
    /// True if it is part of the measured window.
    pub measured: bool,
    /// Replies in this interval.
    pub requests: u64,
    /// Replies per second.
    pub rate: f64,
    /// Response times of the replies in this interval, to two digits.
    pub response: Latency,
    /// Connects in progress at its end.
    pub connecting: u64,
    /// Connections open at its end.
    pub open: u64,
    /// Requests in flight at its end.
    pub busy: u64,
    /// Requests waiting for a free connection at its end.
    pub queued: u64,
    /// Errors in this interval.
    pub errors: u64,
}

/// The requests in the two halves of the measured window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Halves {
    /// Requests in the first half, interpolated between the moments of `Outcome::over_time`.
    pub first: u64,
    /// Requests in the second half.
    pub second: u64,
}
