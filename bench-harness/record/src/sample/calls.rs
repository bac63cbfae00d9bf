//! The system calls of a server, by name, and how they were counted.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The system calls of a server while it answered a known number of requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SystemCalls {
    /// How often each was called; those that are not counted by name are together `others`.
    pub by_name: BTreeMap<String, u64>,
    /// Requests that were answered in that time.
    pub requests: u64,
    /// How long it was, in seconds. It is not part of the measured window.
    pub span_s: f64,
    /// How they were counted.
    pub how: Method,
    /// How long counting still went on when the measured window had begun, in seconds: 0 as it should be.
    pub overran_s: f64,
}

/// How system calls were counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// By the kernel on the server's CPUs, in the warm-up of this trial: whatever else ran there is counted too.
    #[default]
    Tracepoints,
    /// By `strace` in a short trial of its own, which slows the server down, so that it finds fewer events at once.
    Strace,
    /// In a way that a newer version knows.
    #[serde(other)]
    Unknown,
}

impl SystemCalls {
    /// Calls of every kind.
    pub fn total(&self) -> u64 {
        self.by_name.values().sum()
    }
}
