//! The results of a run as one serialisable value: the JSON document of `echolab load --json`.
//!
//! Counts, bytes and latencies cover the measured window, which starts after connecting and warm-up. [`Connections`],
//! [`Outcome::errors`], [`Outcome::over_time`] and fields that say so cover the whole run.
//!
//! If some classes are honest (they read and write at once) and others are not, the requests and latencies at the top are
//! those of the honest classes. [`Outcome::classes`] has each class separately.
//!
//! Durations are in seconds if the name ends in `_s`, in nanoseconds if it ends in `_ns`. Unknown fields are ignored and
//! missing fields have defaults, so that outcomes of other versions stay readable.

pub mod check;
pub mod class;
mod columns;
pub mod connections;
pub mod datagrams;
pub mod generator;
pub mod hlog;
pub mod latency;
mod lean;
pub mod load_summary;
pub mod over_time;
mod schema;
pub mod slice;
pub mod timeline;
pub mod verification;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::outcome::check::Check;
use crate::outcome::class::{Censored, ClassOutcome, Fairness};
use crate::outcome::connections::Connections;
use crate::outcome::datagrams::Datagrams;
use crate::outcome::generator::{Arrivals, Bounds, Cost};
use crate::outcome::latency::Latency;
use crate::outcome::load_summary::LoadSummary;
use crate::outcome::over_time::{Halves, Interval, Moment};
use crate::outcome::timeline::Timeline;
use crate::outcome::verification::Verification;

/// All results of one run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Outcome {
    /// Version of this document: [`Outcome::SCHEMA`] when it was written.
    pub schema: u32,
    /// The load.
    pub load: LoadSummary,
    /// True if the run was stopped early, for example by Ctrl-C. The outcome covers the time until then.
    pub interrupted: bool,
    /// True if the server ended in the run: no connection was left at the end, and no server listens there any more. The
    /// figures are those until then. Absent if it lived.
    #[serde(skip_serializing_if = "is_false")]
    pub server_died: bool,
    /// Time from the first connect to the start of the measured window: connecting and warm-up.
    pub window_start_s: f64,
    /// Real duration of the measured window. All rates divide by it.
    pub elapsed_s: f64,
    /// Number of slices that the window consists of: they follow each other in time, with pauses that no figure contains.
    /// Absent for one window. Then the latencies also include replies that came shortly after the end of a slice.
    #[serde(skip_serializing_if = "is_zero")]
    pub slices: u64,
    /// Replies completed in the window.
    pub requests: u64,
    /// Requests per second, by the real duration.
    pub rate: f64,
    /// Requests in the two halves of the window; about equal in a steady run.
    pub halves: Halves,
    /// Bytes handed to the kernel, including frame headers.
    pub bytes_sent: u64,
    /// Bytes received, including frame headers.
    pub bytes_received: u64,
    /// Response time: from the intended time of a request to its complete reply. It is what a user waits.
    pub response: Latency,
    /// Service time: from sending a request to its complete reply. It is what the server takes.
    pub service: Latency,
    /// Time from `connect` to the established connection, over the whole run.
    pub connect: Latency,
    /// Requests without a reply at the end of the run. Their waits until the end are part of [`response`](Self::response)
    /// and [`service`](Self::service).
    pub censored: Censored,
    /// Lost, late, duplicated and reordered datagrams; absent for a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datagrams: Option<Datagrams>,
    /// Counts of connections over the whole run.
    pub connections: Connections,
    /// How evenly the clients were served.
    pub fairness: Fairness,
    /// The results of each class, in the order of the load. Empty in a [lean](Self::lean) outcome of one class, whose
    /// figures are those at the top.
    pub classes: Vec<ClassOutcome>,
    /// Requests that the schedule called for in the window; in a closed loop, requests sent.
    pub offered: u64,
    /// Requests per second that the schedule called for; `None` in a closed loop.
    pub offered_rate: Option<f64>,
    /// Lag of the generator: from the time at which a request was due to the time at which the generator handled it. Empty
    /// for a closed loop without think time, which has no due times.
    pub lag: Latency,
    /// A sample of the times between requests.
    pub arrivals: Arrivals,
    /// Requests in flight, integrated over the window. Divided by [`elapsed_s`](Self::elapsed_s) it is their mean number. It
    /// is counted and not computed from latencies, so that it can test Little's law.
    pub busy_connection_seconds: f64,
    /// The run second by second, from the first connect. Empty in a [lean](Self::lean) outcome.
    pub intervals: Vec<Interval>,
    /// Counts at regular times from the first connect to the end, stored as columns: one list per count, or a single number
    /// if it never changes.
    #[serde(with = "columns")]
    #[schemars(with = "columns::Columns")]
    pub over_time: Vec<Moment>,
    /// The first requests of a few clients, individually, if requested; over the whole run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub timelines: Vec<Timeline>,
    /// Result of comparing replies with requests.
    pub verification: Verification,
    /// Number of errors of each kind (`refused`, `reset`, `mismatch`, …) in the whole run.
    pub errors: BTreeMap<String, u64>,
    /// Cost of the generator, and how much it was disturbed.
    pub cost: Cost,
    /// Limits of the system, and what the run needed of them.
    pub bounds: Bounds,
    /// Checks of the generator on its own figures. A [lean](Self::lean) outcome has only those that are not ok.
    pub checks: Vec<Check>,
    /// True if no check makes the figures invalid. Documents from before the checks count as valid.
    #[serde(default = "unjudged")]
    pub valid: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

const fn unjudged() -> bool {
    true
}

impl Outcome {
    /// Version of the document that this crate writes.
    pub const SCHEMA: u32 = 2;

    /// CPU time of the generator per request in microseconds; `None` if there was no reply.
    pub fn cpu_per_request_us(&self) -> Option<f64> {
        let cpu = self.cost.user_s + self.cost.system_s;
        (self.requests > 0).then(|| cpu * 1e6 / self.requests as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_survives_json() {
        let outcome = Outcome {
            schema: Outcome::SCHEMA,
            requests: 7,
            errors: BTreeMap::from([("reset".to_owned(), 2)]),
            over_time: vec![Moment::default()],
            ..Outcome::default()
        };
        let json = serde_json::to_string(&outcome).unwrap();
        assert_eq!(serde_json::from_str::<Outcome>(&json).unwrap(), outcome);
    }

    #[test]
    fn documents_of_other_versions_stay_readable() {
        let outcome: Outcome =
            serde_json::from_str(r#"{"schema":1,"requests":3,"from_the_future":true}"#).unwrap();
        assert_eq!((outcome.requests, outcome.cost.waits), (3, 0));
    }

    #[test]
    fn cost_per_request_is_unknown_without_requests() {
        let mut outcome = Outcome::default();
        outcome.cost.user_s = 0.25;
        outcome.cost.system_s = 0.75;
        assert_eq!(outcome.cpu_per_request_us(), None);
        outcome.requests = 200_000;
        assert_eq!(outcome.cpu_per_request_us(), Some(5.0));
    }
}
