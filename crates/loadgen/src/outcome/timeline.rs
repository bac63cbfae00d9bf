//! The first requests of one client, one by one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The first requests of one client, in two columns.
///
/// Requests that were lost with their connection are in neither of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Timeline {
    /// The number of the client.
    pub client: u64,
    /// When each request was sent, in microseconds since asking began: since all clients that connect before it were
    /// connected.
    pub sent_us: Vec<u64>,
    /// How long each took, in microseconds from sent to answered. It is shorter than `sent_us` where the run ended before a
    /// reply came.
    pub took_us: Vec<u64>,
}

impl Timeline {
    /// How many requests it has at most.
    pub const REQUESTS: usize = 32;
}
