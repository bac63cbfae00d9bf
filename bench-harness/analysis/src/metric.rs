//! What can be read off one trial.

use record::number;
use record::sample::{Sample, ServerCost};
use serde::{Serialize, Serializer};

/// A percentile says something only when so many samples lie beyond it.
pub(super) const BEYOND: f64 = 100.0;

/// A figure that every trial has, or lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Requests answered a second.
    Throughput,
    /// Median response time in nanoseconds.
    P50,
    /// Response time in nanoseconds that 99 % of requests do not exceed.
    P99,
    /// Response time in nanoseconds that 99.9 % of requests do not exceed.
    P999,
    /// The same for the first class alone, where several classes of honest clients take part: the others are there to disturb it.
    FirstClassP99,
    /// The highest offered rate, in requests a second, at which the objective still held.
    Capacity,
    /// CPU time of the server a request, in microseconds.
    Cpu,
    /// The part of it in the program.
    CpuUser,
    /// The part of it in the kernel.
    CpuSystem,
    /// System calls of the server a request.
    SystemCalls,
    /// Times a request that a thread gave up its CPU to wait.
    Voluntary,
    /// Times a request that a thread lost its CPU to another.
    Involuntary,
    /// Time a request that threads of the server were ready and had no CPU, in microseconds.
    RunQueue,
    /// Memory of the server in KiB (PSS).
    Memory,
    /// Page tables of the server in KiB.
    PageTables,
    /// Kernel stacks of the server's threads in KiB.
    KernelStacks,
    /// Buffers of TCP in KiB: on loopback of both ends.
    SocketMemory,
    /// Memory, page tables and kernel stacks together in KiB: what is the server's alone.
    WholeMemory,
    /// Processes of the server.
    Processes,
    /// Threads of the server.
    Threads,
    /// Open descriptors of the server.
    Descriptors,
    /// Connections that asked and never got a reply.
    NeverServed,
    /// Connections refused, or ended by the server.
    Refused,
    /// Jain's index of the requests answered to each client: 1 when all were served alike, 1/n when only one was.
    Fairness,
}

/// How a figure is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number a second.
    PerSecond,
    /// Nanoseconds.
    Nanoseconds,
    /// Microseconds.
    Microseconds,
    /// KiB.
    Kibibytes,
    /// A number a request.
    PerRequest,
    /// A number.
    Count,
}

impl Metric {
    /// All of them, in the order of the tables.
    pub const ALL: [Self; 24] = [
        Self::Throughput,
        Self::P50,
        Self::P99,
        Self::P999,
        Self::FirstClassP99,
        Self::Capacity,
        Self::Cpu,
        Self::CpuUser,
        Self::CpuSystem,
        Self::SystemCalls,
        Self::Voluntary,
        Self::Involuntary,
        Self::RunQueue,
        Self::Memory,
        Self::PageTables,
        Self::KernelStacks,
        Self::SocketMemory,
        Self::WholeMemory,
        Self::Processes,
        Self::Threads,
        Self::Descriptors,
        Self::NeverServed,
        Self::Refused,
        Self::Fairness,
    ];

    /// The name in claims and in the data.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Throughput => "throughput",
            Self::P50 => "response_p50",
            Self::P99 => "response_p99",
            Self::P999 => "response_p999",
            Self::FirstClassP99 => "first_class_p99",
            Self::Capacity => "capacity",
            Self::Cpu => "cpu",
            Self::CpuUser => "cpu_user",
            Self::CpuSystem => "cpu_system",
            Self::SystemCalls => "system_calls",
            Self::Voluntary => "voluntary",
            Self::Involuntary => "involuntary",
            Self::RunQueue => "run_queue",
            Self::Memory => "memory",
            Self::PageTables => "page_tables",
            Self::KernelStacks => "kernel_stacks",
            Self::SocketMemory => "socket_memory",
            Self::WholeMemory => "whole_memory",
            Self::Processes => "processes",
            Self::Threads => "threads",
            Self::Descriptors => "descriptors",
            Self::NeverServed => "never_served",
            Self::Refused => "refused",
            Self::Fairness => "fairness",
        }
    }

    /// The metric of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// What a column calls it.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Throughput => "requests/s",
            Self::P50 => "p50",
            Self::P99 => "p99",
            Self::P999 => "p99.9",
            Self::FirstClassP99 => "p99 of the first class",
            Self::Capacity => "capacity",
            Self::Cpu => "CPU/req",
            Self::CpuUser => "user/req",
            Self::CpuSystem => "system/req",
            Self::SystemCalls => "syscalls/req",
            Self::Voluntary => "waits/req",
            Self::Involuntary => "preempted/req",
            Self::RunQueue => "queued/req",
            Self::Memory => "memory",
            Self::PageTables => "page tables",
            Self::KernelStacks => "kernel stacks",
            Self::SocketMemory => "socket memory",
            Self::WholeMemory => "all memory",
            Self::Processes => "processes",
            Self::Threads => "threads",
            Self::Descriptors => "descriptors",
            Self::NeverServed => "never served",
            Self::Refused => "refused",
            Self::Fairness => "fairness",
        }
    }

    /// How it is written.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Throughput | Self::Capacity => Unit::PerSecond,
            Self::P50 | Self::P99 | Self::P999 | Self::FirstClassP99 => Unit::Nanoseconds,
            Self::Cpu | Self::CpuUser | Self::CpuSystem | Self::RunQueue => Unit::Microseconds,
            Self::SystemCalls | Self::Voluntary | Self::Involuntary => Unit::PerRequest,
            Self::Memory
            | Self::PageTables
            | Self::KernelStacks
            | Self::SocketMemory
            | Self::WholeMemory => Unit::Kibibytes,
            Self::Processes
            | Self::Threads
            | Self::Descriptors
            | Self::NeverServed
            | Self::Refused
            | Self::Fairness => Unit::Count,
        }
    }

    /// The words for better and worse than the baseline; `None` for a figure that is shown and not judged.
    pub const fn words(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Throughput | Self::P50 | Self::P99 | Self::Capacity => Some(("faster", "slower")),
            Self::Cpu | Self::SystemCalls | Self::Memory | Self::WholeMemory => {
                Some(("cheaper", "dearer"))
            }
            _ => None,
        }
    }

    /// Those that are judged.
    pub fn judged() -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(|metric| metric.words().is_some())
    }

    /// Whether the greater value is the better one.
    pub const fn more_is_better(self) -> bool {
        matches!(self, Self::Throughput | Self::Capacity)
    }

    /// Whether a generator that cannot keep up decides it as well as the server does. What the server holds while
    /// clients are connected is its own.
    pub const fn follows_the_generator(self) -> bool {
        !matches!(
            self,
            Self::Memory
                | Self::PageTables
                | Self::KernelStacks
                | Self::WholeMemory
                | Self::Processes
                | Self::Threads
                | Self::Descriptors
        )
    }

    /// Whether it says something about a cell only where every trial has it: a percentile of the trials that happened to
    /// have enough requests would be that of the fastest trials, and so would a capacity of those that had any.
    pub const fn needs_every_trial(self) -> bool {
        matches!(
            self,
            Self::P50 | Self::P99 | Self::P999 | Self::FirstClassP99 | Self::Capacity
        )
    }

    /// Its value in one trial; `None` where the trial does not tell.
    pub fn of(self, sample: &Sample) -> Option<f64> {
        match self {
            Self::Throughput
            | Self::P50
            | Self::P99
            | Self::P999
            | Self::FirstClassP99
            | Self::NeverServed
            | Self::Fairness
            | Self::Refused => self.seen_by_clients(sample),
            Self::Capacity => sample.capacity.as_ref()?.highest,
            Self::SystemCalls => {
                let calls = sample.system_calls.as_ref()?;
                (calls.requests > 0).then(|| calls.total() as f64 / calls.requests as f64)
            }
            _ => self.seen_by_the_kernel(sample),
        }
    }

    fn seen_by_clients(self, sample: &Sample) -> Option<f64> {
        let outcome = sample.outcome.as_ref()?;
        let connections = &outcome.connections;
        let response = match self {
            Self::FirstClassP99 => {
                let honest = outcome.classes.iter().filter(|class| class.honest).count();
                &outcome.classes.first().filter(|_| honest > 1)?.response
            }
            _ => &outcome.response,
        };
        let enough = |quantile: f64| response.count as f64 * (1.0 - quantile) >= BEYOND - 1e-6;
        match self {
            Self::Throughput => Some(outcome.rate),
            Self::P50 => enough(0.5).then_some(response.p50_ns as f64),
            Self::P99 | Self::FirstClassP99 => enough(0.99).then_some(response.p99_ns as f64),
            Self::P999 => enough(0.999).then_some(response.p999_ns as f64),
            // Of those who are not honest, some never finish a request, which is not the server's doing.
            Self::NeverServed if outcome.fairness.clients > 0 => {
                Some(outcome.fairness.never_served as f64)
            }
            Self::NeverServed => Some(connections.never_served as f64),
            Self::Fairness => outcome.fairness.jain,
            _ => {
                let refused = connections.refused + connections.timed_out + connections.failed;
                Some((refused + connections.reset + connections.closed) as f64)
            }
        }
    }

    fn seen_by_the_kernel(self, sample: &Sample) -> Option<f64> {
        let cost = sample.server.as_ref()?;
        let requests = sample.outcome.as_ref().map_or(0.0, |outcome| outcome.rate) * cost.window_s;
        let per_request = |value: f64| (requests > 0.0).then(|| value / requests);
        let cpu = || per_request(cost.cpu_s * 1e6);
        let alike =
            cost.all_threads_read() || ServerCost::are_alike(cost.threads, sample.load.active);
        let switches =
            |window: f64, life: u64| match (cost.all_threads_read(), cost.life_requests > 0) {
                (false, true) => Some(life as f64 / cost.life_requests as f64),
                (false, false) if !alike => None,
                _ => per_request(window),
            };
        // Rows of the first schema do not have what the kernel holds for the server; a server without page tables or
        // without a descriptor does not exist.
        let whole = cost.processes_read > 0;
        let kernel = |bytes: f64| (whole && cost.page_tables_bytes > 0.0).then_some(bytes / 1024.0);
        match self {
            Self::Cpu => cpu(),
            Self::CpuUser => Some(cpu()? * cost.user_share()?),
            Self::CpuSystem => Some(cpu()? * (1.0 - cost.user_share()?)),
            Self::Voluntary => switches(cost.voluntary, cost.life_voluntary),
            Self::Involuntary => switches(cost.involuntary, cost.life_involuntary),
            Self::RunQueue => per_request(cost.run_queue_s.filter(|_| alike)? * 1e6),
            Self::Memory => whole.then_some(cost.pss_kib),
            Self::PageTables => kernel(cost.page_tables_bytes),
            Self::KernelStacks => kernel(cost.kernel_stacks_bytes),
            Self::SocketMemory => kernel(cost.socket_memory_bytes),
            Self::WholeMemory => {
                Some(cost.pss_kib + kernel(cost.page_tables_bytes + cost.kernel_stacks_bytes)?)
            }
            Self::Descriptors => (cost.descriptors > 0.0).then_some(cost.descriptors),
            Self::Processes => Some(cost.processes as f64),
            _ => Some(cost.threads as f64),
        }
    }
}

/// Under its name, also as a key.
impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Unit {
    /// The name in the data, after the rules of the International System of Units where it has one.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PerSecond => "1/s",
            Self::Nanoseconds => "ns",
            Self::Microseconds => "us",
            Self::Kibibytes => "KiB",
            Self::PerRequest => "1/request",
            Self::Count => "1",
        }
    }

    /// A value with its unit: `198k`, `5.1 us`, `2.3 MiB`.
    pub fn write(self, value: f64) -> String {
        match self {
            Self::PerSecond | Self::Count => number::short(value),
            Self::Nanoseconds => number::nanoseconds(value),
            Self::Microseconds => number::nanoseconds(value * 1e3),
            Self::Kibibytes => number::kibibytes(value),
            Self::PerRequest => number::significant(value),
        }
    }
}

#[cfg(test)]
mod tests;
