//! All rows of a run put in order: one cell for each contender under each load.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::plan::{Contender, Load, Plan};
use crate::sample::Sample;
use crate::store::Run;
use crate::warning::Warning;

use super::{Estimate, Metric, Point, Ratio, quantiles, ratio};

/// Differences within this factor matter to nobody.
pub const INDIFFERENT: f64 = 1.05;

/// What a run found out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Who took part, in the order of the plan.
    pub contenders: Vec<Contender>,
    /// Under what, in the order of the plan.
    pub loads: Vec<Load>,
    /// Index of the contender that the others are compared with.
    pub baseline: usize,
    /// How often each cell was to be measured.
    pub blocks: usize,
    /// Rows that were planned, repeats aside.
    pub planned: usize,
    /// Rows that are there, repeats aside.
    pub finished: usize,
    /// What a reader must know, and in how many trials of how many it was so (both 0: it is about the whole run).
    pub warnings: Vec<(Warning, usize, usize)>,
    cells: Vec<Cell>,
}

/// One contender under one load.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Cell {
    /// Trials that count.
    pub trials: usize,
    /// Trials among them that were disturbed, and whose repeats were too.
    pub disturbed: usize,
    /// Trials that failed, with the reason of the last.
    pub failed: usize,
    /// Why.
    pub reasons: Vec<String>,
    /// What was measured.
    pub estimates: BTreeMap<Metric, Estimate>,
    /// Throughput and the like divided by the baseline's under the same load.
    pub ratios: BTreeMap<Metric, Ratio>,
    /// Response times of all trials together.
    pub curve: Vec<Point>,
}

impl Summary {
    /// Puts a run in order.
    pub fn of(run: &Run) -> Self {
        let plan = &run.plan;
        let rows = chosen(&run.samples);
        let trials: Vec<_> = plan.trials().collect();
        let mut of_cell = vec![Vec::new(); plan.contenders.len() * plan.loads.len()];
        for row in &rows {
            if let Some(trial) = trials.get(row.trial) {
                of_cell[trial.contender * plan.loads.len() + trial.load].push(*row);
            }
        }
        let mut summary = Self {
            baseline: plan
                .contenders
                .iter()
                .position(|c| c.name == plan.baseline)
                .unwrap_or(0),
            contenders: plan.contenders.clone(),
            loads: plan.loads.clone(),
            blocks: plan.rounds(),
            planned: plan.due(&rows.iter().map(|row| row.trial).collect()),
            finished: rows.len(),
            warnings: Vec::new(),
            cells: of_cell.iter().map(|rows| Cell::of(rows)).collect(),
        };
        summary.compare();
        summary.warnings = warnings(run, plan, &rows, &summary);
        summary
    }

    /// What was found about this contender under this load.
    pub fn cell(&self, contender: usize, load: usize) -> &Cell {
        &self.cells[contender * self.loads.len() + load]
    }

    /// The median of a metric, where it was measured.
    pub fn median(&self, contender: usize, load: usize, metric: Metric) -> Option<f64> {
        Some(self.cell(contender, load).estimates.get(&metric)?.median)
    }

    /// The highest load under which all contenders that can run here were measured; the highest of all if there is none.
    pub fn common_load(&self) -> usize {
        let runs = |contender: usize| self.contenders[contender].unsupported.is_none();
        let measured = |load: usize| {
            (0..self.contenders.len())
                .filter(|&c| runs(c))
                .all(|c| self.cell(c, load).trials > 0)
        };
        (0..self.loads.len())
            .rev()
            .find(|&load| measured(load))
            .unwrap_or(self.loads.len() - 1)
    }

    /// The contender with the highest median throughput under this load, and all that are not clearly slower: the 95 %
    /// interval of their ratio to it reaches into the zone of 5 % that matters to nobody. Those who left clients out do not
    /// count.
    pub fn leaders(&self, load: usize) -> Vec<usize> {
        let throughput = |c: usize| self.cell(c, load).estimates.get(&Metric::Throughput);
        let served_all = |c: &usize| !self.left_out(*c, load) && throughput(*c).is_some();
        let all: Vec<usize> = (0..self.contenders.len()).filter(served_all).collect();
        let median = |c: usize| throughput(c).map_or(0.0, |found| found.median);
        let Some(&best) = all
            .iter()
            .max_by(|&&a, &&b| median(a).total_cmp(&median(b)))
        else {
            return Vec::new();
        };
        let near = |&c: &usize| {
            let (Some(own), Some(best)) = (throughput(c), throughput(best)) else {
                return false;
            };
            match ratio(&own.values, &best.values).and_then(|ratio| ratio.interval) {
                Some((_, high)) => high >= 1.0 / INDIFFERENT,
                // Too few trials for an interval: what overlaps is not apart.
                None => own.high >= best.low / INDIFFERENT,
            }
        };
        all.into_iter().filter(near).collect()
    }

    /// Whether some clients were left out in most trials of this cell: never served, or refused.
    pub fn left_out(&self, contender: usize, load: usize) -> bool {
        let some = |metric| {
            self.median(contender, load, metric)
                .is_some_and(|n| n > 0.0)
        };
        some(Metric::NeverServed) || some(Metric::Refused)
    }

    /// Trials that count although they were disturbed.
    pub fn disturbed(&self) -> usize {
        self.cells.iter().map(|cell| cell.disturbed).sum()
    }

    /// Families in the order of the plan, each with its contenders.
    pub fn families(&self) -> Vec<(&str, Vec<usize>)> {
        let mut families: Vec<(&str, Vec<usize>)> = Vec::new();
        for (index, contender) in self.contenders.iter().enumerate() {
            match families
                .iter_mut()
                .find(|(family, _)| *family == contender.family)
            {
                Some((_, members)) => members.push(index),
                None => families.push((&contender.family, vec![index])),
            }
        }
        families
    }

    /// Fills in the ratios to the baseline.
    fn compare(&mut self) {
        for load in 0..self.loads.len() {
            let base = self.cell(self.baseline, load).estimates.clone();
            for contender in (0..self.contenders.len()).filter(|&c| c != self.baseline) {
                let index = contender * self.loads.len() + load;
                let cell = &mut self.cells[index];
                let against = |(metric, own): (&Metric, &Estimate)| {
                    Some((*metric, ratio(&own.values, &base.get(metric)?.values)?))
                };
                cell.ratios = cell.estimates.iter().filter_map(against).collect();
            }
        }
    }
}

impl Cell {
    fn of(rows: &[&Sample]) -> Self {
        let counted: Vec<&Sample> = rows
            .iter()
            .copied()
            .filter(|row| row.failure.is_none())
            .collect();
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
            trials: counted.len(),
            disturbed: counted.iter().filter(|row| row.disturbed()).count(),
            failed: rows.len() - counted.len(),
            reasons,
            estimates: Metric::ALL.into_iter().filter_map(estimate).collect(),
            ratios: BTreeMap::new(),
            curve: quantiles(counted.iter().copied()),
        }
    }
}

/// One row for each planned trial: the first that was not disturbed, or the last of all.
fn chosen(samples: &[Sample]) -> Vec<&Sample> {
    let mut chosen: BTreeMap<usize, &Sample> = BTreeMap::new();
    for sample in samples {
        let slot = chosen.entry(sample.trial).or_insert(sample);
        if slot.disturbed() {
            *slot = sample;
        }
    }
    chosen.into_values().collect()
}

fn warnings(
    run: &Run,
    plan: &Plan,
    rows: &[&Sample],
    summary: &Summary,
) -> Vec<(Warning, usize, usize)> {
    let most = plan
        .loads
        .iter()
        .map(|load| load.connections)
        .max()
        .unwrap_or(0);
    let missing = summary.finished < summary.planned;
    let incomplete = Warning::Incomplete {
        finished: summary.finished,
        planned: summary.planned,
    };
    let of_run = run
        .environment
        .warnings(most)
        .into_iter()
        .chain(run.warnings.iter().cloned());
    let of_run = of_run.chain(missing.then_some(incomplete));
    let mut all: Vec<_> = of_run.map(|warning| (warning, 0, 0)).collect();
    all.extend(worst_of_each_kind(rows));
    all
}

/// Warnings of trials, the worst of each kind, with the number of trials that have one.
fn worst_of_each_kind(rows: &[&Sample]) -> Vec<(Warning, usize, usize)> {
    let mut worst: Vec<(Warning, usize, usize)> = Vec::new();
    for warning in rows.iter().flat_map(|row| &row.warnings) {
        let same = |(other, ..): &&mut (Warning, usize, usize)| {
            std::mem::discriminant(other) == std::mem::discriminant(warning)
        };
        match worst.iter_mut().find(same) {
            Some((other, count, _)) => {
                *count += 1;
                if warning.size() > other.size() {
                    *other = warning.clone();
                }
            }
            None => worst.push((warning.clone(), 1, rows.len())),
        }
    }
    worst
}
