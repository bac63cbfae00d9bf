//! Which figures of a cell are lower bounds: the throughput beside a saturated generator, and the percentiles that fall among
//! requests without a reply.

use std::collections::BTreeSet;

use record::sample::Sample;

use crate::cell::Cell;
use crate::metric::Metric;

/// The percentiles of all clients, each with its quantile.
const PERCENTILES: [(Metric, f64); 3] = [
    (Metric::P50, 0.5),
    (Metric::P99, 0.99),
    (Metric::P999, 0.999),
];

impl Cell {
    /// True if the true figure is at least the measured one: "≥".
    pub fn is_lower_bound(&self, metric: Metric) -> bool {
        match metric {
            Metric::Throughput => self.is_bound(),
            _ => self.censored.contains(&metric),
        }
    }
}

/// The percentiles that are lower bounds in most of these trials.
pub fn censored(rows: &[&Sample]) -> BTreeSet<Metric> {
    let is_censored = |&(_, quantile): &(Metric, f64)| {
        let censored = rows.iter().filter(|row| is_beyond(row, quantile));
        2 * censored.count() > rows.len()
    };
    let percentiles = PERCENTILES.into_iter().filter(is_censored);
    percentiles.map(|(metric, _)| metric).collect()
}

/// True if this percentile is one of the requests that never got a reply. They count as waits until the end of the run and are the
/// longest ones, so it is if their share is greater than that of the requests beyond the percentile.
fn is_beyond(row: &Sample, quantile: f64) -> bool {
    let Some(outcome) = &row.outcome else {
        return false;
    };
    let censored = &outcome.censored;
    let unanswered = censored.unsent + censored.overflowed + censored.refused + censored.lost;
    let never_served = Metric::NeverServed.value_in(row).unwrap_or(0.0);
    let count = outcome.response.count as f64;
    // The tolerance is for `1 − quantile`, which has no exact value.
    count > 0.0 && (unanswered as f64 + never_served) / count > 1.0 - quantile + 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::outcome::Outcome;

    /// A trial of a thousand requests, of which some never got a reply.
    fn trial(never_served: u64) -> Sample {
        let mut outcome = Outcome::default();
        outcome.response.count = 1000;
        outcome.connections.never_served = never_served;
        record::sample::example(Some(outcome))
    }

    #[test]
    fn a_percentile_among_unanswered_requests_is_a_lower_bound() {
        let of = |never_served: u64| censored(&[&trial(never_served)]).len();
        assert_eq!([0, 1, 2, 10, 11, 500, 501].map(of), [0, 0, 1, 1, 2, 2, 3]);
    }
}
