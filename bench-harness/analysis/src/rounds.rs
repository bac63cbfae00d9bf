//! From slices to rounds: the log ratio of each slice of a contender to its two neighbouring slices of the baseline.
//!
//! A drift of the machine's speed that is linear over three slices cancels. Slices that were disturbed do not count; the
//! nearest undisturbed slice of the baseline takes their place.

use std::collections::{BTreeMap, BTreeSet};

use hdrhistogram::Histogram;
use rayon::prelude::*;
use record::plan::{ContenderId, LoadId, Plan};
use record::slice::{Place, Slice};

use crate::logs::rounded;
use crate::metric::{BEYOND, Metric};

/// The figures that are compared round by round.
pub const BY_ROUND: [Metric; 3] = [Metric::Throughput, Metric::P50, Metric::Cpu];
/// Maximum distance of a slice of the baseline in the order of slices: the neighbour may have been repeated.
const NEAR: usize = 3;
/// Requests that a 99th percentile needs.
const FOR_P99: u64 = (BEYOND / 0.01) as u64;

/// True if this figure is compared round by round where there are rounds.
pub fn is_by_round(metric: Metric) -> bool {
    BY_ROUND.contains(&metric) || metric == Metric::P99
}

/// The rounds of a contender under a load: for each figure the log ratios to the baseline, sitting by sitting.
pub type Relative = BTreeMap<Metric, Vec<Vec<f64>>>;

/// The slices of a run, sorted by what they belong to.
pub struct Slices<'a> {
    /// The slices of each start of a sitting, in order.
    sittings: Vec<Vec<&'a Slice>>,
    baseline: &'a str,
    plan: &'a Plan,
}

/// What the slices of one contender under one load say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rounds {
    /// Log ratios to the baseline.
    pub relative: Relative,
    /// Values of single slices: the shares of their CPUs that server and generator used, and answered of offered requests.
    pub shares: Shares,
    /// The 99th percentile of all slices that count together, in nanoseconds; `None` if they have too few requests.
    pub p99: Option<f64>,
    /// Slices that count.
    pub slices: usize,
    /// Slices that were disturbed.
    pub disturbed: usize,
}

/// Medians over slices.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shares {
    /// The share of its usable CPUs that the server used.
    pub server: Option<f64>,
    /// The share of its CPU that the generator used.
    pub generator: Option<f64>,
    /// Answered requests as a share of the offered ones; `None` in a closed loop.
    pub answered: Option<f64>,
}

impl<'a> Slices<'a> {
    /// Sorts the slices of a run.
    pub fn of(plan: &'a Plan, slices: &'a [Slice]) -> Self {
        let mut sittings: BTreeMap<(usize, u32), Vec<&Slice>> = BTreeMap::new();
        for slice in slices {
            let key = (slice.place.sitting, slice.place.start);
            sittings.entry(key).or_default().push(slice);
        }
        for slices in sittings.values_mut() {
            slices.sort_by_key(|slice| slice.place.position);
        }
        Self {
            sittings: sittings.into_values().collect(),
            baseline: &plan.baseline,
            plan,
        }
    }

    /// The rounds of every cell, in the order of [`Plan::cell_of`].
    pub fn by_cell(&self) -> Vec<Rounds> {
        let cells = (0..self.plan.contenders.len() * self.plan.loads.len()).into_par_iter();
        let rounds = cells.map(|cell| {
            let (contender, load) = (self.plan.contender_of(cell), self.plan.load_of(cell));
            self.rounds(contender, load)
        });
        rounds.collect()
    }

    fn rounds(&self, contender: ContenderId, load: LoadId) -> Rounds {
        let name = self.plan.contenders[contender].name.as_str();
        let is_here = |slices: &&Vec<&Slice>| {
            let sitting = slices.first().map(|slice| slice.place.sitting);
            let sitting = sitting.and_then(|number| self.plan.sittings.get(number));
            sitting.is_some_and(|sitting| sitting.load == load)
        };
        let sittings: Vec<_> = self.sittings.iter().filter(is_here).collect();
        let own = || {
            let slices = sittings.iter().flat_map(|slices| slices.iter().copied());
            slices.filter(|slice| slice.contender == name)
        };
        let counting: Vec<&Slice> = own().filter(|slice| slice.counts()).collect();
        let mut rounds = Rounds {
            shares: Shares::of(&counting),
            p99: p99(counting.iter().copied()),
            slices: counting.len(),
            disturbed: own().filter(|slice| slice.disturbed()).count(),
            ..Rounds::default()
        };
        if name == self.baseline {
            return rounds;
        }
        let triples: Vec<Vec<Triple>> = sittings
            .iter()
            .map(|slices| triples(slices, name, self.baseline))
            .filter(|triples| !triples.is_empty())
            .collect();
        for metric in BY_ROUND {
            let group = |triples: &Vec<Triple>| {
                let logs = triples
                    .iter()
                    .filter_map(|triple| triple.log_ratio(|slice| slice_value(metric, slice)));
                logs.collect::<Vec<f64>>()
            };
            rounds.add(metric, triples.iter().map(group).collect());
        }
        rounds.add(Metric::P99, triples.iter().map(|all| tails(all)).collect());
        rounds
    }
}

/// The log ratios of slices to their neighbouring slices of the baseline, by place and figure. Slices that were disturbed or have
/// no neighbours have none.
pub fn ratios_by_slice(plan: &Plan, slices: &[Slice]) -> BTreeMap<Place, BTreeMap<Metric, f64>> {
    let sorted = Slices::of(plan, slices);
    let of_sitting = |sitting: &Vec<&Slice>| {
        let names: BTreeSet<&str> = sitting
            .iter()
            .map(|slice| slice.contender.as_str())
            .collect();
        let others = names.into_iter().filter(|name| *name != sorted.baseline);
        let triples = others.flat_map(|name| triples(sitting, name, sorted.baseline));
        let ratios = |triple: Triple| {
            let ratio = |metric: Metric| {
                let log = triple.log_ratio(|slice| slice_value(metric, slice))?;
                Some((metric, log))
            };
            let ratios = BY_ROUND.into_iter().filter_map(ratio).collect();
            (triple.slice.place, ratios)
        };
        triples.map(ratios).collect::<Vec<_>>()
    };
    sorted.sittings.iter().flat_map(of_sitting).collect()
}

impl Rounds {
    /// Number of rounds that count; 0 for the baseline, which takes part in all of them.
    pub fn count(&self) -> usize {
        self.longest()
            .map_or(0, |sittings| sittings.iter().map(Vec::len).sum())
    }

    /// Number of sittings with such rounds.
    pub fn sittings(&self) -> usize {
        self.longest().map_or(0, Vec::len)
    }

    /// The log ratios of the figure that every slice with replies has.
    fn longest(&self) -> Option<&Vec<Vec<f64>>> {
        self.relative.get(&Metric::Throughput)
    }

    fn add(&mut self, metric: Metric, mut groups: Vec<Vec<f64>>) {
        groups.retain(|group| !group.is_empty());
        if !groups.is_empty() {
            self.relative.insert(metric, groups);
        }
    }
}

impl Shares {
    fn of(slices: &[&Slice]) -> Self {
        let median = |value: &dyn Fn(&Slice) -> Option<f64>| {
            let mut values: Vec<f64> = slices.iter().filter_map(|slice| value(slice)).collect();
            values.sort_by(f64::total_cmp);
            crate::estimate::median(&values)
        };
        Self {
            server: median(&Slice::server_share),
            generator: median(&Slice::generator_share),
            answered: median(&|slice| {
                let offered = slice.offered? * slice.clients.window_s;
                (offered > 0.0).then(|| slice.clients.requests as f64 / offered)
            }),
        }
    }
}

/// The log ratios of a figure of a contender to the baseline, round by round. The slices are those of one start of a sitting, in
/// order. Rounds without a value above zero have none.
pub fn log_ratios(
    slices: &[&Slice],
    contender: &str,
    baseline: &str,
    value: impl Fn(&Slice) -> Option<f64>,
) -> Vec<f64> {
    let triples = triples(slices, contender, baseline);
    let logs = triples.iter().map(|triple| triple.log_ratio(&value));
    logs.flatten().collect()
}

/// A slice of a contender between two slices of the baseline.
struct Triple<'a> {
    slice: &'a Slice,
    neighbours: [&'a Slice; 2],
}

/// The slices of a contender that have a neighbour on both sides.
fn triples<'a>(slices: &[&'a Slice], name: &str, baseline: &str) -> Vec<Triple<'a>> {
    let is_neighbour = |slice: &&&Slice| slice.contender == baseline && slice.counts();
    let triple = |(place, slice): (usize, &&'a Slice)| {
        if slice.contender != name || !slice.counts() {
            return None;
        }
        let before = slices[..place].iter().rev().take(NEAR).find(is_neighbour)?;
        let after = slices[place + 1..].iter().take(NEAR).find(is_neighbour)?;
        Some(Triple {
            slice,
            neighbours: [before, after],
        })
    };
    slices.iter().enumerate().filter_map(triple).collect()
}

impl Triple<'_> {
    /// The log ratio of a figure to the mean of the neighbours' logs; `None` where a value is not above zero.
    fn log_ratio(&self, value: impl Fn(&Slice) -> Option<f64>) -> Option<f64> {
        let log = |slice: &Slice| {
            let value = value(slice)?;
            (value > 0.0 && value.is_finite()).then(|| value.ln())
        };
        let [before, after] = self.neighbours.map(log);
        Some(rounded(log(self.slice)? - f64::midpoint(before?, after?)))
    }
}

/// A figure of a slice; `None` if it has too few requests for it, or no such figure.
pub fn slice_value(metric: Metric, slice: &Slice) -> Option<f64> {
    let response = &slice.clients.response;
    let enough = response.count as f64 * 0.5 >= BEYOND;
    match metric {
        Metric::Throughput => slice.rate(),
        Metric::P50 => enough.then_some(response.p50_ns as f64),
        Metric::Cpu => slice.cpu_per_request_us(),
        _ => None,
    }
}

/// The log ratios of 99th percentiles. A slice has too few requests for one, so neighbouring rounds are merged until both sides
/// have enough.
fn tails(triples: &[Triple]) -> Vec<f64> {
    let requests = |slice: &Slice| slice.clients.response.count;
    let own: u64 = triples.iter().map(|triple| requests(triple.slice)).sum();
    let parts = (own / FOR_P99).min(triples.len() as u64) as usize;
    let part = |index: usize| {
        let [from, to] = [index, index + 1].map(|end| end * triples.len() / parts);
        let triples = &triples[from..to];
        let own = p99(triples.iter().map(|triple| triple.slice))?;
        let baseline = p99(triples.iter().flat_map(|triple| triple.neighbours))?;
        Some(rounded(own.ln() - baseline.ln()))
    };
    (0..parts).filter_map(part).collect()
}

/// The 99th percentile of these slices together; `None` if they have too few requests.
fn p99<'a>(slices: impl Iterator<Item = &'a Slice>) -> Option<f64> {
    let mut sum: Option<Histogram<u64>> = None;
    for slice in slices {
        let histogram = slice.clients.response.histogram().ok()?;
        match &mut sum {
            Some(sum) => sum.add(histogram).ok()?,
            None => sum = Some(histogram),
        }
    }
    let sum = sum.filter(|sum| sum.len() >= FOR_P99)?;
    Some(sum.value_at_quantile(0.99) as f64).filter(|value| *value > 0.0)
}

#[cfg(test)]
mod tests;
