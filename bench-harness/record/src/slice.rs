//! The row of one slice: one contiguous measurement of one contender in a sitting.
//!
//! A row is small, because a run has thousands. The life of the server as a whole is a row of `trials.jsonl`, with the same
//! sitting.

use jiff::Timestamp;
use loadgen::SliceOutcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sample::Failure;
use crate::warning::TrialWarning;

/// The result of one slice. Nothing in it is computed from other slices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Slice {
    /// The version of this row: [`Slice::SCHEMA`] when it was written.
    pub schema: u32,
    /// The place of the slice in the run.
    #[serde(flatten)]
    pub place: Place,
    /// The name of the contender.
    pub contender: String,
    /// The name of the scenario.
    pub scenario: String,
    /// The step of the scenario.
    pub step: f64,
    /// Requests offered per second; absent in a closed loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<f64>,
    /// The time at which the slice began.
    pub started: Timestamp,
    /// Duration in seconds: order, settling, window, drain, reading of counters.
    pub took_s: f64,
    /// What the clients saw.
    pub clients: SliceOutcome,
    /// What the server cost.
    pub server: SliceCost,
    /// The failure; absent if the figures count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The warnings about the slice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<TrialWarning>,
}

/// The place of a slice in a run.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Place {
    /// The number of the sitting in the plan, from 0.
    pub sitting: usize,
    /// How often the processes of this sitting had been started before: above 0 if the run was resumed within the sitting.
    #[serde(default)]
    pub start: u32,
    /// The place in the order of the slices since that start, from 0.
    pub position: usize,
    /// The round in the sitting, from 0.
    pub round: usize,
    /// 0 for the first attempt, 1, 2, … for repeats because of a disturbance.
    #[serde(default)]
    pub attempt: u32,
}

/// The cost of a server in a slice, all its processes and threads together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SliceCost {
    /// Length of the part of the measured window over which CPU time was counted, in seconds.
    pub window_s: f64,
    /// CPU time over that part in seconds; absent if it could not be read.
    pub cpu_s: Option<f64>,
    /// CPU time from the order to the end of the drain, in seconds; absent likewise.
    pub whole_cpu_s: Option<f64>,
    /// Time from the order to the end of the drain, in seconds. The next fields cover it.
    pub whole_s: f64,
    /// Voluntary context switches (a thread waits), scaled up if only some threads were sampled.
    pub voluntary: f64,
    /// Involuntary context switches (a thread is preempted), likewise.
    pub involuntary: f64,
    /// Time that threads were ready to run but had no CPU, in seconds, likewise. Absent if the kernel does not record it.
    pub run_queue_s: Option<f64>,
    /// Processes.
    pub processes: usize,
    /// Threads of all processes.
    pub threads: usize,
    /// Number of threads whose context switches and run-queue delay were sampled.
    pub threads_read: usize,
    /// Number of CPUs that the server was pinned to; 0 if it was not pinned.
    pub cpus: usize,
    /// CPU time of other programs on the server's CPUs, in seconds, to 10 ms a CPU; absent if the server is not pinned.
    pub foreign_s: Option<f64>,
    /// Time that the host gave to other machines, in seconds, to 10 ms, on all CPUs.
    pub steal_s: f64,
    /// CPU time of the harness for sampling, in seconds.
    pub sampler_cpu_s: f64,
}

impl Slice {
    /// The version of the rows that this program writes.
    pub const SCHEMA: u32 = 1;

    /// True if a disturbance of the machine, and not only the contender and the load, may have shaped the figures.
    pub fn disturbed(&self) -> bool {
        self.warnings.iter().any(TrialWarning::disturbs)
    }

    /// True if its figures can enter a comparison: it did not fail and was not disturbed.
    pub fn counts(&self) -> bool {
        self.failure.is_none() && !self.disturbed()
    }

    /// Replies a second; `None` if there was no window.
    pub fn rate(&self) -> Option<f64> {
        let window = self.clients.window_s;
        (window > 0.0).then(|| self.clients.requests as f64 / window)
    }

    /// The server's CPU time a request in microseconds; `None` if it could not be read, or without replies. A time of 0 with
    /// replies is a failed reading.
    pub fn cpu_per_request_us(&self) -> Option<f64> {
        let requests = self.rate()? * self.server.window_s;
        let cpu = self.server.cpu_s.filter(|cpu| *cpu > 0.0)?;
        (requests > 0.0).then(|| cpu * 1e6 / requests)
    }

    /// The share of the CPUs that the server can use, given its threads, at most 1.
    pub fn server_share(&self) -> Option<f64> {
        let cost = &self.server;
        let usable = cost.cpus.min(cost.threads.max(cost.processes)).max(1);
        let available = cost.window_s * usable as f64;
        let share = self.server.cpu_s? / available;
        (available > 0.0).then(|| share.min(1.0))
    }

    /// The share of the window in which the generator's thread computed, at most 1.
    pub fn generator_share(&self) -> Option<f64> {
        let window = self.clients.window_s;
        (window > 0.0).then(|| (self.clients.cpu_s / window).min(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row with the fields that every version has.
    fn example() -> Slice {
        let row = r#"{"schema":1,"sitting":0,"position":1,"round":0,"contender":"a","scenario":"ladder","step":1,
            "started":"2026-01-01T00:00:00Z","took_s":0.06,"clients":{"window_s":0.05,"requests":5000},
            "server":{"window_s":0.05,"cpu_s":0.02,"cpus":1,"threads":1}}"#;
        serde_json::from_str(row).unwrap()
    }

    #[test]
    fn a_row_survives_json() {
        let slice = example();
        let row = serde_json::to_string(&slice).unwrap();
        assert!(
            row.contains(r#""sitting":0,"start":0,"position":1"#),
            "{row}"
        );
        assert_eq!(serde_json::from_str::<Slice>(&row).unwrap(), slice);
    }

    #[test]
    fn cost_and_shares_follow_from_the_counts() {
        let slice = example();
        assert_eq!(slice.rate(), Some(100_000.0));
        assert!((slice.cpu_per_request_us().unwrap() - 4.0).abs() < 1e-9);
        assert!((slice.server_share().unwrap() - 0.4).abs() < 1e-9);
    }

    #[test]
    fn no_cpu_time_with_replies_is_a_failed_reading() {
        let mut slice = example();
        slice.server.cpu_s = Some(0.0);
        assert_eq!(slice.cpu_per_request_us(), None);
    }

    #[test]
    fn no_share_is_above_one() {
        let mut slice = example();
        slice.server.cpu_s = Some(0.051);
        slice.clients.cpu_s = 0.051;
        assert_eq!(slice.server_share(), Some(1.0));
        assert_eq!(slice.generator_share(), Some(1.0));
    }
}
