//! Counts of connections: attempted, established, failed, reset, closed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Counts of connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Connections {
    /// Connects started; more than requested if lost connections were opened again.
    pub attempted: u64,
    /// Successful connects.
    pub established: u64,
    /// Refused connects: no socket listens there.
    pub refused: u64,
    /// Connects that timed out.
    pub timed_out: u64,
    /// Connects that failed for another reason; `Outcome::errors` has the reasons.
    pub failed: u64,
    /// Established connections that the server reset.
    pub reset: u64,
    /// Established connections that the server closed.
    pub closed: u64,
    /// Established connections that an HTTP server ended in order, after a reply; the client opened a new one.
    #[serde(skip_serializing_if = "is_zero")]
    pub renewed: u64,
    /// Requests that were repeated on a new connection, because an HTTP server ended the one on which they waited.
    #[serde(skip_serializing_if = "is_zero")]
    pub resent: u64,
    /// Connections that were established, sent a request, and never got a reply.
    pub never_served: u64,
    /// The highest number open at the same time.
    pub open_at_once: u64,
    /// Connections open at the end.
    pub open_at_end: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference to the field"
)]
const fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl Connections {
    /// Adds the counts of others. The maximum of open connections is left out, because maxima do not add up.
    pub(crate) const fn add(&mut self, other: &Self) {
        self.attempted += other.attempted;
        self.established += other.established;
        self.refused += other.refused;
        self.timed_out += other.timed_out;
        self.failed += other.failed;
        self.reset += other.reset;
        self.closed += other.closed;
        self.renewed += other.renewed;
        self.resent += other.resent;
        self.never_served += other.never_served;
        self.open_at_end += other.open_at_end;
    }
}
