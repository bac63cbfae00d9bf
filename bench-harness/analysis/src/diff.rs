//! Two runs of one plan on one machine, before and after a change: what became faster, slower, cheaper or dearer.

use record::circumstances::{Difference, differences, differences_of_plans};
use record::plan::{ContenderId, LoadId};
use record::store::Run;
use serde::Serialize;

use crate::cell::Cell;
use crate::compare::{barred, lower_bound};
use crate::judge::{Evidence, Pair, judge};
use crate::metric::Metric;
use crate::sittings::means;
use crate::summary::Summary;
use crate::verdict::{Bar, Compared};

/// The differences between two runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    /// The zone of indifference, which is that of the first run.
    pub zone: f64,
    /// True if both runs measured in rounds. What is compared are then the ratios to the baseline.
    pub in_rounds: bool,
    /// Differences between the machines: runs with any of these should not be compared.
    pub environment: Vec<Difference>,
    /// Differences between the plans: only what both runs measured is compared.
    pub plan: Vec<Difference>,
    /// Differences between the programs, often the very change that the user wants to judge.
    pub program: Vec<Difference>,
    /// Every judged metric of every contender under every load that both runs measured: the second run's divided by the first's.
    pub changes: Vec<Change>,
}

/// The change of one figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The contender, by name.
    pub contender: String,
    /// The scenario of the load.
    pub scenario: String,
    /// The load, as a table calls it.
    pub load: String,
    /// The metric.
    pub metric: Metric,
    /// True if it is the metric that decides under this load.
    pub decides: bool,
    /// The second run compared with the first.
    pub compared: Compared,
}

/// Compares the second run with the first. All contenders under one load are one family for Holm's correction, as within a run, and
/// there are verdicts only where the control passed in both runs.
pub fn diff(before: &Run, after: &Run) -> Diff {
    let (program, environment) = differences(&before.environment, &after.environment)
        .into_iter()
        .partition(Difference::is_of_the_program);
    let (first, second) = (Summary::of(before), Summary::of(after));
    let changes = first.load_ids().flat_map(|load| {
        let cells = matched(&first, &second, load);
        let of_metric = |metric| changes(&first, &second, &cells, metric);
        Metric::judged().flat_map(of_metric).collect::<Vec<_>>()
    });
    Diff {
        zone: first.zone(),
        in_rounds: first.has_rounds() && second.has_rounds(),
        changes: changes.collect(),
        environment,
        program,
        plan: differences_of_plans(&before.plan, &after.plan),
    }
}

/// The same cell in both runs.
struct Matched {
    first: (ContenderId, LoadId),
    second: (ContenderId, LoadId),
}

/// The cells of all contenders of both runs under a load of the first one. Twins are left out: each run judges its own.
fn matched(first: &Summary, second: &Summary, load: LoadId) -> Vec<Matched> {
    let is_same = |other: &LoadId| second.loads[*other] == first.loads[load];
    let Some(same_load) = second.load_ids().find(is_same) else {
        return Vec::new();
    };
    let matched = first.models().filter_map(|contender| {
        let name = &first.contenders[contender].name;
        let same_contender = second.find_contender(|other| other.name == *name)?;
        Some(Matched {
            first: (contender, load),
            second: (same_contender, same_load),
        })
    });
    matched.collect()
}

fn changes(first: &Summary, second: &Summary, cells: &[Matched], metric: Metric) -> Vec<Change> {
    let pairs: Vec<Pair> = cells
        .iter()
        .map(|cell| pair(first, second, cell, metric))
        .collect();
    let change = |(cell, compared): (&Matched, Option<Compared>)| {
        let (contender, load) = cell.first;
        Some(Change {
            contender: first.contenders[contender].name.clone(),
            scenario: first.loads[load].scenario.clone(),
            load: first.loads[load].label(),
            metric,
            decides: first.deciding(load) == metric,
            compared: compared?,
        })
    };
    let results = cells.iter().zip(judge(metric, first.zone(), pairs));
    results.filter_map(change).collect()
}

/// A cell of the second run against the same cell of the first run.
fn pair(first: &Summary, second: &Summary, cell: &Matched, metric: Metric) -> Pair {
    let before = first.cell(cell.first.0, cell.first.1);
    let after = second.cell(cell.second.0, cell.second.1);
    let starved_before = before.left_out() && !after.left_out();
    let bar = barred(after, &[before], metric)
        .or(starved_before.then_some(Bar::LeftOut))
        .or_else(|| first.untrusted(cell.first.1, metric))
        .or_else(|| second.untrusted(cell.second.1, metric));
    Pair {
        evidence: evidence(before, after, metric),
        bar,
        left_out: after.left_out() && !before.left_out(),
        lower_bound: lower_bound(after, &[before], metric),
        round_s: 0.0,
    }
}

/// Where both runs measured in rounds, their ratios to the baseline are compared, because the machine's speed differs from run to
/// run. A change that concerns all contenders alike then shows in the row of the baseline only, whose own values are compared.
fn evidence(before: &Cell, after: &Cell, metric: Metric) -> Option<Evidence> {
    let relative = |cell: &Cell| {
        cell.rounds
            .relative
            .get(&metric)
            .map(|groups| means(groups))
    };
    match (relative(after), relative(before)) {
        (Some(after), Some(before)) => Evidence::unpaired_logs(&after, &before),
        _ => Evidence::unpaired(after.values(metric), before.values(metric)),
    }
}
