//! What can be read off one trial.

use serde::Serialize;

use crate::number;
use crate::sample::Sample;

/// A percentile says something only when so many samples lie beyond it.
const BEYOND: f64 = 100.0;

/// A figure that every trial has, or lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Requests answered a second.
    Throughput,
    /// Median response time in nanoseconds.
    P50,
    /// Response time in nanoseconds that 99 % of requests do not exceed.
    P99,
    /// CPU time of the server a request, in microseconds.
    Cpu,
    /// The part of it in the program.
    CpuUser,
    /// The part of it in the kernel.
    CpuSystem,
    /// Times a request that a thread gave up its CPU to wait.
    Voluntary,
    /// Times a request that a thread lost its CPU to another.
    Involuntary,
    /// Memory of the server in KiB (PSS).
    Memory,
    /// Processes of the server.
    Processes,
    /// Threads of the server.
    Threads,
    /// Connections that asked and never got a reply.
    NeverServed,
    /// Connections refused, or ended by the server.
    Refused,
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
    pub const ALL: [Self; 13] = [
        Self::Throughput,
        Self::P50,
        Self::P99,
        Self::Cpu,
        Self::CpuUser,
        Self::CpuSystem,
        Self::Voluntary,
        Self::Involuntary,
        Self::Memory,
        Self::Processes,
        Self::Threads,
        Self::NeverServed,
        Self::Refused,
    ];

    /// The name in claims and in the data.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Throughput => "throughput",
            Self::P50 => "response_p50",
            Self::P99 => "response_p99",
            Self::Cpu => "cpu",
            Self::CpuUser => "cpu_user",
            Self::CpuSystem => "cpu_system",
            Self::Voluntary => "voluntary",
            Self::Involuntary => "involuntary",
            Self::Memory => "memory",
            Self::Processes => "processes",
            Self::Threads => "threads",
            Self::NeverServed => "never_served",
            Self::Refused => "refused",
        }
    }

    /// What a column calls it.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Throughput => "requests/s",
            Self::P50 => "p50",
            Self::P99 => "p99",
            Self::Cpu => "CPU/req",
            Self::CpuUser => "user/req",
            Self::CpuSystem => "system/req",
            Self::Voluntary => "waits/req",
            Self::Involuntary => "preempted/req",
            Self::Memory => "memory",
            Self::Processes => "processes",
            Self::Threads => "threads",
            Self::NeverServed => "never served",
            Self::Refused => "refused",
        }
    }

    /// How it is written.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Throughput => Unit::PerSecond,
            Self::P50 | Self::P99 => Unit::Nanoseconds,
            Self::Cpu | Self::CpuUser | Self::CpuSystem => Unit::Microseconds,
            Self::Voluntary | Self::Involuntary => Unit::PerRequest,
            Self::Memory => Unit::Kibibytes,
            Self::Processes | Self::Threads | Self::NeverServed | Self::Refused => Unit::Count,
        }
    }

    /// Whether it says something about a cell only where every trial has it: a percentile of the trials that happened to
    /// have enough requests would be that of the fastest trials.
    pub const fn needs_every_trial(self) -> bool {
        matches!(self, Self::P50 | Self::P99)
    }

    /// Its value in one trial; `None` where the trial does not tell.
    pub fn of(self, sample: &Sample) -> Option<f64> {
        match self {
            Self::Throughput | Self::P50 | Self::P99 | Self::NeverServed | Self::Refused => {
                self.seen_by_clients(sample)
            }
            _ => self.seen_by_the_kernel(sample),
        }
    }

    fn seen_by_clients(self, sample: &Sample) -> Option<f64> {
        let outcome = sample.outcome.as_ref()?;
        let connections = &outcome.connections;
        let enough = |quantile: f64| outcome.response.count as f64 * (1.0 - quantile) >= BEYOND;
        match self {
            Self::Throughput => Some(outcome.rate),
            Self::P50 => enough(0.5).then_some(outcome.response.p50_ns as f64),
            Self::P99 => enough(0.99).then_some(outcome.response.p99_ns as f64),
            Self::NeverServed => Some(connections.never_served as f64),
            _ => {
                let refused = connections.refused + connections.timed_out + connections.failed;
                Some((refused + connections.reset + connections.closed) as f64)
            }
        }
    }

    fn seen_by_the_kernel(self, sample: &Sample) -> Option<f64> {
        let cost = sample.server.as_ref()?;
        let requests = sample.outcome.as_ref()?.rate * cost.window_s;
        let per_request = |value: f64| (requests > 0.0).then(|| value / requests);
        let cpu = || per_request(cost.cpu_s * 1e6);
        match self {
            Self::Cpu => cpu(),
            Self::CpuUser => Some(cpu()? * cost.user_share()?),
            Self::CpuSystem => Some(cpu()? * (1.0 - cost.user_share()?)),
            Self::Voluntary => per_request(cost.voluntary),
            Self::Involuntary => per_request(cost.involuntary),
            Self::Memory => (cost.processes_read > 0).then_some(cost.pss_kib),
            Self::Processes => Some(cost.processes as f64),
            _ => Some(cost.threads as f64),
        }
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
