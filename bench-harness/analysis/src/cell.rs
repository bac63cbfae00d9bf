//! One contender under one load: its trials put together.

use std::collections::{BTreeMap, BTreeSet};

use record::outcome::{Moment, Outcome, Timeline, Times, WorkTimes};
use record::sample::Sample;
use record::warning::TrialWarning;
use serde::Serialize;

use super::verdict::FEWEST_BLOCKS;
use super::{Compared, Estimate, Metric, Point};

/// One contender under one load.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cell {
    /// Why it is not measured, where the contender declares so.
    pub cannot: Option<String>,
    /// Trials that count.
    pub trials: usize,
    /// Trials among them that were disturbed, and whose repeats were too: they count because too few others are left.
    pub disturbed: usize,
    /// Trials that do not count because they were disturbed, and their repeats too, where enough others are left.
    pub set_aside: usize,
    /// Trials among them in which the generator was the bottleneck, or not sure of its own figures.
    pub limited: usize,
    /// Trials among them whose capacity lies above every rate that was tried.
    pub above: usize,
    /// Trials that failed, with the reason of the last.
    pub failed: usize,
    /// Why.
    pub reasons: Vec<String>,
    /// What was measured.
    pub estimates: BTreeMap<Metric, Estimate>,
    /// System calls a request by name: medians of the trials in which they were counted.
    pub calls: BTreeMap<String, f64>,
    /// What is judged, held against the baseline's under the same load.
    pub compared: BTreeMap<Metric, Compared>,
    /// Response times of all trials together, under the load whose curve is drawn.
    pub curve: Vec<Point>,
    /// The mean response time in nanoseconds, the median of the trials; `None` where no request was answered.
    pub mean_ns: Option<f64>,
    /// The first requests of a few clients in the first trial that was not disturbed, where they were noted.
    pub timelines: Vec<Timeline>,
    /// What each of these requests asked the server to do took so long, where it is the same for all.
    pub work_us: Option<u64>,
    /// The connections over time in the same trial, under the load whose connections are drawn.
    pub over_time: Vec<Moment>,
}

impl Cell {
    /// Puts the rows of a cell together, but for what needs other cells.
    pub(super) fn of(rows: &[&Sample]) -> Self {
        let (counted, set_aside) = counted(rows);
        let drawn = shown(&counted).and_then(|row| row.outcome.as_ref());
        let estimate = |metric: Metric| {
            let values: Vec<f64> = counted.iter().filter_map(|row| metric.of(row)).collect();
            let enough = values.len() == counted.len() || !metric.needs_every_trial();
            Some((metric, Estimate::of(values).filter(|_| enough)?))
        };
        let mut reasons: Vec<String> = rows
            .iter()
            .filter_map(|row| Some(row.failure.as_ref()?.reason.clone()))
            .collect();
        reasons.sort();
        reasons.dedup();
        Self {
            cannot: None,
            trials: counted.len(),
            disturbed: counted.iter().filter(|row| row.disturbed()).count(),
            limited: counted.iter().filter(|row| limited(row)).count(),
            above: counted.iter().filter(|row| above(row)).count(),
            set_aside,
            failed: rows.len() - counted.len() - set_aside,
            reasons,
            estimates: Metric::ALL.into_iter().filter_map(estimate).collect(),
            calls: calls(&counted),
            compared: BTreeMap::new(),
            curve: Vec::new(),
            mean_ns: mean(&counted),
            timelines: drawn.map_or(Vec::new(), |outcome| outcome.timelines.clone()),
            work_us: drawn.and_then(work),
            over_time: Vec::new(),
        }
    }

    /// The values of a metric, one a trial; none where it was not measured.
    pub fn values(&self, metric: Metric) -> &[f64] {
        self.estimates
            .get(&metric)
            .map_or(&[], |found| &found.values)
    }

    /// Whether some clients were left out in most trials: never served, or refused.
    pub fn left_out(&self) -> bool {
        let some = |metric| {
            let found = self.estimates.get(&metric);
            found.is_some_and(|found| found.median > 0.0)
        };
        some(Metric::NeverServed) || some(Metric::Refused)
    }
}

/// The median of the trials' mean response times.
fn mean(rows: &[&Sample]) -> Option<f64> {
    let outcomes = rows.iter().filter_map(|row| row.outcome.as_ref());
    let answered = outcomes.filter(|outcome| outcome.requests > 0);
    let means = answered.map(|outcome| outcome.response.mean_ns);
    Some(Estimate::of(means.collect())?.median)
}

/// The trial that stands for all where only one can be drawn: the first that was not disturbed, or else the first.
pub(super) fn shown<'a>(rows: &[&'a Sample]) -> Option<&'a Sample> {
    let good = rows.iter().find(|row| !row.disturbed());
    good.or(rows.first()).copied()
}

/// How long the work takes that every request asks for, in microseconds, where all ask for the same.
fn work(outcome: &Outcome) -> Option<u64> {
    match &outcome.load.work {
        Some(WorkTimes::Spin(Times::Fixed(time)) | WorkTimes::Sleep(Times::Fixed(time))) => {
            Some(time.as_micros() as u64)
        }
        _ => None,
    }
}

/// The median of each system call's number a request.
fn calls(rows: &[&Sample]) -> BTreeMap<String, f64> {
    let counts = rows.iter().filter_map(|row| row.system_calls.as_ref());
    let counts: Vec<_> = counts.filter(|calls| calls.requests > 0).collect();
    let names: BTreeSet<&String> = counts
        .iter()
        .flat_map(|calls| calls.by_name.keys())
        .collect();
    let middle = |name: &String| {
        let a_request = |calls: &&record::sample::SystemCalls| {
            let count = calls.by_name.get(name).copied().unwrap_or(0);
            count as f64 / calls.requests as f64
        };
        Some(Estimate::of(counts.iter().map(a_request).collect())?.median)
    };
    names
        .into_iter()
        .filter_map(|name| Some((name.clone(), middle(name)?)))
        .collect()
}

/// The rows that count, and how many that did not fail are set aside.
///
/// Disturbed ones are, as long as the others have a 95 % interval without them. What disturbed a trial is seen in the generator's and the
/// server's CPUs and not in its figures, so that nobody's good or bad luck is chosen; and who is always disturbed, as by its own
/// threads, keeps all of its trials, and gets no verdict.
pub(super) fn counted<'a>(rows: &[&'a Sample]) -> (Vec<&'a Sample>, usize) {
    let whole = rows.iter().copied().filter(|row| row.failure.is_none());
    let (disturbed, quiet): (Vec<_>, Vec<_>) = whole.clone().partition(|row| row.disturbed());
    if quiet.len() >= FEWEST_BLOCKS {
        (quiet, disturbed.len())
    } else {
        (whole.collect(), 0)
    }
}

/// Whether the generator had its part in the figures of this trial.
fn limited(sample: &Sample) -> bool {
    let busy = |warning: &TrialWarning| matches!(warning, TrialWarning::GeneratorBusy { .. });
    let invalid = sample
        .outcome
        .as_ref()
        .is_some_and(|outcome| !outcome.valid);
    invalid || sample.warnings.iter().any(busy)
}

/// Whether the search for the capacity came to no end: even the highest rate held.
fn above(sample: &Sample) -> bool {
    let found = sample.capacity.as_ref();
    found.is_some_and(|found| found.steps.iter().all(|step| step.missed.is_none()))
}

/// One row for each planned trial: the first that was not disturbed, or the last of all.
pub(super) fn chosen(samples: &[Sample]) -> Vec<&Sample> {
    let mut chosen: BTreeMap<usize, &Sample> = BTreeMap::new();
    for sample in samples {
        let slot = chosen.entry(sample.trial).or_insert(sample);
        if slot.disturbed() {
            *slot = sample;
        }
    }
    chosen.into_values().collect()
}
