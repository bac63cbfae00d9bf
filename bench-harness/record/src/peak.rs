//! The peak: the throughput that the probe finds. Offered rates may be shares of it.

use std::collections::BTreeMap;

use crate::sample::Sample;

/// The highest of the contenders' median probe throughputs, in requests per second; `None` if the probe got no replies.
pub fn peak(rows: &[Sample]) -> Option<f64> {
    let mut rates: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let probes = rows.iter().filter(|row| row.load.is_probe());
    for row in probes.filter(|row| row.failure.is_none()) {
        let rate = row.outcome.as_ref().map(|outcome| outcome.rate);
        rates.entry(&row.contender).or_default().extend(rate);
    }
    let medians = rates.values_mut().filter_map(|rates| median(rates));
    medians.filter(|rate| *rate > 0.0).reduce(f64::max)
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    Some(f64::midpoint(values[(values.len() - 1) / 2], upper))
}
