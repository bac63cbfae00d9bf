//! Writes measured values with their units. A throughput that is only a lower bound is marked with "≥".

use analysis::{Metric, Summary};
use record::plan::{ContenderId, LoadId};

use crate::phrases::why_missing;

/// The meaning of the mark, for the end of a table.
pub const AT_LEAST: &str = "≥: the generator was saturated, and the server can do at least that";
/// What a saturated generator does to the costs of a request: METHODOLOGY has the measurement.
const DISTORTION: &str = "Where the generator was saturated, CPU and system calls a request differ by up to 3 % from those without saturation.";

/// True if the throughput of some contender under one of these loads is a lower bound.
fn has_bounds(summary: &Summary, loads: &[LoadId]) -> bool {
    let mut contenders = summary.contender_ids();
    contenders.any(|contender| {
        loads
            .iter()
            .any(|&load| is_bound(summary, contender, load, Metric::Throughput))
    })
}

/// How to read the mark, as sentences after others; empty where nothing is marked.
pub fn about_bounds(summary: &Summary, loads: &[LoadId]) -> String {
    let mark = if has_bounds(summary, loads) {
        format!(" {AT_LEAST}.")
    } else {
        String::new()
    };
    mark + &about_distortion(summary, loads)
}

/// What the saturated generator of some contenders does to costs, as a sentence after others; empty where there is none.
pub fn about_distortion(summary: &Summary, loads: &[LoadId]) -> String {
    if has_bounds(summary, loads) {
        format!(" {DISTORTION}")
    } else {
        String::new()
    }
}

fn is_bound(summary: &Summary, contender: ContenderId, load: LoadId, metric: Metric) -> bool {
    let cell = summary.cell(contender, load);
    cell.is_lower_bound(metric) && cell.estimates.contains_key(&metric)
}

/// The median with its unit; `None` if it was not measured.
fn median(
    summary: &Summary,
    contender: ContenderId,
    load: LoadId,
    metric: Metric,
) -> Option<String> {
    let median = summary.median(contender, load, metric)?;
    let mark = if is_bound(summary, contender, load, metric) {
        "≥ "
    } else {
        ""
    };
    Some(format!("{mark}{}", metric.unit().write(median)))
}

/// `median [lowest – highest]` of a metric, or why it is missing.
pub fn with_range(
    summary: &Summary,
    contender: ContenderId,
    load: LoadId,
    metric: Metric,
) -> String {
    let Some(median) = median(summary, contender, load, metric) else {
        return why_missing(summary, contender, load).to_owned();
    };
    match summary.cell(contender, load).estimates.get(&metric) {
        Some(estimate) if estimate.values.len() > 1 => {
            let [low, high] = [estimate.low, estimate.high].map(|value| metric.unit().write(value));
            format!("{median} [{low} – {high}]")
        }
        _ => median,
    }
}

/// The median of a metric, or why it is missing.
pub fn median_or_reason(
    summary: &Summary,
    contender: ContenderId,
    load: LoadId,
    metric: Metric,
) -> String {
    median(summary, contender, load, metric)
        .unwrap_or_else(|| why_missing(summary, contender, load).to_owned())
}

/// The median of a metric, or a dash.
pub fn median_or_dash(
    summary: &Summary,
    contender: ContenderId,
    load: LoadId,
    metric: Metric,
) -> String {
    median(summary, contender, load, metric).unwrap_or("–".to_owned())
}
