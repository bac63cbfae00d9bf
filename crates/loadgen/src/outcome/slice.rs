//! STUB
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::outcome::class::Censored;
use crate::outcome::latency::Latency;

/// The result of one slice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SliceOutcome {
    /// a
    pub window_s: f64,
    /// a
    pub requests: u64,
    /// a
    pub offered: u64,
    /// a
    pub response: Latency,
    /// a
    pub service: Latency,
    /// a
    pub lag: Latency,
    /// a
    pub censored: Censored,
    /// a
    pub answered: u64,
    /// a
    pub clients: u64,
    /// a
    pub never_served: u64,
    /// a
    pub errors: u64,
    /// a
    pub mismatched: u64,
    /// a
    pub lost_connections: u64,
    /// a
    pub cpu_s: f64,
    /// a
    pub run_queue_delay_s: Option<f64>,
    /// a
    pub busy_s: f64,
    /// a
    pub drain_s: f64,
    /// a
    pub datagrams_lost: u64,
}
