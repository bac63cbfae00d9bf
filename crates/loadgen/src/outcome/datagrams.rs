//! Counts of datagrams that were lost, late, duplicated or reordered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Datagrams that were lost, late, duplicated or reordered in the measured window. Only honest clients count, if there are
/// any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Datagrams {
    /// Requests without a reply within the reply timeout. Each counts as a wait of the reply timeout (a lower bound).
    pub lost: u64,
    /// Replies that came after the reply timeout: these requests were slow and not lost on the way.
    pub late: u64,
    /// Replies to requests that already had a reply (RFC 5560).
    pub duplicates: u64,
    /// Replies that came after the reply to a later request of the same client (RFC 4737). With a pipeline of one there are
    /// none.
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

    /// The share of requests that were lost, given the number of replies; `None` without any request.
    pub fn lost_share(&self, answered: u64) -> Option<f64> {
        let all = self.lost + answered;
        (all > 0).then(|| self.lost as f64 / all as f64)
    }
}
