//! The system calls of a server, by name, and how they were counted.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The system calls of a server while it answered a known number of requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SystemCalls {
    /// Number of calls by name. `others` is the sum of all calls that are not counted by name.
    pub by_name: BTreeMap<String, u64>,
    /// Number of requests answered in the same time.
    pub requests: u64,
    /// Duration of the count in seconds. It is not part of the measured window.
    pub span_s: f64,
    /// The method of the count.
    pub how: Method,
    /// Duration of the count within the measured window, in seconds: 0 unless the counters were closed too late.
    pub overran_s: f64,
}

/// The method of counting system calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Tracepoints of the kernel on the server's CPUs, in the warm-up of this trial. They count all programs on these CPUs.
    #[default]
    Tracepoints,
    /// `strace` in an extra short trial. It slows the server down, so that fewer events are ready at once.
    Strace,
    /// A method of a newer version.
    #[serde(other)]
    Unknown,
}

impl SystemCalls {
    /// Number of all calls.
    pub fn total(&self) -> u64 {
        self.by_name.values().sum()
    }
}
