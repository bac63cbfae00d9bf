//! One trial as it was seen: the immutable raw row of a run, with the version of its schema inside.
//!
//! A row stands alone: it names its contender and its load in full. Fields may be added in later versions, and are
//! absent in older rows; their meaning never changes.

use jiff::Timestamp;
use loadgen::Outcome;
use serde::{Deserialize, Serialize};

use crate::plan::{Load, Plan, Trial};
use crate::warning::Warning;

/// What one trial found out. Nothing in it is computed from other trials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// What the server counted itself, its last line on stdout.
    #[serde(default)]
    pub stats: Option<serde_json::Value>,
    /// What the generator measured; absent where it did not come to its end.
    #[serde(default)]
    pub outcome: Option<Outcome>,
    /// Why the trial is not to be counted, if so.
    #[serde(default)]
    pub failure: Option<Failure>,
    /// What makes it less certain.
    #[serde(default)]
    pub warnings: Vec<Warning>,
}

/// How quiet the machine was before a trial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gate {
    /// How long it was waited for, in seconds.
    pub waited_s: f64,
    /// Share of all CPU time in use at the end of the wait.
    pub busy: f64,
    /// Whether that was little enough.
    pub quiet: bool,
}

/// What a server cost with all its processes and threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerCost {
    /// Length of the sampled part of the steady state, in seconds. The next three are differences over it.
    pub window_s: f64,
    /// CPU time of all processes, alive and reaped, in seconds.
    pub cpu_s: f64,
    /// Times that a thread gave up its CPU to wait.
    pub voluntary: f64,
    /// Times that a thread lost its CPU to another.
    pub involuntary: f64,
    /// Processes alive at the end of the window.
    pub processes: usize,
    /// Threads of all processes at the end of the window.
    pub threads: usize,
    /// How many of these threads were asked for their context switches; the others are taken to be like them.
    pub threads_read: usize,
    /// Memory of all processes in KiB, shared pages divided among those that share them (PSS).
    pub pss_kib: f64,
    /// How many processes were asked for their memory; the others are taken to be like them.
    pub processes_read: usize,
    /// CPUs that the server was confined to; 0 where it was not pinned.
    pub cpus: usize,
    /// CPU time in the program on the CPUs of the server during the window, of all programs; absent where it is not pinned.
    pub cpus_user_s: Option<f64>,
    /// The same in the kernel.
    pub cpus_system_s: Option<f64>,
    /// CPU time in the program over the whole life of the server, in seconds, of all reaped processes.
    pub life_user_s: f64,
    /// CPU time in the kernel over the whole life of the server, in seconds, of all reaped processes.
    pub life_system_s: f64,
}

/// Why a trial is not to be counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// A short name for machines, such as `deadline`.
    pub kind: String,
    /// A sentence for people, with what they can do.
    pub reason: String,
}

impl Sample {
    /// The version of the rows that this program writes.
    pub const SCHEMA: u32 = 1;

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
            stats: None,
            outcome: None,
            failure: None,
            warnings: Vec::new(),
        }
    }

    /// Whether something else than contender and load may have made it what it is.
    pub fn disturbed(&self) -> bool {
        self.warnings.iter().any(Warning::disturbs)
    }
}

impl ServerCost {
    /// The share of the server's CPUs that other programs used; `None` where it was not pinned. A hundred looks a second
    /// decide it, so that it is coarse, and slightly below 0 where nobody else was there.
    pub fn foreign_share(&self) -> Option<f64> {
        let used = self.cpus_user_s? + self.cpus_system_s?;
        let there = self.window_s * self.cpus as f64;
        (there > 0.0).then(|| (used - self.cpu_s) / there)
    }

    /// The part of CPU time spent in the program and not in the kernel, where it is known.
    ///
    /// The kernel samples it a hundred times a second, and calls all of it user time where a process ends before it was
    /// ever seen in the kernel. For one process that evens out over its life; for many short-lived or idle children it
    /// would be wrong, so that there it is taken from the CPUs that only they use.
    pub fn user_share(&self) -> Option<f64> {
        let (user, system) = match self.processes {
            0 | 1 => (self.life_user_s, self.life_system_s),
            _ => (self.cpus_user_s?, self.cpus_system_s?),
        };
        (user + system > 0.0).then(|| user / (user + system))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A row of a contender called `a` under one connection.
    pub fn sample(outcome: Option<Outcome>) -> Sample {
        let load = r#"{"scenario":"ladder","connections":1,"payload":64,"protocol":"echo"}"#;
        let row = format!(
            r#"{{"schema":1,"trial":0,"block":0,"contender":"a","load":{load},"started":"2026-01-01T00:00:00Z","took_s":1}}"#
        );
        Sample {
            outcome,
            ..serde_json::from_str(&row).unwrap()
        }
    }

    #[test]
    fn the_smallest_row_of_the_first_schema_stays_readable() {
        let sample = sample(None);
        assert_eq!((sample.schema, sample.attempt), (1, 0));
        assert!(sample.failure.is_none() && !sample.disturbed());
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
