//! The rows of `summary.json`: loads, cells and comparisons.

use std::collections::BTreeMap;

use analysis::{Compared, Metric, Needs, Replicate, Summary, Unsure, Verdict};
use record::plan::{ContenderId, LoadId};
use schemars::JsonSchema;
use serde::Serialize;

/// A load.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LoadRow {
    /// Its scenario.
    pub scenario: String,
    /// Its step on the axis of the scenario.
    pub step: f64,
    /// The name in reports.
    pub label: String,
    /// The metric that decides.
    pub deciding: &'static str,
    /// True if it was measured in rounds beside the baseline; else in trials with fresh processes.
    pub in_rounds: bool,
}

/// A model under a load.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CellRow {
    /// Index of the model.
    pub model: usize,
    /// Index of the load.
    pub load: usize,
    /// Number of trials that count. In rounds the life of a server in a sitting is one.
    pub trials: usize,
    /// Number of failed trials.
    pub failed: usize,
    /// Number of trials that count although other programs disturbed them.
    pub disturbed: usize,
    /// Number of trials that do not count because other programs disturbed them.
    pub set_aside: usize,
    /// Number of trials that count in which the generator was saturated.
    pub limited: usize,
    /// Number of rounds that count; 0 for the baseline, which takes part in all of them.
    pub rounds: usize,
    /// Number of sittings with such rounds.
    pub sittings: usize,
    /// Number of slices that count.
    pub slices: usize,
    /// Number of slices that were disturbed and repeated.
    pub disturbed_slices: usize,
    /// True if the generator was saturated: the throughput is a lower bound.
    pub bound: bool,
    /// True if the server uses a whole CPU even if no client asks.
    pub spins: bool,
    /// Answered requests as a share of the offered ones, if the server did not keep up.
    pub behind: Option<f64>,
    /// Predicted throughput at which the server would use all its CPUs, in requests per second; absent if it was saturated, or if it
    /// is not known.
    pub predicted_peak: Option<f64>,
    /// True if some clients were never served or were refused.
    pub left_out: bool,
    /// Median, lowest trial and highest trial of each metric.
    pub metrics: BTreeMap<&'static str, [f64; 3]>,
    /// The judged metrics, compared with the baseline.
    pub compared: BTreeMap<&'static str, ComparedRow>,
}

/// A ratio to the baseline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ComparedRow {
    /// The best estimate.
    pub ratio: f64,
    /// The 95 % interval of the ratio.
    pub interval: Option<(f64, f64)>,
    /// The verdict.
    pub verdict: &'static str,
    /// The reason if there is no clear verdict.
    pub because: Option<String>,
    /// The independent values: `round`, `sitting` or `trial`.
    pub unit: &'static str,
    /// The two-sided p-value.
    pub p: f64,
    /// The p-value after Holm's correction.
    pub adjusted: f64,
    /// About how many more rounds would decide it.
    pub needs_rounds: Option<usize>,
    /// About how many more sittings would decide it, if the sitting is the unit.
    pub needs_sittings: Option<usize>,
    /// About how long these take, in seconds.
    pub needs_seconds: Option<f64>,
    /// True if the sittings differ more than their rounds predict: the ratio differs from start to start.
    pub differs: bool,
    /// The ratio of each sitting; empty for trials.
    pub per_sitting: Vec<f64>,
}

/// The row of a load.
pub fn load_row(summary: &Summary, id: LoadId) -> LoadRow {
    let load = &summary.loads[id];
    LoadRow {
        scenario: load.scenario.clone(),
        step: load.step,
        label: load.label(),
        deciding: summary.deciding(id).name(),
        in_rounds: summary.is_paired(id),
    }
}

/// The row of a model under a load.
pub fn cell_row(summary: &Summary, contender: ContenderId, load: LoadId) -> CellRow {
    let cell = summary.cell(contender, load);
    let estimates = cell.estimates.iter().map(|(metric, estimate)| {
        let values = [estimate.median, estimate.low, estimate.high];
        (metric.name(), values)
    });
    let compared = cell.compared.iter();
    let compared = compared.map(|(metric, row)| (metric.name(), compared_row(*metric, row)));
    CellRow {
        model: contender.0,
        load: load.0,
        trials: cell.trials,
        failed: cell.failed,
        disturbed: cell.disturbed,
        set_aside: cell.set_aside,
        limited: cell.limited,
        rounds: cell.rounds.count(),
        sittings: cell.rounds.sittings(),
        slices: cell.rounds.slices,
        disturbed_slices: cell.rounds.disturbed,
        bound: cell.is_bound(),
        spins: cell.spins,
        behind: cell.behind(),
        predicted_peak: cell.predicted_peak(),
        left_out: cell.left_out(),
        metrics: estimates.collect(),
        compared: compared.collect(),
    }
}

fn compared_row(metric: Metric, compared: &Compared) -> ComparedRow {
    let paired = compared.paired.as_ref();
    let needs = needs(&compared.verdict);
    ComparedRow {
        ratio: compared.ratio.estimate,
        interval: compared.ratio.interval,
        verdict: compared.verdict.word(metric),
        because: compared.verdict.because(),
        unit: match paired.map(|paired| paired.unit) {
            None => "trial",
            Some(Replicate::Round) => "round",
            Some(Replicate::Sitting) => "sitting",
        },
        p: compared.p,
        adjusted: compared.adjusted,
        needs_rounds: needs.rounds,
        needs_sittings: needs.sittings,
        needs_seconds: needs.seconds,
        differs: paired
            .and_then(|paired| paired.difference)
            .is_some_and(|difference| difference.is_significant()),
        per_sitting: paired.map_or(Vec::new(), |paired| paired.per_sitting.clone()),
    }
}

/// What would decide a comparison.
#[derive(Default)]
struct Needed {
    rounds: Option<usize>,
    sittings: Option<usize>,
    seconds: Option<f64>,
}

fn needs(verdict: &Verdict) -> Needed {
    let Verdict::Inconclusive(Unsure::Wide { needs, .. }) = verdict else {
        return Needed::default();
    };
    match *needs {
        Some(Needs::Rounds { more, seconds }) => Needed {
            rounds: Some(more),
            seconds: Some(seconds),
            ..Needed::default()
        },
        Some(Needs::Sittings { more, seconds }) => Needed {
            sittings: Some(more),
            seconds: Some(seconds),
            ..Needed::default()
        },
        Some(Needs::TooClose) | None => Needed::default(),
    }
}
