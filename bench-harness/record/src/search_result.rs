//! The result of a search for the highest offered rate at which an objective still holds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::Objective;

/// Number of times that a search halves its range, on a logarithmic scale. The range is then less than 2 % wide.
pub const HALVINGS: u32 = 8;
/// Expected number of rates that a search tries. A rate that misses the objective is tried once more, because one
/// disturbance would otherwise exclude all higher rates: the same server once reached 26,000 requests/s, and 76,000 when
/// measured again.
pub const EXPECTED_RATES: u32 = HALVINGS + HALVINGS / 2;

/// The result of a search for the highest rate at which the objective still holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SearchResult {
    /// The objective.
    pub objective: Option<Objective>,
    /// The rates that were tried, in order.
    pub steps: Vec<TriedRate>,
    /// The highest rate that met the objective, in requests per second; absent if none did.
    pub highest: Option<f64>,
    /// The lowest rate that missed the objective, in requests per second; absent if all met it. The server's limit is then
    /// above all rates that were tried.
    pub lowest_missed: Option<f64>,
}

/// A rate that the search tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TriedRate {
    /// Requests offered per second.
    pub rate: f64,
    /// The reason why the objective was missed; absent if it was met.
    pub missed: Option<String>,
    /// The percentile of the objective, in nanoseconds; absent if no request was answered.
    pub value_ns: Option<u64>,
    /// Number of requests answered. A percentile of few requests means little.
    pub requests: u64,
}
