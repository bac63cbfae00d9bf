//! The response times of several trials as one curve.

use std::borrow::Borrow;

use hdrhistogram::Histogram;
use record::outcome::{Latency, Outcome};
use record::sample::Sample;
use serde::Serialize;

use crate::metric::BEYOND;

/// Points of the curve for each tenfold step towards 1.
const POINTS: i32 = 8;

/// A point of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// This share of requests took at most …
    pub quantile: f64,
    /// … this response time in nanoseconds.
    pub response_ns: f64,
    /// The service time at the same quantile; `None` if not every trial has service times, or if they equal the
    /// response times.
    pub service_ns: Option<f64>,
}

/// Most points: no run has enough requests for 12 tenfold steps.
const MOST: i32 = 12 * POINTS;

/// The response times of all these trials together, from the median outwards, as long as each trial has enough samples.
///
/// Histograms are merged for the curve only; they say nothing about the certainty of a figure.
pub fn quantiles(samples: impl Iterator<Item = impl Borrow<Sample>>) -> Vec<Point> {
    let samples: Vec<_> = samples.collect();
    let outcomes = samples
        .iter()
        .filter_map(|sample| sample.borrow().outcome.as_ref());
    let outcomes: Vec<&Outcome> = outcomes.collect();
    let Some((all, fewest)) = merged(outcomes.iter().map(|outcome| &outcome.response)) else {
        return Vec::new();
    };
    let same = outcomes
        .iter()
        .all(|outcome| outcome.service == outcome.response);
    let known = outcomes
        .iter()
        .all(|outcome| !outcome.service.histogram.is_empty());
    let service = merged(outcomes.iter().map(|outcome| &outcome.service));
    let service = service.filter(|_| known && !same);
    let share_beyond = |step: i32| 0.5 * 10_f64.powf(-f64::from(step) / f64::from(POINTS));
    let enough = |share: &f64| share * fewest as f64 >= BEYOND - 1e-6;
    let point = |share: f64| Point {
        quantile: 1.0 - share,
        response_ns: all.value_at_quantile(1.0 - share) as f64,
        service_ns: service
            .as_ref()
            .map(|(service, _)| service.value_at_quantile(1.0 - share) as f64),
    };
    (0..=MOST)
        .map(share_beyond)
        .take_while(enough)
        .map(point)
        .collect()
}

/// Merges histograms into one with the precision of the coarsest one. Also returns the lowest number of values in any
/// of them. `None` if there are no values.
fn merged<'a>(latencies: impl Iterator<Item = &'a Latency>) -> Option<(Histogram<u64>, u64)> {
    // A damaged histogram is left out; the row's own percentiles are still in the tables.
    let all: Vec<_> = latencies
        .filter_map(|latency| latency.histogram().ok())
        .collect();
    let digits = all.iter().map(Histogram::sigfig).min()?;
    let fewest = all.iter().map(Histogram::len).min()?;
    let mut sum = Histogram::<u64>::new(digits).expect("another histogram has this precision");
    for histogram in all {
        sum.add(histogram)
            .expect("a resizable histogram accepts all values");
    }
    (!sum.is_empty()).then_some((sum, fewest))
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn the_curve_ends_where_too_few_samples_lie_beyond() {
        let mut histogram = Histogram::<u64>::new(3).unwrap();
        (1..=10_000).for_each(|ns| histogram.record(ns).unwrap());
        let outcome = Outcome {
            response: Latency::of(&histogram),
            ..Outcome::default()
        };
        let sample = record::sample::example(Some(outcome));
        let curve = quantiles([&sample].into_iter());
        assert!(
            (4_990.0..5_010.0).contains(&curve[0].response_ns),
            "{curve:?}"
        );
        let last = curve.last().unwrap();
        assert!(last.quantile <= 0.99 && last.quantile > 0.98, "{curve:?}");
    }

    #[test]
    fn the_time_from_sent_to_answered_is_a_curve_of_its_own_where_it_differs() {
        let latency = |times: u64| {
            let mut histogram = Histogram::<u64>::new(3).unwrap();
            (1..=10_000).for_each(|ns| histogram.record(ns * times).unwrap());
            Latency::of(&histogram)
        };
        let curve = |service: Latency| {
            let outcome = Outcome {
                response: latency(10),
                service,
                ..Outcome::default()
            };
            quantiles([&record::sample::example(Some(outcome))].into_iter())
        };
        let median = |service| curve(service)[0].service_ns;
        assert!(median(latency(2)).is_some_and(|ns| (9_980.0..10_020.0).contains(&ns)));
        assert_eq!(median(latency(10)), None);
        assert_eq!(median(Latency::default()), None);
    }

    #[test]
    fn no_samples_are_no_curve() {
        assert!(quantiles(std::iter::empty::<Sample>()).is_empty());
    }
}
