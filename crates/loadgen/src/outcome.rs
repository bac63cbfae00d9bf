//! What a load run found out, as one serialisable value: the JSON document of `echolab load --json`.
//!
//! All counts, bytes and latencies belong to the measured window (after connecting and warm-up), but for
//! [`Connections`], [`Outcome::errors`], [`Outcome::over_time`] and what says so itself, which tell the whole run. Where some
//! classes of clients are honest (they read and write at once) and others are not, the requests and latencies at the top
//! are those of the honest ones; each class stands for itself in [`Outcome::classes`]. Durations are seconds where
//! the name ends in `_s` and nanoseconds where it ends in `_ns`. A field that this version does not know is ignored and
//! one that an older version did not write has its default, so that stored outcomes stay readable.

mod class;
mod columns;
mod datagrams;
mod generator;
mod lean;
mod merge;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Check, Latency, Timeline};

pub use class::{Censored, ClassOutcome, Fairness};
pub use datagrams::Datagrams;
pub use generator::{Arrivals, Bounds, Cost};

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

/// What the generator was told to do, as text where the text is what a reader wants.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LoadSummary {
    /// `ADDR:PORT`, `udp:ADDR:PORT` or `unix:PATH`.
    pub target: String,
    /// `echo` or `framed`.
    pub protocol: String,
    /// Connections asked for.
    pub connections: u64,
    /// When requests of the first class are due, for example `closed` or `open, 20000 a second, poisson`. So the next
    /// fields: each class says more in [`Outcome::classes`].
    pub schedule: String,
    /// Payload size or distribution, as on the command line: `64`, `uniform:16..1024`, `64:0.9,4096:0.1`.
    pub payload: String,
    /// Work that each request asks for, for example `spin:250us`; `none` for none.
    pub work: String,
    /// Bytes wanted back, where it is not the size of the payload.
    pub reply_size: Option<u64>,
    /// Requests that a connection sends before it waits for the oldest reply.
    pub pipeline: u64,
    /// The longest that the measured window may last.
    pub duration_s: f64,
    /// The number of requests after which the run ends, where one was given.
    pub requests: Option<u64>,
    /// Time of full load before the measured window.
    pub warmup_s: f64,
    /// Connections begun a second; none means as fast as they are accepted.
    pub connect_rate: Option<f64>,
    /// Time after which a connect counts as timed out.
    pub connect_timeout_s: f64,
    /// Time after which a datagram counts as lost; absent where the server was connected to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_timeout_s: Option<f64>,
    /// How often a lost connection is opened again.
    pub reconnects: u32,
    /// Worker threads of each process.
    pub threads: u64,
    /// Generator processes.
    pub processes: u64,
    /// What payloads are made from.
    pub seed: u64,
    /// Whether every reply was compared byte for byte.
    pub verify: bool,
    /// Whether workers spun instead of sleeping.
    pub busy: bool,
    /// Addresses that connections came from; empty for the system's choice.
    pub sources: Vec<String>,
}

/// The requests of the measured window, cut in two halves of the same duration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Halves {
    /// Requests in the first half, interpolated between the moments of [`Outcome::over_time`].
    pub first: u64,
    /// Requests in the second half.
    pub second: u64,
}

/// What became of the connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Connections {
    /// Connects begun; more than were asked for where lost connections are opened again.
    pub attempted: u64,
    /// Connects that succeeded.
    pub established: u64,
    /// Connects that were refused: nobody listens there.
    pub refused: u64,
    /// Connects that did not succeed in time.
    pub timed_out: u64,
    /// Connects that failed otherwise; [`Outcome::errors`] says how.
    pub failed: u64,
    /// Established connections that the server reset.
    pub reset: u64,
    /// Established connections that the server closed.
    pub closed: u64,
    /// Connections that were established, asked something, and never got a reply.
    pub never_served: u64,
    /// The most that were open at the same time.
    pub open_at_once: u64,
    /// Those still open at the end.
    pub open_at_end: u64,
}

/// What had happened until a point in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Moment {
    /// Since the first connect.
    pub at_s: f64,
    /// Requests answered, those before the measured window included.
    pub requests: u64,
    /// Connects begun.
    pub attempted: u64,
    /// Connects that succeeded.
    pub established: u64,
    /// Connects that were refused.
    pub refused: u64,
    /// Connects that timed out.
    pub timed_out: u64,
    /// Connections that were reset.
    pub reset: u64,
    /// Connections that had been served at least once.
    pub served: u64,
    /// Connections open at this moment.
    pub open: u64,
    /// Requests on their way at this moment.
    pub busy: u64,
    /// Requests that waited for a free connection at this moment.
    pub queued: u64,
    /// Everything that went wrong.
    pub errors: u64,
}

impl Moment {
    /// Connects under way.
    pub const fn connecting(&self) -> u64 {
        let decided = self.established + self.refused + self.timed_out;
        self.attempted.saturating_sub(decided)
    }

    /// Adds the counts of another worker at the same time.
    pub const fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.attempted += other.attempted;
        self.established += other.established;
        self.refused += other.refused;
        self.timed_out += other.timed_out;
        self.reset += other.reset;
        self.served += other.served;
        self.open += other.open;
        self.busy += other.busy;
        self.queued += other.queued;
        self.errors += other.errors;
    }
}

/// Whether the replies were right.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Verification {
    /// Replies compared byte for byte and found right, in the measured window; 0 where verification was off.
    pub verified: u64,
    /// Replies that were wrong, over the whole run: a wrong byte, id or size, or bytes that nobody asked for.
    pub mismatched: u64,
    /// The first of them, in words.
    pub first_mismatch: Option<String>,
}

/// One second of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Interval {
    /// When it began, since the first connect.
    pub at_s: f64,
    /// How long it was: a second, or more where the run is too long for so many intervals.
    pub duration_s: f64,
    /// Whether it is part of the measured window.
    pub measured: bool,
    /// Requests answered in it.
    pub requests: u64,
    /// Requests a second.
    pub rate: f64,
    /// From intended to answered, of the requests answered in it, to two digits.
    pub response: Latency,
    /// Connects under way at its end.
    pub connecting: u64,
    /// Connections open at its end.
    pub open: u64,
    /// Requests on their way at its end.
    pub busy: u64,
    /// Requests that waited for a free connection at its end.
    pub queued: u64,
    /// Everything that went wrong in it.
    pub errors: u64,
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
