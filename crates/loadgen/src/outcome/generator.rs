//! Figures about the generator itself: its cost, its arrivals, and the limits of the system.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::timing::schedule::Spacing;

/// The cost of the generator in the measured window, all workers together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Cost {
    /// CPU time in user mode.
    pub user_s: f64,
    /// CPU time in the kernel.
    pub system_s: f64,
    /// Time in which workers were ready to run but waited for a CPU (second field of `/proc/thread-self/schedstat`). Above 4
    /// % of the window the run was disturbed. `None` if the kernel does not report it.
    pub run_queue_delay_s: Option<f64>,
    /// CPU time of each worker as a share of the window. A worker near 1 was the bottleneck.
    pub worker_cpu_share: Vec<f64>,
    /// Calls of `epoll_wait`.
    pub waits: u64,
    /// `send` calls.
    pub sends: u64,
    /// `recv` calls.
    pub receives: u64,
}

/// A sample of the times between requests, as the generator really sent them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Arrivals {
    /// `poisson`, `constant`, or `none` for a closed loop.
    #[serde(with = "crate::text::or_none")]
    #[schemars(with = "String")]
    pub kind: Option<Spacing>,
    /// Times between neighbouring requests of one worker, sampled at random, in nanoseconds.
    pub gaps_ns: Vec<u64>,
    /// The intended times between the same requests, in the same order.
    pub intended_gaps_ns: Vec<u64>,
    /// Number of times that the sample was drawn from.
    #[serde(rename = "of")]
    pub sampled_from: u64,
    /// The intended rate of one worker; `None` if it is not constant.
    pub rate_a_worker: Option<f64>,
}

/// Limits of the system, and what the run needed of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Bounds {
    /// File descriptors that this process needed.
    pub descriptors_needed: u64,
    /// File descriptors that this process may open; `None` if unknown.
    pub descriptors_allowed: Option<u64>,
    /// Connections per source address, at most.
    pub ports_needed: u64,
    /// Local ports available to a source address (`ip_local_port_range`); `None` for Unix-domain sockets.
    pub ports_allowed: Option<u64>,
    /// The smallest observed step of the clock.
    pub clock_resolution_ns: u64,
    /// Peak memory of the process (`ru_maxrss`), in KiB.
    pub peak_memory_kib: u64,
    /// Memory available on the machine at the end (`MemAvailable`), in KiB; `None` if unknown.
    pub available_memory_kib: Option<u64>,
    /// How much later than planned the measured window ended.
    pub overran_s: f64,
}
