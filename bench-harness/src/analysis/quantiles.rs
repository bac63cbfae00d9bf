//! Many trials' waiting times as one curve.

use std::borrow::Borrow;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::metric::BEYOND;
use crate::sample::Sample;

/// Points of the curve for each tenfold step towards 1.
const POINTS: i32 = 8;

/// A point of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// This share of requests …
    pub quantile: f64,
    /// … took at most so long, in nanoseconds.
    pub response_ns: f64,
}

/// Points at most: so many tenfold steps are more than any run has requests.
const MOST: i32 = 12 * POINTS;

/// The response times of all these trials together, from the median outwards, as far as there are enough samples
/// in each of them.
///
/// Histograms are merged for the curve only; how sure a figure is cannot be seen from them.
pub fn quantiles(samples: impl Iterator<Item = impl Borrow<Sample>>) -> Vec<Point> {
    // A damaged histogram is left out; the row's own percentiles are still in the tables.
    let all: Vec<_> = samples
        .filter_map(|sample| sample.borrow().outcome.as_ref()?.response.histogram().ok())
        .collect();
    let fewest = all.iter().map(Histogram::len).min().unwrap_or(0);
    let all = merged(&all);
    if all.is_empty() {
        return Vec::new();
    }
    let beyond = |step: i32| 0.5 * 10_f64.powf(-f64::from(step) / f64::from(POINTS));
    let enough = |share: &f64| share * fewest as f64 >= BEYOND - 1e-6;
    let point = |share: f64| Point {
        quantile: 1.0 - share,
        response_ns: all.value_at_quantile(1.0 - share) as f64,
    };
    (0..=MOST)
        .map(beyond)
        .take_while(enough)
        .map(point)
        .collect()
}

/// All as one, with the digits of the coarsest: more would be made up.
fn merged(all: &[Histogram<u64>]) -> Histogram<u64> {
    let digits = all.iter().map(Histogram::sigfig).min().unwrap_or(3);
    let mut sum = Histogram::new(digits).expect("another histogram has so many digits");
    for one in all {
        sum.add(one)
            .expect("a histogram that resizes takes all values");
    }
    sum
}

#[cfg(test)]
mod tests {
    use loadgen::{Latency, Outcome};

    use super::*;

    #[test]
    fn the_curve_ends_where_too_few_samples_lie_beyond() {
        let mut histogram = Histogram::<u64>::new(3).unwrap();
        (1..=10_000).for_each(|ns| histogram.record(ns).unwrap());
        let outcome = Outcome {
            response: Latency::of(&histogram),
            ..Outcome::default()
        };
        let sample = crate::sample::tests::sample(Some(outcome));
        let curve = quantiles([&sample].into_iter());
        assert!(
            (4_990.0..5_010.0).contains(&curve[0].response_ns),
            "{curve:?}"
        );
        let last = curve.last().unwrap();
        assert!(last.quantile <= 0.99 && last.quantile > 0.98, "{curve:?}");
    }

    #[test]
    fn no_samples_are_no_curve() {
        assert!(quantiles(std::iter::empty::<Sample>()).is_empty());
    }
}
