//! The row of one trial: immutable raw data, with the version of its schema.
//!
//! A row is complete: it holds its contender's name and its whole load. Later versions may add fields, which are absent in
//! older rows. The meaning of a field never changes.

use jiff::Timestamp;
use loadgen::Outcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::{Load, Plan, Trial};
use crate::warning::TrialWarning;

mod calls;
mod cost;
mod network;

pub use calls::{Method, SystemCalls};
pub use cost::ServerCost;
pub use network::NetCounters;

pub use crate::search_result::{SearchResult, TriedRate};

/// Share of a CPU above which a server that no client asks is said to spin.
const SPINNING: f64 = 0.5;

/// The result of one trial. Nothing in it is computed from other trials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sample {
    /// The version of this row: [`Sample::SCHEMA`] when it was written.
    pub schema: u32,
    /// The number of the trial in the plan.
    pub trial: usize,
    /// The number of its block, from 0.
    pub block: usize,
    /// 0 for the first attempt, 1, 2, … for repeats because of a disturbance.
    #[serde(default)]
    pub attempt: u32,
    /// The name of the contender.
    pub contender: String,
    /// The load that the clients put on it.
    pub load: Load,
    /// The time at which the trial began.
    pub started: Timestamp,
    /// Duration of the whole trial in seconds: wait for a quiet machine, start, measure, stop.
    pub took_s: f64,
    /// The state of the machine before the trial.
    #[serde(default)]
    pub gate: Gate,
    /// The cost of the server; absent if it ended too early.
    #[serde(default)]
    pub server: Option<ServerCost>,
    /// The system calls of the server during a known number of requests; absent if they could not be counted.
    #[serde(default)]
    pub system_calls: Option<SystemCalls>,
    /// The reason why they were not counted, with what the user can do.
    #[serde(default)]
    pub system_calls_missing: Option<String>,
    /// The kernel's network counters over the trial; absent if the kernel does not show them.
    #[serde(default)]
    pub kernel: Option<NetCounters>,
    /// The server's own counters: its last line on stdout.
    #[serde(default)]
    pub stats: Option<serde_json::Value>,
    /// The outcome of the generator, [lean](Outcome::lean) since the third schema; `outcomes/` holds the whole of it. Absent
    /// if the generator failed. The outcome of a search is that of the highest rate that met the objective, or of the last
    /// rate if none did.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// Requests offered per second; absent in a closed loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<f64>,
    /// The result of a search for the highest rate that meets the objective; absent in all other trials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<SearchResult>,
    /// The number of the sitting in the plan, if this is the life of a server in a sitting; absent in a trial with fresh
    /// processes. Outcome and cost then cover all its slices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sitting: Option<usize>,
    /// CPU time that the server used, or waited for in the run queue, while no client asked anything, as a share of one CPU;
    /// absent if it was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_share: Option<f64>,
    /// The failure of the trial; absent if its figures count.
    #[serde(default)]
    pub failure: Option<Failure>,
    /// The warnings about the trial: each makes its figures less certain.
    #[serde(default)]
    pub warnings: Vec<TrialWarning>,
}

/// The state of the machine before a trial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Gate {
    /// Duration of the wait for a quiet machine, in seconds.
    pub waited_s: f64,
    /// Share of all CPU time in use at the end of the wait.
    pub busy: f64,
    /// True if that share was low enough.
    pub quiet: bool,
    /// Sockets in TIME_WAIT at the end of the wait.
    pub time_wait: u64,
}

/// The reason why the figures of a trial do not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// The kind of failure.
    pub kind: FailureKind,
    /// The reason in a sentence, with what the user can do.
    pub reason: String,
}

/// The kind of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The contender cannot run on this machine, or cannot be measured under this load.
    Unsupported,
    /// The rate is a share of the peak, and the probe found no peak.
    NoPeak,
    /// The server did not start, or did not stop properly.
    Server,
    /// The generator produced no outcome.
    Generator,
    /// Replies were wrong.
    Mismatch,
    /// No connect succeeded.
    Refused,
    /// No request was answered in the measured window.
    NothingServed,
    /// A kind of a newer version.
    #[serde(other)]
    Unknown,
}

impl Failure {
    /// A failure of this kind. The reason is a sentence for the user.
    pub fn new(kind: FailureKind, reason: impl Into<String>) -> Self {
        Self {
            kind,
            reason: reason.into(),
        }
    }
}

impl Sample {
    /// The version of the rows that this program writes.
    pub const SCHEMA: u32 = 5;

    /// The row of a trial that begins: no results yet.
    pub fn begin(plan: &Plan, trial: Trial, started: Timestamp) -> Self {
        Self {
            schema: Self::SCHEMA,
            trial: trial.number,
            block: trial.block,
            attempt: trial.attempt,
            contender: plan.contenders[trial.contender].name.clone(),
            load: plan.loads[trial.load].clone(),
            started,
            took_s: 0.0,
            gate: Gate::default(),
            server: None,
            system_calls: None,
            system_calls_missing: None,
            kernel: None,
            stats: None,
            outcome: None,
            offered: None,
            capacity: None,
            sitting: None,
            idle_share: None,
            failure: None,
            warnings: Vec::new(),
        }
    }

    /// The row as `trials.jsonl` stores it, with the lean outcome.
    #[must_use]
    pub fn lean(&self) -> Self {
        Self {
            outcome: self.outcome.as_ref().map(Outcome::lean),
            ..self.clone()
        }
    }

    /// True if the server computes although no client asks: it polls without waiting.
    pub fn spins(&self) -> bool {
        self.idle_share.is_some_and(|share| share > SPINNING)
    }

    /// True if a disturbance of the machine, and not only the contender and the load, may have shaped the figures.
    pub fn disturbed(&self) -> bool {
        self.warnings.iter().any(TrialWarning::disturbs)
    }
}

/// A row of the contender `a` under one connection, for tests and examples.
pub fn example(outcome: Option<Outcome>) -> Sample {
    let load = r#"{"scenario":"ladder","connections":1,"payload":64,"protocol":"echo"}"#;
    let row = format!(
        r#"{{"schema":1,"trial":0,"block":0,"contender":"a","load":{load},"started":"2026-01-01T00:00:00Z","took_s":1}}"#
    );
    Sample {
        outcome,
        ..serde_json::from_str(&row).expect("a row of the first schema")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_smallest_row_of_the_first_schema_stays_readable() {
        let sample = example(None);
        assert_eq!((sample.schema, sample.attempt), (1, 0));
        assert!(sample.failure.is_none() && !sample.disturbed());
    }

    #[test]
    fn the_cost_of_a_trial_survives_json() {
        let mut sample = example(None);
        sample.server = Some(ServerCost {
            run_queue_s: Some(0.25),
            sampler_cpu_s: 0.001,
            cpu_s: 0.5,
            ..ServerCost::default()
        });
        sample.system_calls = Some(SystemCalls {
            by_name: BTreeMap::from([("read".to_owned(), 20), ("others".to_owned(), 1)]),
            requests: 10,
            how: Method::Strace,
            ..SystemCalls::default()
        });
        sample.kernel = Some(NetCounters {
            listen_overflows: 3,
            ..NetCounters::default()
        });
        let row = serde_json::to_string(&sample).unwrap();
        assert!(row.contains(r#""how":"strace""#), "{row}");
        assert_eq!(serde_json::from_str::<Sample>(&row).unwrap(), sample);
        assert_eq!(sample.system_calls.unwrap().total(), 21);
        assert_eq!(sample.server.unwrap().sampler_share(), Some(0.002));
    }

    #[test]
    fn the_user_share_of_several_processes_is_that_of_their_cpus() {
        let mut cost = ServerCost {
            processes: 1,
            life_user_s: 0.1,
            life_system_s: 0.9,
            ..ServerCost::default()
        };
        assert_eq!(cost.user_share(), Some(0.1));
        cost.processes = 100;
        assert_eq!(cost.user_share(), None);
        (cost.cpus_user_s, cost.cpus_system_s) = (Some(0.25), Some(0.75));
        assert_eq!(cost.user_share(), Some(0.25));
    }
}
