//! One trial as it was seen: the immutable raw row of a run, with the version of its schema inside.
//!
//! A row stands alone: it names its contender and its load in full. Fields may be added in later versions, and are
//! absent in older rows; their meaning never changes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use loadgen::Outcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::{Load, Plan, Trial};
use crate::warning::Warning;

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
    pub warnings: Vec<Warning>,
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

/// What a server cost with all its processes and threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ServerCost {
    /// Length of the sampled part of the steady state, in seconds. The next six are differences over it.
    pub window_s: f64,
    /// CPU time of all processes, alive and reaped, and all their threads, alive and ended, in seconds.
    pub cpu_s: f64,
    /// The part of it in the program, in seconds, to a hundredth; absent where the server is more than one process: see
    /// [`cpus_user_s`](Self::cpus_user_s) then.
    pub user_s: Option<f64>,
    /// The part of it in the kernel, in seconds, likewise.
    pub system_s: Option<f64>,
    /// Times that a thread gave up its CPU to wait: threads alive at the end of the window, scaled up where not all were asked. A
    /// thread that ended in it took its count along; [`life_voluntary`](Self::life_voluntary) has those too.
    pub voluntary: f64,
    /// Times that a thread lost its CPU to another, likewise.
    pub involuntary: f64,
    /// Time for which threads were ready to run and had no CPU, in seconds, all threads added up, likewise; absent where the
    /// kernel does not say (`CONFIG_SCHED_INFO`).
    pub run_queue_s: Option<f64>,
    /// Processes alive at the end of the window.
    pub processes: usize,
    /// Threads of all processes at the end of the window.
    pub threads: usize,
    /// How many of these threads were asked for their context switches and run-queue delay; the others are taken to be like them.
    pub threads_read: usize,
    /// Memory of all processes in KiB, shared pages divided among those that share them (PSS).
    pub pss_kib: f64,
    /// Page tables of all processes, in bytes (`VmPTE`); shared ones do not exist.
    pub page_tables_bytes: f64,
    /// Kernel stacks of all threads, in bytes.
    pub kernel_stacks_bytes: f64,
    /// Kernel buffers of TCP, in bytes, more than before the clients came. On loopback that is both ends, the server's and
    /// the generator's, and whatever other programs do; it is exact to a MiB for each CPU, no better.
    pub socket_memory_bytes: f64,
    /// Open descriptors of all processes.
    pub descriptors: f64,
    /// How many processes were asked for memory and descriptors; the others are taken to be like them.
    pub processes_read: usize,
    /// CPU time that asking for all this took within the measured window, in seconds, of the harness itself. Where it ran on
    /// a CPU of the server, that much was taken from the server.
    pub sampler_cpu_s: f64,
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
    /// Times that a thread gave up its CPU to wait, over the whole life of the server, ended threads included.
    pub life_voluntary: u64,
    /// Times that a thread lost its CPU to another, likewise.
    pub life_involuntary: u64,
    /// Requests that it answered in that life, those of the warm-up included; 0 where the life of the whole server is not known, since
    /// it had several processes and was killed before it could wait for them, and in older rows.
    pub life_requests: u64,
}

/// The system calls of a server while it answered a known number of requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SystemCalls {
    /// How often each was called; those that are not counted by name are together `others`.
    pub by_name: BTreeMap<String, u64>,
    /// Requests that were answered in that time.
    pub requests: u64,
    /// How long it was, in seconds. It is not part of the measured window.
    pub span_s: f64,
    /// How they were counted.
    pub how: Method,
    /// How long counting still went on when the measured window had begun, in seconds: 0 as it should be.
    pub overran_s: f64,
}

/// How system calls were counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// By the kernel on the server's CPUs, in the warm-up of this trial: whatever else ran there is counted too.
    #[default]
    Tracepoints,
    /// By `strace` in a short trial of its own, which slows the server down, so that it finds fewer events at once.
    Strace,
    /// In a way that a newer version knows.
    #[serde(other)]
    Unknown,
}

/// Kernel counters of TCP over a whole trial, connecting and closing included, of all programs of the machine (of this network
/// namespace): on loopback both ends. All are numbers of events, but for the last two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct NetCounters {
    /// Connections that found the accept queue full (`ListenOverflows`).
    pub listen_overflows: u64,
    /// Connection requests dropped for any reason, a full accept queue included (`ListenDrops`).
    pub listen_drops: u64,
    /// Connection requests dropped because too many were half open (`TCPReqQFullDrop`).
    pub request_queue_drops: u64,
    /// Connection requests answered with a cookie because too many were half open (`TCPReqQFullDoCookies`).
    pub request_queue_cookies: u64,
    /// Segments sent again (`RetransSegs`).
    pub retransmits: u64,
    /// Of these, connection requests and their answers (`TCPSynRetrans`).
    pub syn_retransmits: u64,
    /// Times that an acknowledgement did not come in time (`TCPTimeouts`).
    pub timeouts: u64,
    /// Segments dropped because the socket was in use and its backlog full (`TCPBacklogDrop`).
    pub backlog_drops: u64,
    /// Segments dropped because the receive queue was full (`TCPRcvQDrop`).
    pub receive_queue_drops: u64,
    /// Times that TCP ran short of memory (`TCPMemoryPressures`).
    pub memory_pressures: u64,
    /// Resets sent (`OutRsts`).
    pub resets_sent: u64,
    /// Connects that failed (`AttemptFails`).
    pub failed_connects: u64,
    /// Sockets in TIME_WAIT at the end of the trial.
    pub time_wait: u64,
    /// Sockets that nobody owns any more at the end of the trial.
    pub orphans: u64,
}

/// Why a trial is not to be counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// A short name for machines, such as `deadline`.
    pub kind: String,
    /// A sentence for people, with what they can do.
    pub reason: String,
}

impl Sample {
    /// The version of the rows that this program writes.
    pub const SCHEMA: u32 = 3;

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
        self.warnings.iter().any(Warning::disturbs)
    }
}

impl SystemCalls {
    /// Calls of every kind.
    pub fn total(&self) -> u64 {
        self.by_name.values().sum()
    }
}

impl ServerCost {
    /// What asking cost, as a share of what the server used in the same time; `None` where it used nothing.
    pub fn sampler_share(&self) -> Option<f64> {
        (self.cpu_s > 0.0).then(|| self.sampler_cpu_s / self.cpu_s)
    }

    /// The share of the server's CPUs that other programs used; `None` where it was not pinned. A hundred looks a second
    /// decide it, so that it is coarse, and slightly below 0 where nobody else was there.
    pub fn foreign_share(&self) -> Option<f64> {
        let used = self.cpus_user_s? + self.cpus_system_s?;
        let there = self.window_s * self.cpus as f64;
        (there > 0.0).then(|| (used - self.cpu_s) / there)
    }

    /// Whether every thread was asked.
    pub const fn all_threads_read(&self) -> bool {
        self.threads_read >= self.threads
    }

    /// Whether some of so many threads, or processes, stand for all where so many clients are busy: where each has a client to work
    /// for, but for one that accepts. Of a thousand, nine hundred of which have nobody to talk to, a few say nothing.
    pub const fn are_alike(threads: usize, busy: usize) -> bool {
        threads <= busy.saturating_add(1)
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
    fn what_a_trial_cost_survives_json() {
        let mut sample = sample(None);
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
