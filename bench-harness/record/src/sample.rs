//! One trial as it was seen: the immutable raw row of a run, with the version of its schema inside.
//!
//! A row stands alone: it names its contender and its load in full. Fields may be added in later versions, and are
//! absent in older rows; their meaning never changes.

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

pub use crate::capacity::{Capacity, Step};

/// What one trial found out. Nothing in it is computed from other trials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sample {
    /// The version of this row: [`Sample::SCHEMA`] when it was written.
    pub schema: u32,
    /// The number of the trial in the plan.
    pub trial: usize,
    /// The block that it belongs to.
    pub block: usize,
    /// 0, or which repeat of a disturbed trial this is.
    #[serde(default)]
    pub attempt: u32,
    /// Who served.
    pub contender: String,
    /// What clients did.
    pub load: Load,
    /// When it began.
    pub started: Timestamp,
    /// How long all of it took, in seconds: the wait for a quiet machine, starting, measuring, stopping.
    pub took_s: f64,
    /// The state of the machine before it began.
    #[serde(default)]
    pub gate: Gate,
    /// What the server cost; absent where it did not live long enough.
    #[serde(default)]
    pub server: Option<ServerCost>,
    /// The system calls of the server during a known number of requests, where they could be counted.
    #[serde(default)]
    pub system_calls: Option<SystemCalls>,
    /// Why they were not counted, and how that can be allowed.
    #[serde(default)]
    pub system_calls_missing: Option<String>,
    /// What the kernel's network counters say about the trial; absent where it does not show them.
    #[serde(default)]
    pub kernel: Option<NetCounters>,
    /// What the server counted itself, its last line on stdout.
    #[serde(default)]
    pub stats: Option<serde_json::Value>,
    /// What the generator measured, [lean](Outcome::lean) since the third schema: the whole of it is in `outcomes/`. Absent where the
    /// generator did not come to its end. Of a search it is what the highest rate came to that
    /// held, or the last of all where none did.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// Requests offered a second; absent in a closed loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<f64>,
    /// What a search for the highest rate that the server bears came to; absent where the trial was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Capacity>,
    /// Why the trial is not to be counted, if so.
    #[serde(default)]
    pub failure: Option<Failure>,
    /// What makes it less certain.
    #[serde(default)]
    pub warnings: Vec<TrialWarning>,
}

/// How quiet the machine was before a trial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Gate {
    /// How long it was waited for, in seconds.
    pub waited_s: f64,
    /// Share of all CPU time in use at the end of the wait.
    pub busy: f64,
    /// Whether that was little enough.
    pub quiet: bool,
    /// Sockets in TIME_WAIT at the end of the wait.
    pub time_wait: u64,
}

/// Why a trial is not to be counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// What failed.
    pub kind: FailureKind,
    /// A sentence for people, with what they can do.
    pub reason: String,
}

/// What failed in a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The contender cannot run here, or cannot be measured under this load.
    Unsupported,
    /// The rate is a share of a peak that the probe did not find.
    NoPeak,
    /// The server did not start, or did not end as it should.
    Server,
    /// The generator had no outcome.
    Generator,
    /// Replies were wrong.
    Mismatch,
    /// No connect succeeded.
    Refused,
    /// No request was answered in the measured window.
    NothingServed,
    /// A kind that only a newer version knows.
    #[serde(other)]
    Unknown,
}

impl Sample {
    /// The version of the rows that this program writes.
    pub const SCHEMA: u32 = 4;

    /// The row of a trial about which nothing is known yet.
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
            failure: None,
            warnings: Vec::new(),
        }
    }

    /// The row of it that is read again with all others.
    #[must_use]
    pub fn lean(&self) -> Self {
        Self {
            outcome: self.outcome.as_ref().map(Outcome::lean),
            ..self.clone()
        }
    }

    /// Whether something else than contender and load may have made it what it is.
    pub fn disturbed(&self) -> bool {
        self.warnings.iter().any(TrialWarning::disturbs)
    }
}

/// A row of a contender called `a` under one connection, for tests and examples.
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
    fn what_a_trial_cost_survives_json() {
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
    fn the_split_of_many_processes_is_that_of_their_cpus() {
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
