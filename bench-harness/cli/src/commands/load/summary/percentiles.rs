//! The rows of latency percentiles in the summary.

use loadgen::Latency;
use record::number::nanoseconds;

/// Fewest samples beyond a percentile that is shown.
const ENOUGH_BEYOND: f64 = 100.0;

/// Number of samples beyond a percentile.
fn beyond(latency: &Latency, share: f64) -> f64 {
    latency.count as f64 * (1.0 - share)
}

/// The percentiles of the response time that are not shown, with the reason.
pub fn hidden(latency: &Latency) -> Option<String> {
    let percentiles = [(0.5, "p50"), (0.9, "p90"), (0.99, "p99"), (0.999, "p99.9")];
    let hidden: Vec<_> = percentiles
        .into_iter()
        .map(|(share, name)| (name, beyond(latency, share)))
        .filter(|&(_, samples)| latency.count > 0 && samples < ENOUGH_BEYOND)
        .map(|(name, samples)| format!("{name}: only {} samples beyond it", samples.round()))
        .collect();
    let words = hidden.join(", ").replace("only 1 samples", "only 1 sample");
    (!hidden.is_empty()).then(|| {
        format!(
            "{words}; {ENOUGH_BEYOND} are needed, so measure longer (--json shows all percentiles)"
        )
    })
}

/// The cells of a row of latencies; a percentile with too few samples beyond it is not shown.
pub fn latency(latency: &Latency) -> String {
    let shown = |share: f64, value: u64| {
        if beyond(latency, share) >= ENOUGH_BEYOND {
            nanoseconds(value as f64)
        } else {
            "–".to_owned()
        }
    };
    let all = |value: f64| {
        if latency.count > 0 {
            nanoseconds(value)
        } else {
            "–".to_owned()
        }
    };
    columns([
        shown(0.5, latency.p50_ns),
        shown(0.9, latency.p90_ns),
        shown(0.99, latency.p99_ns),
        shown(0.999, latency.p999_ns),
        all(latency.max_ns as f64),
        all(latency.mean_ns),
    ])
}

/// Joins the cells of a row.
pub fn columns(cells: [String; 6]) -> String {
    cells.map(|cell| format!("{cell:>10}")).concat()
}
