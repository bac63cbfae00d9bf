//! One contender under one load: the results of its trials.

use std::collections::{BTreeMap, BTreeSet};

use record::outcome::{Moment, Outcome, Timeline, Times, WorkTimes};
use record::sample::Sample;
use record::warning::TrialWarning;
use serde::Serialize;

use crate::estimate::Estimate;
use crate::lower_bounds::censored;
use crate::metric::Metric;
use crate::quantiles::Point;
use crate::rounds::Rounds;
use crate::rows::{counted, representative};
use crate::verdict::Compared;

/// A server, or a generator, whose CPUs are busy for at least this share of the time is saturated.
const SATURATED: f64 = 0.97;
/// A server that answers at least this share of the offered requests keeps up.
const KEEPS_UP: f64 = 0.97;

/// One contender under one load.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cell {
    /// Why it is not measured, if the contender declares that it cannot be.
    pub cannot: Option<String>,
    /// Number of trials that count.
    pub trials: usize,
    /// Trials that count although they and all their repeats were disturbed, because too few others are left.
    pub disturbed: usize,
    /// Trials that do not count because they and all their repeats were disturbed.
    pub set_aside: usize,
    /// Counted trials in which the generator was saturated or called its own figures invalid.
    pub limited: usize,
    /// Counted trials whose capacity is above every rate that was tried.
    pub above: usize,
    /// Number of failed trials.
    pub failed: usize,
    /// The reasons of the failures, each once.
    pub reasons: Vec<String>,
    /// The median and the range of each metric.
    pub estimates: BTreeMap<Metric, Estimate>,
    /// Seconds from the first connect to the end of the window, the median of all trials; `None` for slices, which have pauses.
    #[serde(skip)]
    pub watched_s: Option<f64>,
    /// The percentiles that are lower bounds, because too many requests never got a reply.
    #[serde(skip)]
    pub censored: BTreeSet<Metric>,
    /// System calls per request by name: medians of the trials in which they were counted.
    pub calls: BTreeMap<String, f64>,
    /// The slices, if it was measured in sittings.
    #[serde(skip)]
    pub rounds: Rounds,
    /// True if the server computes although no client asks, in most trials.
    pub spins: bool,
    /// The judged metrics, compared with the baseline's under the same load.
    pub compared: BTreeMap<Metric, Compared>,
    /// Response times of all trials together; empty until `Summary::add_curves` adds them.
    pub curve: Vec<Point>,
    /// The median of the trials' mean response times in nanoseconds; `None` if no request was answered.
    pub mean_ns: Option<f64>,
    /// The first requests of a few clients in one trial, if they were recorded.
    pub timelines: Vec<Timeline>,
    /// Duration of the work that each of these requests asks the server to do, if it is the same for all.
    pub work_us: Option<u64>,
    /// The connections over time in the representative trial; empty until `Summary::add_connections`
    /// adds them.
    pub over_time: Vec<Moment>,
}

impl Cell {
    /// The results of these rows, without comparisons and details.
    pub(crate) fn of(rows: &[&Sample], rounds: Rounds) -> Self {
        let counted = counted(rows);
        let trials = counted.rows.len();
        let number = |condition: fn(&Sample) -> bool| {
            counted.rows.iter().filter(|row| condition(row)).count()
        };
        let shown = representative(&counted.rows).and_then(|row| row.outcome.as_ref());
        Self {
            trials,
            disturbed: number(Sample::disturbed),
            limited: number(limited),
            spins: 2 * number(Sample::spins) > trials,
            above: number(above),
            set_aside: counted.set_aside,
            failed: rows.len() - trials - counted.set_aside,
            reasons: reasons(rows),
            estimates: with_p99(estimates(&counted.rows), rounds.p99),
            rounds,
            watched_s: watched(&counted.rows),
            censored: censored(&counted.rows),
            calls: calls(&counted.rows),
            mean_ns: mean(&counted.rows),
            timelines: timelines(&counted.rows),
            work_us: shown.and_then(work),
            ..Self::default()
        }
    }

    /// The values of a metric, one a trial; none where it was not measured.
    pub fn values(&self, metric: Metric) -> &[f64] {
        self.estimates
            .get(&metric)
            .map_or(&[], |estimate| &estimate.values)
    }

    /// True if it was measured in sittings, even if all of its slices were disturbed.
    pub const fn is_paired(&self) -> bool {
        self.rounds.slices + self.rounds.disturbed > 0
    }

    /// True if the generator was saturated: its throughput is a lower bound of what the server can do.
    pub fn is_bound(&self) -> bool {
        match self.rounds.shares.generator {
            Some(share) => share >= SATURATED,
            None => self.limited > 0,
        }
    }

    /// True if the server used all CPUs that it can use; `None` if it was not measured in sittings.
    pub fn is_saturated(&self) -> Option<bool> {
        Some(self.rounds.shares.server? >= SATURATED)
    }

    /// The throughput at which the server would use all its CPUs, by the utilisation law; `None` if it does so already, or if it
    /// is not known. Source: P. J. Denning and J. P. Buzen, "The operational analysis of queueing network models", 1978.
    pub fn predicted_peak(&self) -> Option<f64> {
        let share = self.rounds.shares.server?;
        let rate = self.estimates.get(&Metric::Throughput)?.median;
        let is_known = !self.spins && share > 0.0 && share < SATURATED;
        is_known.then(|| rate / share)
    }

    /// The share of the offered requests that were answered, if it is clearly below one.
    pub fn behind(&self) -> Option<f64> {
        self.rounds
            .shares
            .answered
            .filter(|share| *share < KEEPS_UP)
    }

    /// True if some clients were never served or were refused in most trials.
    pub fn left_out(&self) -> bool {
        let is_above_zero = |metric| {
            let estimate = self.estimates.get(&metric);
            estimate.is_some_and(|estimate| estimate.median > 0.0)
        };
        is_above_zero(Metric::NeverServed) || is_above_zero(Metric::Refused)
    }
}

/// The reasons of the failures, each once, sorted.
fn reasons(rows: &[&Sample]) -> Vec<String> {
    let failures = rows.iter().filter_map(|row| row.failure.as_ref());
    let reasons: BTreeSet<&String> = failures.map(|failure| &failure.reason).collect();
    reasons.into_iter().cloned().collect()
}

/// The estimates of all metrics that enough of these rows have.
fn estimates(rows: &[&Sample]) -> BTreeMap<Metric, Estimate> {
    let estimate = |metric: Metric| {
        let values: Vec<f64> = rows.iter().filter_map(|row| metric.value_in(row)).collect();
        let enough = values.len() == rows.len() || !metric.needs_every_trial();
        Some((metric, Estimate::of(values).filter(|_| enough)?))
    };
    Metric::ALL.into_iter().filter_map(estimate).collect()
}

/// These estimates with the 99th percentile of all slices together, if single sittings have too few requests for one. It has no
/// range then.
fn with_p99(
    mut estimates: BTreeMap<Metric, Estimate>,
    of_slices: Option<f64>,
) -> BTreeMap<Metric, Estimate> {
    if !estimates.contains_key(&Metric::P99) {
        let estimate = of_slices.and_then(|p99| Estimate::of(vec![p99]));
        estimates.extend(estimate.map(|estimate| (Metric::P99, estimate)));
    }
    estimates
}

/// The median time in which clients could be served.
fn watched(rows: &[&Sample]) -> Option<f64> {
    let outcomes = rows.iter().filter_map(|row| row.outcome.as_ref());
    let whole = outcomes.filter(|outcome| outcome.slices == 0 && outcome.elapsed_s > 0.0);
    let times = whole.map(|outcome| outcome.window_start_s + outcome.elapsed_s);
    Some(Estimate::of(times.collect())?.median)
}

/// The median of the trials' mean response times.
fn mean(rows: &[&Sample]) -> Option<f64> {
    let outcomes = rows.iter().filter_map(|row| row.outcome.as_ref());
    let answered = outcomes.filter(|outcome| outcome.requests > 0);
    let means = answered.map(|outcome| outcome.response.mean_ns);
    Some(Estimate::of(means.collect())?.median)
}

/// The first requests of a few clients, in the representative one of the trials in which they were recorded.
fn timelines(rows: &[&Sample]) -> Vec<Timeline> {
    let of = |row: &Sample| {
        row.outcome
            .as_ref()
            .map(|outcome| &outcome.timelines)
            .cloned()
    };
    let recorded = |row: &&&Sample| of(row).is_some_and(|timelines| !timelines.is_empty());
    let recorded: Vec<&Sample> = rows.iter().filter(recorded).copied().collect();
    representative(&recorded).and_then(of).unwrap_or_default()
}

/// Duration in microseconds of the work that every request asks for; `None` if it differs.
fn work(outcome: &Outcome) -> Option<u64> {
    match &outcome.load.work {
        Some(WorkTimes::Spin(Times::Fixed(time)) | WorkTimes::Sleep(Times::Fixed(time))) => {
            Some(time.as_micros() as u64)
        }
        _ => None,
    }
}

/// The median number of each system call per request.
fn calls(rows: &[&Sample]) -> BTreeMap<String, f64> {
    let counts = rows.iter().filter_map(|row| row.system_calls.as_ref());
    let counts: Vec<_> = counts.filter(|calls| calls.requests > 0).collect();
    let names: BTreeSet<&String> = counts
        .iter()
        .flat_map(|calls| calls.by_name.keys())
        .collect();
    let median = |name: &String| {
        let per_request = counts.iter().map(|calls| {
            let count = calls.by_name.get(name).copied().unwrap_or(0);
            count as f64 / calls.requests as f64
        });
        Some((name.clone(), Estimate::of(per_request.collect())?.median))
    };
    names.into_iter().filter_map(median).collect()
}

/// True if the generator distorted the figures of this trial.
fn limited(sample: &Sample) -> bool {
    let busy = |warning: &TrialWarning| matches!(warning, TrialWarning::GeneratorBusy { .. });
    let invalid = sample
        .outcome
        .as_ref()
        .is_some_and(|outcome| !outcome.valid);
    invalid || sample.warnings.iter().any(busy)
}

/// True if the search for the capacity found no limit: even the highest rate met the objective.
fn above(sample: &Sample) -> bool {
    let capacity = sample.capacity.as_ref();
    capacity.is_some_and(|capacity| capacity.steps.iter().all(|step| step.missed.is_none()))
}
