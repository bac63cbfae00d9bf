//! The figures of a trial: their names, headings and units, and how they are compared.

mod unit;
mod value;

use serde::{Serialize, Serializer};

pub use unit::Unit;

/// A percentile needs this many requests beyond it.
pub const BEYOND: f64 = 100.0;

/// A figure of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Requests answered per second.
    Throughput,
    /// Median response time in nanoseconds.
    P50,
    /// 99th percentile of the response time in nanoseconds.
    P99,
    /// 99.9th percentile of the response time in nanoseconds.
    P999,
    /// 99th percentile of the first class alone, where several classes of honest clients take part: the others are there to disturb it.
    FirstClassP99,
    /// The highest offered rate, in requests a second, at which the objective still held.
    Capacity,
    /// CPU time of the server per request, in microseconds.
    Cpu,
    /// The part of the CPU time that is spent in user mode.
    CpuUser,
    /// The part of the CPU time that is spent in the kernel.
    CpuSystem,
    /// System calls of the server per request.
    SystemCalls,
    /// Voluntary context switches per request: a thread gave up its CPU to wait.
    Voluntary,
    /// Involuntary context switches per request: a thread lost its CPU to another.
    Involuntary,
    /// Time per request in which threads of the server were ready but had no CPU, in microseconds.
    RunQueue,
    /// Memory of the server in KiB (PSS).
    Memory,
    /// Page tables of the server in KiB.
    PageTables,
    /// Kernel stacks of the server's threads in KiB.
    KernelStacks,
    /// TCP buffers in KiB; on loopback those of both ends.
    SocketMemory,
    /// Memory, page tables and kernel stacks together in KiB: all that belongs to the server alone.
    WholeMemory,
    /// Processes of the server.
    Processes,
    /// Threads of the server.
    Threads,
    /// Open descriptors of the server.
    Descriptors,
    /// Connections that sent a request and never got a reply.
    NeverServed,
    /// Connections that were refused, or closed by the server.
    Refused,
    /// Jain's index of the requests answered per client: 1 if all were served equally, 1/n if only one of n was served.
    Fairness,
}

impl Metric {
    /// All metrics, in the order of the tables.
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

    /// The heading of a column.
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

    /// The unit of its values.
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

    /// The words for better and worse than the baseline; `None` for a metric that is shown but not judged.
    pub const fn words(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Throughput | Self::P50 | Self::P99 | Self::Capacity => Some(("faster", "slower")),
            Self::Cpu | Self::SystemCalls | Self::Memory | Self::WholeMemory => {
                Some(("cheaper", "dearer"))
            }
            _ => None,
        }
    }

    /// The metrics that are judged.
    pub fn judged() -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(|metric| metric.words().is_some())
    }

    /// True if a greater value is better.
    pub const fn more_is_better(self) -> bool {
        matches!(self, Self::Throughput | Self::Capacity)
    }

    /// True if a saturated generator distorts it. What the server spends on a request changes by 3 % at most, and what it holds
    /// while clients are connected depends on the server alone.
    pub const fn follows_the_generator(self) -> bool {
        matches!(
            self,
            Self::Throughput
                | Self::P50
                | Self::P99
                | Self::P999
                | Self::FirstClassP99
                | Self::Capacity
        )
    }

    /// True if a median needs a value from every trial. If only some trials have it (p99 needs enough requests), the median would be
    /// biased to the fast ones.
    pub const fn needs_every_trial(self) -> bool {
        matches!(
            self,
            Self::P50 | Self::P99 | Self::P999 | Self::FirstClassP99 | Self::Capacity
        )
    }
}

/// As its name, so that it can be a key.
impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests;
