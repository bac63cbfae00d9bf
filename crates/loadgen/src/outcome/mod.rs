//! What a load run found out, as one serialisable value: the JSON document of `echolab load --json`.
//!
//! All counts, bytes and latencies belong to the measured window (after connecting and warm-up), but for
//! [`Connections`], [`Outcome::errors`], [`Outcome::over_time`] and what says so itself, which tell the whole run. Where some
//! classes of clients are honest (they read and write at once) and others are not, the requests and latencies at the top
//! are those of the honest ones; each class stands for itself in [`Outcome::classes`]. Durations are seconds where
//! the name ends in `_s` and nanoseconds where it ends in `_ns`. A field that this version does not know is ignored and
//! one that an older version did not write has its default, so that stored outcomes stay readable.

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

/// Everything that one run measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Outcome {
    /// The version of this document: [`Outcome::SCHEMA`] when it was written.
    pub schema: u32,
    /// What the generator was told to do.
    pub load: LoadSummary,
    /// Whether the run was stopped before its end, by Ctrl-C for example. What was measured until then is all here.
    pub interrupted: bool,
    /// Time from the first connect to the beginning of the measured window: connecting and warm-up.
    pub window_start_s: f64,
    /// Real length of the measured window. All rates divide by it.
    pub elapsed_s: f64,
    /// Requests whose reply was complete in the window.
    pub requests: u64,
    /// Requests a second of real time.
    pub rate: f64,
    /// The requests of the window's halves: a steady run has about the same number in both.
    pub halves: Halves,
    /// Bytes handed to the kernel, headers of frames included.
    pub bytes_sent: u64,
    /// Bytes received, headers of frames included.
    pub bytes_received: u64,
    /// From the time at which a request was intended until its reply was complete: what a user waits.
    pub response: Latency,
    /// From the time at which a request was sent until its reply was complete: what the server takes.
    pub service: Latency,
    /// From `connect` until the connection was established, over the whole run.
    pub connect: Latency,
    /// What was not finished when the run ended. Its waits are part of [`response`](Self::response) and
    /// [`service`](Self::service), as long as they lasted until the end.
    pub censored: Censored,
    /// What became of datagrams; absent where the server was connected to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datagrams: Option<Datagrams>,
    /// What became of the connections, over the whole run.
    pub connections: Connections,
    /// How evenly the connections were served.
    pub fairness: Fairness,
    /// Each class of clients for itself, in the order of the load. Empty in a [lean](Self::lean) outcome of one class, whose
    /// figures are those at the top.
    pub classes: Vec<ClassOutcome>,
    /// Requests that the schedule intended in the window; in a closed loop those that were asked.
    pub offered: u64,
    /// Intended requests a second, by the schedule as it was ordered; none in a closed loop.
    pub offered_rate: Option<f64>,
    /// How far the generator itself was behind its schedule: from the time at which a request was due to the time at
    /// which the generator saw to it. Empty for a closed loop without thinking, which has no times of its own.
    pub lag: Latency,
    /// A sample of the times between requests as the generator saw to them.
    pub arrivals: Arrivals,
    /// Requests on their way, summed over the time of the window: divided by [`elapsed_s`](Self::elapsed_s) it is their
    /// mean number, counted and not computed from latencies, so that Little's law can be tested with it.
    pub busy_connection_seconds: f64,
    /// The run second by second, from the first connect; empty in a [lean](Self::lean) outcome.
    pub intervals: Vec<Interval>,
    /// How things stood at regular times from the first connect to the end. Written as columns: one list a count, or one number
    /// where it is the same at all times.
    #[serde(with = "columns")]
    #[schemars(with = "columns::Columns")]
    pub over_time: Vec<Moment>,
    /// The first requests of the first clients, one by one, where they were asked for; over the whole run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub timelines: Vec<Timeline>,
    /// Whether the replies were right.
    pub verification: Verification,
    /// Everything that went wrong, by kind (`refused`, `reset`, `mismatch`, …), over the whole run.
    pub errors: BTreeMap<String, u64>,
    /// What the generator itself cost, and how much it was disturbed.
    pub cost: Cost,
    /// What the system allows, and what of it was needed.
    pub bounds: Bounds,
    /// What the generator has to say about its own figures; in a [lean](Self::lean) outcome, only what is not as it should be.
    pub checks: Vec<Check>,
    /// Whether the figures mean something: no check invalidates them. Older documents judged nothing and count as valid.
    #[serde(default = "unjudged")]
    pub valid: bool,
}

const fn unjudged() -> bool {
    true
}

impl Outcome {
    /// The version of the document that this crate writes.
    pub const SCHEMA: u32 = 2;

    /// CPU time of the generator for one request in microseconds, or `None` where no request was answered.
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
    fn cost_a_request_is_unknown_without_requests() {
        let mut outcome = Outcome::default();
        outcome.cost.user_s = 0.25;
        outcome.cost.system_s = 0.75;
        assert_eq!(outcome.cpu_per_request_us(), None);
        outcome.requests = 200_000;
        assert_eq!(outcome.cpu_per_request_us(), Some(5.0));
    }
}
