//! The columns of the cost table: what they show, in which unit, and with how many decimals.

use analysis::{Metric, Summary};
use record::number::grouped;
use record::plan::{ContenderId, LoadId};

/// Values from here on have three significant digits.
const THOUSAND: f64 = 1000.0;

/// A column of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The median of a figure.
    Figure(Metric),
    /// The share of its CPUs that the server used.
    ServerCpu,
    /// The memory that one more connection costs: the same under all loads.
    MemoryPerConnection,
}

impl Column {
    /// All columns, from left to right. Columns of one quantity are side by side.
    pub const ALL: [Self; 11] = [
        Self::Figure(Metric::Cpu),
        Self::Figure(Metric::Capacity),
        Self::Figure(Metric::Throughput),
        Self::ServerCpu,
        Self::Figure(Metric::P50),
        Self::Figure(Metric::P99),
        Self::Figure(Metric::FirstClassP99),
        Self::Figure(Metric::Voluntary),
        Self::Figure(Metric::SystemCalls),
        Self::Figure(Metric::Fairness),
        Self::MemoryPerConnection,
    ];

    /// The name for scripts: that of the metric where there is one.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Figure(metric) => metric.name(),
            Self::ServerCpu => "server_cpu",
            Self::MemoryPerConnection => "memory_per_connection",
        }
    }

    /// The quantity and its unit.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Figure(metric) => match metric {
                Metric::Cpu => "CPU per request, µs",
                Metric::Capacity => "requests/s within the objective",
                Metric::Throughput => "requests/s",
                Metric::P50 => "response time p50, µs",
                Metric::P99 => "response time p99, µs",
                Metric::FirstClassP99 => "p99 of the first class, µs",
                Metric::Voluntary => "context switches per request",
                Metric::SystemCalls => "system calls per request",
                Metric::Fairness => "fairness (1: all alike)",
                metric => metric.heading(),
            },
            Self::ServerCpu => "server’s CPU, % busy",
            Self::MemoryPerConnection => "memory per connection, KiB",
        }
    }

    /// The value in the unit of the heading; `None` if there is none. `slope` is the memory of a connection in KiB.
    pub fn value(
        self,
        summary: &Summary,
        contender: ContenderId,
        load: LoadId,
        slope: Option<f64>,
    ) -> Option<f64> {
        match self {
            Self::Figure(metric) => {
                let median = summary.median(contender, load, metric)?;
                Some(median / divisor(metric))
            }
            Self::ServerCpu => {
                let share = summary.cell(contender, load).rounds.shares.server?;
                Some(share * 100.0)
            }
            Self::MemoryPerConnection => slope,
        }
    }

    /// Decimals of all values of the column, so that their points are below each other.
    pub fn decimals(self, values: impl Iterator<Item = f64>) -> usize {
        let least = values
            .filter(|value| *value > 0.0)
            .fold(f64::INFINITY, f64::min);
        let is_small = |limit: f64| least < limit;
        match self {
            Self::ServerCpu => 0,
            Self::MemoryPerConnection => 1,
            Self::Figure(Metric::Cpu) if is_small(1.0) => 2,
            Self::Figure(Metric::Cpu) => usize::from(is_small(100.0)),
            Self::Figure(Metric::Voluntary | Metric::SystemCalls | Metric::Fairness) => 2,
            Self::Figure(_) => usize::from(is_small(10.0)),
        }
    }
}

/// The number by which a value is divided to be in the unit of its heading.
pub const fn divisor(metric: Metric) -> f64 {
    match metric {
        Metric::P50 | Metric::P99 | Metric::P999 | Metric::FirstClassP99 => 1e3,
        _ => 1.0,
    }
}

/// A value that is not below zero, with this many decimals and thousands in groups; three significant digits from 1,000 on.
pub fn written(value: f64, decimals: usize) -> String {
    // The greater of -0 and 0 may be -0.
    let value = if value > 0.0 { value } else { 0.0 };
    let value = if value >= THOUSAND {
        let step = 10_f64.powi(value.log10().floor() as i32 - 2);
        (value / step).round() * step
    } else {
        value
    };
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let whole: u64 = whole.parse().unwrap_or(u64::MAX);
    grouped(whole) + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_decimals_of_their_column() {
        assert_eq!(written(16.849, 1), "16.8");
        assert_eq!(written(221_501.0, 0), "222,000");
        assert_eq!(written(999.96, 1), "1,000.0");
        assert_eq!(written(48_300.0, 1), "48,300.0");
    }

    #[test]
    fn nothing_is_below_zero() {
        assert_eq!([-0.0, -0.07].map(|value| written(value, 2)), ["0.00"; 2]);
    }

    #[test]
    fn the_smallest_value_decides_about_decimals() {
        let of = |values: [f64; 2]| Column::Figure(Metric::Cpu).decimals(values.into_iter());
        assert_eq!(of([0.5, 300.0]), 2);
        assert_eq!(of([4.6, 300.0]), 1);
        assert_eq!(of([110.0, 300.0]), 0);
        assert_eq!(of([0.0, 300.0]), 0, "no cost is no small one");
    }
}
