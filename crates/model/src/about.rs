//! The description of a model: the source of `echolab list` and of the reports, and what the conformance suite checks.

use std::io;

use echo_protocol::Protocol;
use serde::Serialize;

use crate::claim::Claim;

/// A model's description.
#[derive(Debug, Serialize)]
pub struct About {
    /// The model's name on the command line; its crate is called `model-NAME`.
    pub name: &'static str,
    /// How the model waits.
    pub family: Family,
    /// What it serves: streams or datagrams.
    pub transport: Transport,
    /// One sentence that a student understands.
    pub summary: &'static str,
    /// How many clients it can serve at once.
    pub capacity: Capacity,
    /// What `--workers` means to it.
    pub workers: Workers,
    /// Where it does requested work, and therefore which clients wait for it.
    pub work: WorkPlace,
    /// Where the design is described, or was made famous.
    pub source: &'static str,
    /// What a comparison can find true or false about it.
    pub claims: &'static [Claim],
}

impl About {
    /// The queue that the model is in queueing theory, if many clients send light requests; `None` if theory has no
    /// simple name for it.
    ///
    /// One loop serves requests in their order. The threads of a kernel share its CPUs as if these were one fast CPU.
    /// Several loops, pools, and servers that make clients wait for whole conversations of others are neither.
    pub const fn queue(&self) -> Option<Queue> {
        match (self.work, self.capacity, self.family) {
            (WorkPlace::Loop | WorkPlace::Timer, Capacity::System | Capacity::FdSetSize, _) => {
                Some(Queue::OneServer)
            }
            (WorkPlace::Conversation, Capacity::System, Family::Blocking) => Some(Queue::Shared),
            _ => None,
        }
    }

    /// True if the model is a reference line: good to compare others with, but no program that could replace them.
    pub const fn is_reference_line(&self) -> bool {
        matches!(self.family, Family::Kernel)
    }

    /// True if the model understands this protocol. A reference line only sends bytes back, without looking at them. `http`
    /// and `line` are conversations, so they need streams.
    pub fn speaks(&self, protocol: Protocol) -> bool {
        match protocol {
            Protocol::Echo => true,
            Protocol::Framed => self.work != WorkPlace::Nowhere,
            Protocol::Http | Protocol::Line => {
                self.transport == Transport::Stream && self.work != WorkPlace::Nowhere
            }
        }
    }

    /// True if the model serves its clients in child processes. Its name says so.
    pub fn forks(&self) -> bool {
        ["fork", "process"]
            .iter()
            .any(|word| self.name.contains(word))
    }

    /// True if the model also serves Unix-domain sockets, as all stream models do except reference lines, which need
    /// the kernel's TCP.
    pub fn serves_unix_sockets(&self) -> bool {
        self.transport == Transport::Stream && !self.is_reference_line()
    }
}

/// A server in the terms of queueing theory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Queue {
    /// One server that serves requests in the order of their arrival: M/D/1 if they arrive at random and cost the same.
    OneServer,
    /// One server that all present requests share equally: processor sharing.
    Shared,
}

/// How a model waits for its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// In `read` and `write`, with one thread or process per conversation.
    Blocking,
    /// For sockets that are ready: select, poll, epoll.
    Readiness,
    /// For operations that are complete: `io_uring`.
    Completion,
    /// In green threads, whose code looks blocking but does not block a kernel thread.
    Coroutines,
    /// In an async runtime.
    Runtimes,
    /// Not at all: the kernel moves the bytes without the program. Such a model is a reference line.
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
    /// Datagrams without a connection: UDP. A datagram may be lost, duplicated or reordered.
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

/// How many conversations a model serves at once. Further clients wait, unless the variant says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capacity {
    /// One: all other clients wait until the conversation has ended.
    One,
    /// As many as there are workers.
    OnePerWorker,
    /// As many as there are free descriptors below `FD_SETSIZE` (1024); further clients are refused.
    FdSetSize,
    /// As many as the process may have descriptors, threads or children.
    System,
}

impl Capacity {
    /// The limit in a few words.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::One => "one client at a time",
            Self::OnePerWorker => "one client per worker",
            Self::FdSetSize => "descriptors below FD_SETSIZE (1024)",
            Self::System => "the limits of the system",
        }
    }

    /// The largest number of conversations at once with this number of workers; `None` if only the system sets a limit.
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
    /// Nothing: the design fixes the number of threads.
    Fixed,
    /// The number of workers; by default one per CPU that the process may use.
    PerCpu,
    /// The number of workers; by default this one.
    Default(usize),
}

/// Where a model does the work that a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkPlace {
    /// In the loop that serves all clients: every client waits for it.
    Loop,
    /// In the thread or process of the client that asked: only that client waits.
    Conversation,
    /// In one of several loops: the clients of that loop wait, the clients of the other loops do not.
    Shard,
    /// In one of several equal threads, whichever serves the client: only that client waits while another thread is
    /// free.
    Worker,
    /// Computing in the loop, where every client waits; sleeping on a timer, where only that client waits.
    Timer,
    /// On a pool of workers beside the loop: only that client waits while a worker is free.
    Pool,
    /// Nowhere: the model sends back bytes without looking at them. It has no frames, which could ask for work.
    Nowhere,
}

impl WorkPlace {
    /// The place in a few words.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Loop => "in the loop: every client waits",
            Self::Conversation => "in the client's own thread or process",
            Self::Shard => "in one of several loops: the clients of that loop wait",
            Self::Worker => "in one of several threads that serve all clients",
            Self::Timer => "computing in the loop, sleeping on a timer",
            Self::Pool => "on a pool beside the loop",
            Self::Nowhere => "nowhere: requests cannot ask for work",
        }
    }
}

/// Why a model cannot run on this machine, and what would help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unsupported(pub String);

impl Unsupported {
    /// The kernel did not make an `io_uring`. The text names the usual causes and their remedies.
    pub fn io_uring(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::OutOfMemory {
            return Self(format!(
                "io_uring_setup(2) failed: {error}; raise the limit of locked memory (`ulimit -l`, as root or in \
                 /etc/security/limits.conf), or free memory"
            ));
        }
        Self(format!(
            "io_uring_setup(2) failed: {error}; it needs Linux 6.1 or later, 0 in /proc/sys/kernel/io_uring_disabled, and a \
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_without_memory_asks_for_the_limit_and_not_for_another_kernel() {
        let words = |errno| Unsupported::io_uring(&io::Error::from_raw_os_error(errno)).0;
        let no_memory = words(nix::errno::Errno::ENOMEM as i32);
        assert!(no_memory.contains("`ulimit -l`"), "{no_memory}");
        let not_permitted = words(nix::errno::Errno::EPERM as i32);
        assert!(
            not_permitted.contains("io_uring_disabled"),
            "{not_permitted}"
        );
    }
}
