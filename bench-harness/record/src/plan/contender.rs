//! A contender: a model or an external server that takes part in a run, with all that later reports say of it.

use serde::{Deserialize, Serialize};

/// A model or an external server that takes part in a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contender {
    /// Its name in reports; [`Contender::model`] is the name of the model to serve.
    pub name: String,
    /// The way it waits.
    pub family: Family,
    /// Its place in its family, which decides its colour and mark in every report.
    pub place: usize,
    /// What it is, in one sentence.
    pub summary: String,
    /// Number of clients that it declares to serve at once; absent where only the system sets a limit.
    pub capacity: Option<usize>,
    /// Why it cannot run on this machine, if it cannot.
    pub unsupported: Option<String>,
    /// True if it serves datagrams and no streams.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub datagrams: bool,
    /// True if it is a reference line: others are compared with it, but a user cannot deploy it instead of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reference_line: bool,
    /// True if it sends back bytes and speaks no other protocol.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub echo_only: bool,
    /// The shell command of an external server, with `{port}` in it; absent for a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The contender of which this is the twin: the baseline measured a second time, as a control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin_of: Option<String>,
    /// What the model says of itself and a run can check. Runs of 0.1.0 and earlier stored none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
    /// Its kind in queueing theory, where theory has a simple word for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Queue>,
}

impl Contender {
    /// A contender without limits: it serves any number of clients over streams, runs here, and says nothing of itself.
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

    /// The name of the model to serve: a twin runs the model of its original.
    pub fn model(&self) -> &str {
        self.twin_of.as_ref().unwrap_or(&self.name)
    }
}

/// The way a contender waits for its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// In `read` and `write`, one thread or process a conversation.
    Blocking,
    /// For sockets that are ready: select, poll, epoll.
    Readiness,
    /// For operations that are complete: `io_uring`.
    Completion,
    /// In green threads, with code that looks blocking.
    Coroutines,
    /// In an async runtime.
    Runtimes,
    /// In the kernel alone: a reference line.
    Kernel,
    /// In a way that the harness does not know: an external server.
    External,
}

impl Family {
    /// The name in lists and reports.
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

/// A sentence about a model that a run can test, on any machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The sentence.
    pub says: String,
    /// The name of the scenario that tests it, such as `ladder`.
    pub scenario: String,
    /// The name of the figure, such as `cpu` (microseconds a request) or `memory` (KiB); with `_per_connection` after it,
    /// its slope over the connections of the scenario.
    pub metric: String,
    /// What the figure is expected to do.
    pub expect: Expect,
}

/// What a figure is expected to do over the steps of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// At the last step it is within this factor of the first, up or down.
    Flat {
        /// The factor, above 1.
        within: f64,
    },
    /// At the last step it is at least this many times that of the first.
    Grows {
        /// The factor.
        by: f64,
    },
    /// It is at no step more than this.
    AtMost(f64),
    /// It is at no step less than this.
    AtLeast(f64),
}

/// A server in the words of queueing theory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Queue {
    /// One server that serves requests in the order in which they came: M/D/1 where they come at random and cost alike.
    OneServer,
    /// One server that all requests which are there share evenly: processor sharing.
    Shared,
}
