//! What the generator says about itself: its cost, its arrivals, and what the system allows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::timing::schedule::Spacing;

/// What the generator itself cost in the measured window, all workers together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Cost {
    /// CPU time in the program.
    pub user_s: f64,
    /// CPU time in the kernel.
    pub system_s: f64,
    /// Time in which workers were ready to run but waited for a CPU (second field of
    /// `/proc/thread-self/schedstat`): above 4 % of the window the run was disturbed. None where the kernel does not say.
    pub run_queue_delay_s: Option<f64>,
    /// CPU time of each worker as a share of the window: one near 1 was the bottleneck.
    pub worker_cpu_share: Vec<f64>,
    /// Times that workers waited for something to happen.
    pub waits: u64,
    /// `send` calls.
    pub sends: u64,
    /// `recv` calls.
    pub receives: u64,
}

/// A sample of the times between requests, as the generator saw to them and not as they were intended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Arrivals {
    /// `poisson`, `constant`, or `none` where the schedule of the sampled class has no times of its own.
    #[serde(with = "crate::text::or_none")]
    #[schemars(with = "String")]
    pub kind: Option<Spacing>,
    /// Times between neighbouring requests of one worker, drawn at random from all of them, in nanoseconds.
    pub gaps_ns: Vec<u64>,
    /// The same times as they were intended, in the same order.
    pub intended_gaps_ns: Vec<u64>,
    /// From how many they were drawn.
    pub of: u64,
    /// The rate at which one worker was to ask; none where it is not the same all the time.
    pub rate_a_worker: Option<f64>,
}

/// What the system allows, and what of it was needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Bounds {
    /// Descriptors that this process needed.
    pub descriptors_needed: u64,
    /// Descriptors that this process may open; none where the system does not say.
    pub descriptors_allowed: Option<u64>,
    /// Connections from each source address, at most.
    pub ports_needed: u64,
    /// Ports that a connection can be given (`ip_local_port_range`); none for Unix-domain sockets.
    pub ports_allowed: Option<u64>,
    /// The smallest step of the clock that was seen.
    pub clock_resolution_ns: u64,
    /// Most memory in use at any time (`ru_maxrss`), in KiB.
    pub peak_memory_kib: u64,
    /// Memory that was left on the machine at the end (`MemAvailable`), in KiB; none where the system does not say.
    pub available_memory_kib: Option<u64>,
    /// How much later than planned the measured window ended.
    pub overran_s: f64,
}
