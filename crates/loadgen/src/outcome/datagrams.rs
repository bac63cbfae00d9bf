//! What becomes of datagrams on their way, which nobody repeats, orders or thins out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Datagrams in the measured window that went another way than there and back, of the clients that the figures are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Datagrams {
    /// Requests whose reply did not come within the reply timeout. Each is part of the latencies, as a wait of at least
    /// so long.
    pub lost: u64,
    /// Replies that came after that: these requests were slow, and not lost on their way.
    pub late: u64,
    /// Replies to requests that were answered before (RFC 5560).
    pub duplicates: u64,
    /// Replies that came behind one to a later request of the same client (RFC 4737). With a pipeline of one there are none.
    pub reordered: u64,
}

impl Datagrams {
    /// Adds the counts of others.
    pub(crate) const fn add(&mut self, other: &Self) {
        self.lost += other.lost;
        self.late += other.late;
        self.duplicates += other.duplicates;
        self.reordered += other.reordered;
    }

    /// The share of requests that were lost, of so many answered; none where nothing was asked.
    pub fn lost_share(&self, answered: u64) -> Option<f64> {
        let all = self.lost + answered;
        (all > 0).then(|| self.lost as f64 / all as f64)
    }
}
