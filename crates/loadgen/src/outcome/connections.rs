//! Counts of connections: attempted, established, failed, lost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of the connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Connections {
    /// Connects begun; more than were asked for where lost connections are opened again.
    pub attempted: u64,
    /// Connects that succeeded.
    pub established: u64,
    /// Connects that were refused: nobody listens there.
    pub refused: u64,
    /// Connects that did not succeed in time.
    pub timed_out: u64,
    /// Connects that failed otherwise; `Outcome::errors` says how.
    pub failed: u64,
    /// Established connections that the server reset.
    pub reset: u64,
    /// Established connections that the server closed.
    pub closed: u64,
    /// Connections that were established, asked something, and never got a reply.
    pub never_served: u64,
    /// The most that were open at the same time.
    pub open_at_once: u64,
    /// Those still open at the end.
    pub open_at_end: u64,
}

impl Connections {
    /// Adds the counts of others; not the most open at once, which is no sum.
    pub(crate) const fn add(&mut self, other: &Self) {
        self.attempted += other.attempted;
        self.established += other.established;
        self.refused += other.refused;
        self.timed_out += other.timed_out;
        self.failed += other.failed;
        self.reset += other.reset;
        self.closed += other.closed;
        self.never_served += other.never_served;
        self.open_at_end += other.open_at_end;
    }
}
