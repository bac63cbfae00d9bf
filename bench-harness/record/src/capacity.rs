//! What a search for the knee found: the highest offered rate at which an objective still holds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::Objective;

/// How often a search halves the logarithm of its range: until it is under 2 % wide.
pub const HALVINGS: u32 = 8;
/// Rates that a search tries, about: one that is missed is tried once more, since a single disturbance would cost all that lies
/// above it. Seen: 26,000 a second for a server, and 76,000 for the same one again.
pub const SEARCH: u32 = HALVINGS + HALVINGS / 2;

/// A search for the highest rate at which the objective still holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Capacity {
    /// What had to hold.
    pub objective: Option<Objective>,
    /// The rates that were tried, in order.
    pub steps: Vec<Step>,
    /// The highest rate that held, in requests a second; absent where none did.
    pub highest: Option<f64>,
    /// The lowest rate that did not hold; absent where all held, so that the knee lies above what was tried.
    pub lowest_missed: Option<f64>,
}

/// A rate that was tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Step {
    /// Requests offered a second.
    pub rate: f64,
    /// Why the objective did not hold; absent where it held.
    pub missed: Option<String>,
    /// The percentile of the objective, in nanoseconds; absent where nothing was answered.
    pub value_ns: Option<u64>,
    /// Requests answered: a percentile of few means little.
    pub requests: u64,
}
