//! A contender: a model or an external server that takes part in a run, with all that a report needs to know about it.

use serde::{Deserialize, Serialize};

/// A model or an external server that takes part in a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contender {
    /// Its name in reports. [`Contender::model`] is the name of the model to start.
    pub name: String,
    /// The way it waits for its clients.
    pub family: Family,
    /// Its place in its family. It decides the colour and the mark in every report.
    pub place: usize,
    /// A description in one sentence.
    pub summary: String,
    /// Maximum number of clients that it declares to serve at once; absent if only the system sets a limit.
    pub capacity: Option<usize>,
    /// The reason why it cannot run on this machine; absent if it can.
    pub unsupported: Option<String>,
    /// True if it serves datagrams instead of streams.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub datagrams: bool,
    /// True if it is a reference line: others are compared with it, but a user cannot deploy it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reference_line: bool,
    /// True if it only echoes bytes and speaks no other protocol.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub echo_only: bool,
    /// The shell command of an external server, with `{port}` in it; absent for a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The name of the original, if this is a twin: the baseline measured a second time, as a control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin_of: Option<String>,
    /// The claims of the model, which a run can check. Older runs stored none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
    /// Its kind in queueing theory; absent if no simple kind fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Queue>,
}

impl Contender {
    /// A contender without limits or claims: it runs on this machine and serves any number of clients over streams.
    pub fn new(name: impl Into<String>, family: Family) -> Self {
        Self {
            name: name.into(),
            family,
            place: 0,
            summary: String::new(),
            capacity: None,
            unsupported: None,
            datagrams: false,
            reference_line: false,
            echo_only: false,
            command: None,
            twin_of: None,
            claims: Vec::new(),
            queue: None,
        }
    }

    /// The name of the model to start: a twin runs the model of its original.
    pub fn model(&self) -> &str {
        self.twin_of.as_ref().unwrap_or(&self.name)
    }
}

/// The way a contender waits for its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Blocking `read` and `write`.
    Blocking,
    /// Readiness of sockets: select, poll, epoll.
    Readiness,
    /// Completion of operations: `io_uring`.
    Completion,
    /// Coroutines: green threads with code that looks blocking.
    Coroutines,
    /// An async runtime.
    Runtimes,
    /// The kernel alone: a reference line.
    Kernel,
    /// Unknown to the harness: an external server.
    External,
}

impl Family {
    /// Its name in lists and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blocking => "blocking",
            Self::Readiness => "readiness",
            Self::Completion => "completion",
            Self::Coroutines => "coroutines",
            Self::Runtimes => "runtimes",
            Self::Kernel => "kernel",
            Self::External => "external",
        }
    }
}

/// A claim of a model that a run can test on any machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The claim as a sentence.
    pub says: String,
    /// The name of the scenario that tests it, such as `ladder`.
    pub scenario: String,
    /// The name of the metric, such as `cpu` (microseconds per request) or `memory` (KiB). The suffix `_per_connection`
    /// means its slope over the connections of the scenario.
    pub metric: String,
    /// The expected change of the metric over the steps of the scenario.
    pub expect: Expect,
}

/// The expected change of a metric over the steps of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// At the last step it is within this factor of its value at the first step, up or down.
    Flat {
        /// The factor, above 1.
        within: f64,
    },
    /// At the last step it is at least this many times its value at the first step.
    Grows {
        /// The factor.
        by: f64,
    },
    /// At every step it is at most this.
    AtMost(f64),
    /// At every step it is at least this.
    AtLeast(f64),
}

/// The kind of a server in queueing theory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Queue {
    /// One server that answers requests in the order of their arrival: M/D/1 if arrivals are random and all requests cost
    /// the same.
    OneServer,
    /// Processor sharing: all waiting requests share one server evenly.
    Shared,
}
