//! The numbers of sentences, written as in the cost table.

use analysis::{Metric, Summary};
use record::plan::{ContenderId, LoadId};

use crate::costs::{Column, divisor, written};
use crate::figure::ratio_in_words;

/// A ratio: `×1.18`.
pub fn times(ratio: f64) -> String {
    format!("×{}", ratio_in_words(ratio, None))
}

/// Several ratios: the only one, or the lowest and the highest.
pub fn times_of(ratios: &[f64]) -> String {
    let (low, high) = ends(ratios);
    let (low, high) = (times(low), times(high));
    if low == high {
        low
    } else {
        format!("{low} to {high}")
    }
}

fn ends(values: &[f64]) -> (f64, f64) {
    let start = (f64::INFINITY, f64::NEG_INFINITY);
    values.iter().fold(start, |(low, high), &value| {
        (value.min(low), value.max(high))
    })
}

/// Requests per second: `221,000`.
pub fn rounded(value: f64) -> String {
    written(value, 0)
}

/// A value of this figure without its unit, with the decimals of its column.
fn value(summary: &Summary, load: LoadId, metric: Metric, value: f64) -> String {
    let column = Column::Figure(metric);
    let all = summary.contender_ids();
    let all = all.filter_map(|id| summary.median(id, load, metric));
    let in_unit = |value: f64| value / divisor(metric);
    written(in_unit(value), column.decimals(all.map(in_unit)))
}

/// What follows the value.
pub const fn unit(metric: Metric) -> &'static str {
    match metric {
        Metric::Cpu => "\u{a0}µs of CPU a request",
        Metric::Throughput => " requests/s",
        Metric::Capacity => " requests/s within the objective",
        Metric::P99 | Metric::FirstClassP99 => "\u{a0}µs at most for 99\u{a0}% of the requests",
        _ => "",
    }
}

/// The lowest and the highest median of these contenders with the unit: `12.5 to 13.3 µs of CPU a request`.
pub fn range(
    summary: &Summary,
    contenders: &[ContenderId],
    load: LoadId,
    metric: Metric,
) -> Option<String> {
    let (low, high) = summary.range(contenders, load, metric)?;
    let (low, high) = (
        value(summary, load, metric, low),
        value(summary, load, metric, high),
    );
    let unit = unit(metric);
    Some(if low == high {
        format!("{low}{unit}")
    } else {
        format!("{low} to {high}{unit}")
    })
}

/// The median without a unit.
pub fn bare(
    summary: &Summary,
    contender: ContenderId,
    load: LoadId,
    metric: Metric,
) -> Option<String> {
    let median = summary.median(contender, load, metric)?;
    Some(value(summary, load, metric, median))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_table() {
        assert_eq!([1.181, 8.144, 12.3].map(times), ["×1.18", "×8.14", "×12.3"]);
        assert_eq!(times_of(&[4.98, 5.03]), "×4.98 to ×5.03");
        assert_eq!(times_of(&[4.98]), "×4.98");
        assert_eq!(
            [221_501.0, 19_536.4, 950.2].map(rounded),
            ["222,000", "19,500", "950"]
        );
    }
}
