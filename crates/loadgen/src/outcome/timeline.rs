//! The first requests of one client, recorded individually.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The first requests of one client, as two columns. Requests lost with their connection are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Timeline {
    /// Number of the client.
    pub client: u64,
    /// Time at which each request was sent, in microseconds since sending started.
    pub sent_us: Vec<u64>,
    /// Time from sending to the reply of each request, in microseconds. The list is shorter than `sent_us` if the run ended
    /// before a reply came.
    pub took_us: Vec<u64>,
}

impl Timeline {
    /// The highest number of requests of one client.
    pub const REQUESTS: usize = 64;
}
