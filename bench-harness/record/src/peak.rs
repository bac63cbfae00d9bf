//! What the probe finds: the peak and the slowest contender. Offered rates may be shares of either.

use std::collections::BTreeMap;

use crate::sample::Sample;

/// Throughputs that the probe found, in requests per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probed {
    /// The peak: the highest of the contenders' medians.
    pub peak: f64,
    /// The lowest median of those contenders that served every client; the peak if none did.
    pub slowest: f64,
}

/// The results of the probe in these rows; `None` if it got no replies.
pub fn probed(rows: &[Sample]) -> Option<Probed> {
    let mut rates: BTreeMap<&str, (Vec<f64>, bool)> = BTreeMap::new();
    let probes = rows.iter().filter(|row| row.load.is_probe());
    for row in probes.filter(|row| row.failure.is_none()) {
        if let Some(outcome) = &row.outcome {
            let (rates, serves_all) = rates.entry(&row.contender).or_insert((Vec::new(), true));
            rates.push(outcome.rate);
            *serves_all &= outcome.connections.never_served == 0;
        }
    }
    let medians = rates
        .into_values()
        .filter_map(|(mut rates, serves_all)| Some((median(&mut rates)?, serves_all)));
    let medians: Vec<(f64, bool)> = medians.filter(|(rate, _)| *rate > 0.0).collect();
    let peak = medians.iter().map(|(rate, _)| *rate).reduce(f64::max)?;
    let serving = medians.iter().filter(|(_, serves_all)| *serves_all);
    let slowest = serving.map(|(rate, _)| *rate).reduce(f64::min);
    Some(Probed {
        peak,
        slowest: slowest.unwrap_or(peak),
    })
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    Some(f64::midpoint(values[(values.len() - 1) / 2], upper))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Outcome;
    use crate::plan::names;
    use crate::sample::example;

    fn probe(contender: &str, rate: f64, never_served: u64) -> Sample {
        let mut outcome = Outcome {
            rate,
            ..Outcome::default()
        };
        outcome.connections.never_served = never_served;
        let mut row = example(Some(outcome));
        row.contender = contender.to_owned();
        row.load.scenario = names::PROBE.to_owned();
        row
    }

    #[test]
    fn the_peak_is_the_highest_median_and_the_slowest_serves_every_client() {
        let rows = [
            probe("fast", 90.0, 0),
            probe("fast", 110.0, 0),
            probe("slow", 40.0, 0),
            probe("iterative", 10.0, 99),
        ];
        let expected = Probed {
            peak: 100.0,
            slowest: 40.0,
        };
        assert_eq!(probed(&rows), Some(expected));
    }

    #[test]
    fn without_replies_the_probe_finds_nothing() {
        assert_eq!(probed(&[probe("mute", 0.0, 1)]), None);
        assert_eq!(probed(&[]), None);
    }
}
