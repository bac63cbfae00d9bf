//! How values are written with their unit: `17.3 us`, `1.39 times`, `40 %`.

use record::number::{grouped, significant};

use crate::measured::Unit;
use crate::quantity::Interval;

impl Unit {
    /// Its name behind a value, and in the title of an axis.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Ms => "ms",
            Self::S => "s",
            Self::PerSecond => "/s",
            Self::Count => "",
            Self::Bytes => "bytes",
            Self::KiB => "KiB",
            Self::Times => "times",
            Self::Percent => "%",
        }
    }

    /// The title of an axis with this unit: `CPU time a request, us`.
    pub fn title(self, subject: &str) -> String {
        match self.name() {
            "" => subject.to_owned(),
            name => format!("{subject}, {name}"),
        }
    }

    /// A value with its unit.
    pub fn write(self, value: f64) -> String {
        let number = plain(value);
        match self {
            Self::Count => number,
            Self::PerSecond => format!("{number}/s"),
            Self::Us
            | Self::Ms
            | Self::S
            | Self::Bytes
            | Self::KiB
            | Self::Times
            | Self::Percent => format!("{number} {}", self.name()),
        }
    }
}

/// A value without its unit: three digits, and whole numbers from 1,000 on in groups.
pub fn plain(value: f64) -> String {
    match value {
        f64::MAX => "infinite".to_owned(),
        _ if value.abs() < 999.5 => significant(value),
        _ => {
            let sign = if value < 0.0 { "-" } else { "" };
            format!("{sign}{}", grouped(value.abs().round() as u64))
        }
    }
}

impl Interval {
    /// The ends in brackets: `[1.34, 1.47]`; empty for an exact value.
    pub fn ends(&self) -> String {
        match (self.low, self.high) {
            _ if self.is_exact() => String::new(),
            (Some(low), Some(high)) => format!("[{}, {}]", plain(low), plain(high)),
            (Some(low), None) => format!("[{}, …]", plain(low)),
            (None, Some(high)) => format!("[…, {}]", plain(high)),
            (None, None) => String::new(),
        }
    }

    /// The estimate with its unit, then the ends: `1.39 times [1.34, 1.47]`.
    pub fn words(&self, unit: Unit) -> String {
        let is_bound = self.high.is_none() && self.low.is_some();
        let bound = if is_bound { "at least " } else { "" };
        let value = format!("{bound}{}", unit.write(self.estimate));
        match self.ends().as_str() {
            "" => value,
            _ if is_bound && self.low == Some(self.estimate) => value,
            ends => format!("{value} {ends}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_unit_and_three_digits() {
        assert_eq!(Unit::Us.write(17.345), "17.3 us");
        assert_eq!(Unit::Count.write(12_345.0), "12,345");
        assert_eq!(Unit::PerSecond.write(20_000.0), "20,000/s");
        assert_eq!(Unit::Times.write(-1_500.0), "-1,500 times");
    }

    #[test]
    fn an_interval_shows_its_ends_and_an_exact_value_none() {
        let interval = |low, high| Interval {
            estimate: 1.5,
            low,
            high,
        };
        let words = |low, high| interval(low, high).words(Unit::Times);
        assert_eq!(words(Some(1.0), Some(2.0)), "1.5 times [1, 2]");
        assert_eq!(words(Some(1.5), Some(1.5)), "1.5 times");
        assert_eq!(words(Some(1.5), None), "at least 1.5 times");
    }
}
