//! The units of figures: their names in the data, and how a value is written with its unit.

use record::number;

/// The unit of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number per second.
    PerSecond,
    /// Nanoseconds.
    Nanoseconds,
    /// Microseconds.
    Microseconds,
    /// KiB.
    Kibibytes,
    /// A number per request.
    PerRequest,
    /// A plain number.
    Count,
}

impl Unit {
    /// The name in the data, as the International System of Units has it.
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
