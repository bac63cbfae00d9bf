//! What a model says about itself: the source of `echolab list`, of the reports and of what conformance asserts.

use std::io;

use echo_protocol::Protocol;
use serde::Serialize;

/// A model's description.
#[derive(Debug, Serialize)]
pub struct About {
    /// The name on the command line, and `model-NAME` the crate.
    pub name: &'static str,
    /// The way it waits.
    pub family: Family,
    /// What it serves: streams of bytes, or datagrams.
    pub transport: Transport,
    /// One sentence that a student understands.
    pub summary: &'static str,
    /// How many clients it can serve at once.
    pub capacity: Capacity,
    /// What `--workers` means to it.
    pub workers: Workers,
    /// Who waits while requested work runs.
    pub work: WorkPlace,
    /// Where the design is described or was made famous.
    pub source: &'static str,
    /// What a measurement can find true or false about it.
    pub claims: &'static [Claim],
}

/// A sentence about a model that a comparison can test, on any machine.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// The sentence.
    pub says: &'static str,
    /// The name of the scenario that tests it, such as `ladder` or `idle`.
    pub scenario: &'static str,
    /// The name of the figure, such as `cpu` (microseconds a request) or `memory` (KiB); with `_per_connection` after it, its
    /// slope over the connections of the scenario.
    pub metric: &'static str,
    /// What the figure is expected to do.
    pub expect: Expect,
}

/// What several models say about themselves.
impl Claim {
    /// One thread serves everybody.
    pub const ONE_THREAD: Self = Self {
        says: "One thread, however many clients there are.",
        scenario: "ladder",
        metric: "threads",
        expect: Expect::AtMost(1.0),
    };
    /// There are as many threads as there were from the beginning.
    pub const FIXED_THREADS: Self = Self {
        says: "The number of threads does not depend on the number of clients.",
        scenario: "ladder",
        metric: "threads",
        expect: Expect::Flat { within: 1.01 },
    };
    /// Each request wakes the thread that waits for it.
    pub const A_SWITCH_A_REQUEST: Self = Self {
        says: "A request costs about one context switch: its thread sleeps until it comes.",
        scenario: "ladder",
        metric: "voluntary",
        expect: Expect::AtLeast(0.8),
    };
    /// Who is silent takes no CPU time.
    pub const IDLE_CLIENTS_ARE_FREE: Self = Self {
        says: "CPU a request does not grow with the number of idle clients.",
        scenario: "idle",
        metric: "cpu",
        expect: Expect::Flat { within: 1.25 },
    };
    /// Who is silent takes CPU time all the same.
    pub const IDLE_CLIENTS_COST: Self = Self {
        says: "CPU a request grows with the number of idle clients.",
        scenario: "idle",
        metric: "cpu",
        expect: Expect::Grows { by: 1.5 },
    };
    /// A client takes a socket, a session and little else.
    pub const SMALL_CONNECTIONS: Self = Self {
        says: "A connection costs less than 4 KiB, the kernel's tables and stacks included.",
        scenario: "ladder",
        metric: "whole_memory_per_connection",
        expect: Expect::AtMost(4.0),
    };
    /// What is asked for and what is done go through memory; the kernel is only called to wait.
    pub const TWO_SYSTEM_CALLS: Self = Self {
        says: "A request takes two system calls at most, one to wait for it and one for its reply.",
        scenario: "ladder",
        metric: "system_calls",
        expect: Expect::AtMost(2.1),
    };
    /// Long work is done where nobody else waits for it.
    pub const LIGHT_REQUESTS_GO_AHEAD: Self = Self {
        says: "Light requests do not wait for heavy ones: of 20 ms of computing their p99 sees less than 10.",
        scenario: "work",
        metric: "first_class_p99",
        expect: Expect::AtMost(10e6),
    };
    /// Long work is done in the only loop.
    pub const LIGHT_REQUESTS_WAIT: Self = Self {
        says: "Light requests wait for heavy ones: of 20 ms of computing their p99 sees more than 10.",
        scenario: "work",
        metric: "first_class_p99",
        expect: Expect::AtLeast(10e6),
    };
}

/// What a figure is expected to do over the steps of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expect {
    /// At the last step it is within this factor of the first, up or down.
    Flat {
        /// The factor, above 1.
        within: f64,
    },
    /// At the last step it is at least so many times that of the first.
    Grows {
        /// How many times.
        by: f64,
    },
    /// At no step is it more.
    AtMost(f64),
    /// At no step is it less.
    AtLeast(f64),
}

impl About {
    /// What queueing theory would call it where many clients ask for little; `None` where theory has no simple word for it.
    ///
    /// One loop serves whoever came first. Threads of the kernel share its CPUs as if it were one processor as fast as all. Several
    /// loops, pools, and servers that let clients wait for a whole conversation of others are neither.
    pub const fn queue(&self) -> Option<Queue> {
        match (self.work, self.capacity, self.family) {
            (WorkPlace::Loop | WorkPlace::Timer, Capacity::System | Capacity::FdSetSize, _) => {
                Some(Queue::OneServer)
            }
            (WorkPlace::Conversation, Capacity::System, Family::Blocking) => Some(Queue::Shared),
            _ => None,
        }
    }

    /// Whether it is a reference line: what others can be held against, and nobody can take instead of them.
    pub const fn is_reference_line(&self) -> bool {
        matches!(self.family, Family::Kernel)
    }

    /// Whether it understands this protocol. Frames can ask for work, so who has no place for it speaks none.
    pub fn speaks(&self, protocol: Protocol) -> bool {
        protocol == Protocol::Echo || self.work != WorkPlace::Nowhere
    }

    /// Whether it serves Unix-domain sockets too, as all streams but those of the kernel's own TCP.
    pub fn serves_unix_sockets(&self) -> bool {
        self.transport == Transport::Stream && !self.is_reference_line()
    }
}

/// A server in the words of queueing theory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Queue {
    /// One server that serves requests in the order in which they came: M/D/1 where they come at random and cost alike.
    OneServer,
    /// One server that all requests which are there share evenly: processor sharing.
    Shared,
}

/// How a model waits for its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// In `read` and `write`, one thread or process a conversation.
    Blocking,
    /// For sockets that are ready: select, poll, epoll.
    Readiness,
    /// For operations that are complete: `io_uring`.
    Completion,
    /// In green threads that look blocking and are not.
    Coroutines,
    /// In an async runtime.
    Runtimes,
    /// Not at all: the kernel alone moves the bytes. Such a one is a reference line and no contender, because there is no
    /// program between its clients' requests and their replies.
    Kernel,
}

impl Family {
    /// The name used in lists and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blocking => "blocking",
            Self::Readiness => "readiness",
            Self::Completion => "completion",
            Self::Coroutines => "coroutines",
            Self::Runtimes => "runtimes",
            Self::Kernel => "kernel",
        }
    }
}

/// What travels between a model and its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// Streams of bytes over connections: TCP, or Unix-domain stream sockets.
    Stream,
    /// Datagrams without a connection: UDP. Each may be lost, doubled or overtaken.
    Datagram,
}

impl Transport {
    /// The name used in lists and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stream => "streams",
            Self::Datagram => "datagrams",
        }
    }
}

/// A declared limit on conversations served at the same time; further clients wait, unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capacity {
    /// One client; all others wait until it is gone.
    One,
    /// As many as there are workers.
    OnePerWorker,
    /// As many as descriptors below `FD_SETSIZE` (1024) are free; further clients are refused.
    FdSetSize,
    /// As many as the process may have descriptors, threads or children.
    System,
}

impl Capacity {
    /// The limit in a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::One => "one client at a time",
            Self::OnePerWorker => "as many clients as workers",
            Self::FdSetSize => "descriptors below FD_SETSIZE (1024)",
            Self::System => "what the system allows",
        }
    }

    /// The most conversations served at once with so many workers; `None` where only the system sets a limit.
    pub const fn conversations(self, workers: usize) -> Option<usize> {
        match self {
            Self::One => Some(1),
            Self::OnePerWorker => Some(workers),
            // Standard input, output and error, and the listener, are below 1024 too.
            Self::FdSetSize => Some(1024 - 4),
            Self::System => None,
        }
    }
}

/// What `--workers` means to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Workers {
    /// Nothing: the design fixes their number.
    Fixed,
    /// Their number; by default one for each CPU that the process may use.
    PerCpu,
    /// Their number; by default this one.
    Default(usize),
}

/// Where a model runs the work that a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkPlace {
    /// In the loop that serves everybody: all clients wait for it.
    Loop,
    /// In the thread or process of the client that asked: only that client waits.
    Conversation,
    /// In one of several loops: the clients of that loop wait for it, those of the others do not.
    Shard,
    /// In whichever of several equal threads serves the client: only that client waits, as long as another is free.
    Worker,
    /// Computing in the loop, where all clients wait for it; sleeping on a timer, where only that client waits.
    Timer,
    /// Outside the loop, on workers of its own: only that client waits, as long as a worker is free.
    Pool,
    /// Nowhere: it sends back what it receives without a look at it, so that it knows no frames, and nobody can ask for work.
    Nowhere,
}

impl WorkPlace {
    /// Where it runs, in a few words.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Loop => "in the loop: everybody waits",
            Self::Conversation => "in the client's own thread or process",
            Self::Shard => "in one of several loops: its own clients wait",
            Self::Worker => "in one of several threads that serve everybody",
            Self::Timer => "computing in the loop, sleeping on a timer",
            Self::Pool => "on a pool beside the loop",
            Self::Nowhere => "nowhere: nobody can ask for it",
        }
    }
}

/// Why a model cannot run here, and what would help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unsupported(pub String);

impl Unsupported {
    /// That the kernel made no ring, and what helps in each of the usual cases.
    pub fn io_uring(error: &io::Error) -> Self {
        Self(format!(
            "io_uring_setup(2) says: {error}; it needs Linux 6.1 or later, 0 in /proc/sys/kernel/io_uring_disabled, and a \
             container that permits it (Docker: `--security-opt seccomp=unconfined`)"
        ))
    }
}

impl std::fmt::Display for Unsupported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unsupported {}
