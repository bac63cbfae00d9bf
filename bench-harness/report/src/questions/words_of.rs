//! Titles of axes, and measured values in whole words: for the tips of marks, which stand alone.

use analysis::{Metric, Summary, Unit};
use record::number::{kibibytes, nanoseconds, short, significant};
use record::plan::{ContenderId, LoadId};

use crate::phrases::{label, situation};
use crate::values::median_or_reason;
use crate::words::measured;

/// The title of an axis.
pub fn axis_title(metric: Metric) -> String {
    match metric {
        Metric::Throughput => "requests/s".to_owned(),
        Metric::Capacity => "requests/s within the objective".to_owned(),
        Metric::Cpu => "CPU per request".to_owned(),
        Metric::P50 | Metric::P99 | Metric::P999 => {
            format!("response time {}", metric.heading())
        }
        metric => metric.heading().to_owned(),
    }
}

/// Writes a tick of an axis of this figure.
pub const fn writer(metric: Metric) -> fn(f64) -> String {
    match metric.unit() {
        Unit::PerSecond | Unit::Count => short,
        Unit::Nanoseconds => nanoseconds,
        Unit::Microseconds => |us| nanoseconds(us * 1e3),
        Unit::Kibibytes => kibibytes,
        Unit::PerRequest => significant,
    }
}

/// A value with its quantity, its range, and what is behind it: `16.8 us CPU per request [14.0 us – 17.7 us], 15 rounds in 5 sittings`.
pub fn measured_in_words(
    summary: &Summary,
    contender: ContenderId,
    load: LoadId,
    metric: Metric,
) -> String {
    let value = median_or_reason(summary, contender, load, metric);
    let cell = summary.cell(contender, load);
    let Some(estimate) = cell.estimates.get(&metric) else {
        return value;
    };
    let write = |value| metric.unit().write(value);
    let range = if estimate.values.len() > 1 {
        let [low, high] = [estimate.low, estimate.high].map(write);
        format!(", {low} to {high}")
    } else {
        String::new()
    };
    let rounds = measured(summary, &[contender], load);
    format!("{value} {}{range} in {rounds}", axis_title(metric))
}

/// The title of a panel that shows one load.
pub fn load_title(summary: &Summary, load: LoadId) -> String {
    match summary.loads[load].rate {
        Some(_) => label(summary, load),
        None => situation(summary, load),
    }
}
