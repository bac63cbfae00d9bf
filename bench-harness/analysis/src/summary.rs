//! All rows of a run put in order: one cell for each contender under each load.

use rayon::prelude::*;
use record::peak::peak;
use record::plan::{Contender, Load, Plan, Rate, Scenario, names};
use record::sample::Sample;
use record::store::Run;
use record::warning::{RunWarning, TrialWarning};
use serde::Serialize;

use super::cell::{chosen, counted, shown};
use super::{Cell, Metric, Slope, quantiles, slope};

/// A warning about a run or about some of its trials.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Warning {
    /// About the whole run.
    Run(RunWarning),
    /// About some trials.
    Trials {
        /// The worst one of its kind.
        worst: TrialWarning,
        /// Number of trials that have one of this kind.
        count: usize,
        /// Number of trials of the run.
        trials: usize,
    },
}

/// What a run found out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Who took part, in the order of the plan.
    pub contenders: Vec<Contender>,
    /// Under what, in the order of the plan.
    pub loads: Vec<Load>,
    /// What the loads ask, as far as the plan says it.
    pub described: Vec<Scenario>,
    /// Index of the contender that the others are compared with.
    pub baseline: usize,
    /// How often each cell was to be measured.
    pub blocks: usize,
    /// Rows that were planned, repeats aside.
    pub planned: usize,
    /// Rows that are there, repeats aside.
    pub finished: usize,
    /// The peak in requests a second, where a probe found it: rates are offered as shares of it.
    pub peak: Option<f64>,
    /// What a reader must know before believing a figure.
    pub warnings: Vec<Warning>,
    cells: Vec<Cell>,
}

impl Summary {
    /// Puts a run in order.
    pub fn of(run: &Run) -> Self {
        let rows = chosen(&run.samples);
        let of_cell = by_cell(&run.plan, &rows);
        let mut summary = Self::compared(&run.plan, &of_cell);
        summary.planned = run.plan.due(&rows.iter().map(|row| row.trial).collect());
        summary.finished = rows.len();
        summary.warnings = warnings(run, &run.plan, &rows, &summary);
        summary.peak = peak(&run.samples);
        summary.draw_curves(run, &of_cell);
        summary.draw_connections(run, &of_cell);
        summary
    }

    /// What these rows of a plan say about the baseline and the others, without curves and warnings.
    fn compared(plan: &Plan, of_cell: &[Vec<&Sample>]) -> Self {
        let baseline = plan.contenders.iter().position(|c| c.name == plan.baseline);
        let mut summary = Self {
            baseline: baseline.unwrap_or(0),
            contenders: plan.contenders.clone(),
            loads: plan.loads.clone(),
            described: plan.scenarios.clone(),
            blocks: plan.rounds(),
            planned: plan.trials().count(),
            finished: 0,
            peak: None,
            warnings: Vec::new(),
            cells: of_cell.par_iter().map(|rows| Cell::of(rows)).collect(),
        };
        for (index, cell) in summary.cells.iter_mut().enumerate() {
            cell.cannot = plan.unsupported_reason(plan.contender_of(index), plan.load_of(index));
        }
        summary.compare();
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

    /// The highest load of the main scenario under which all contenders that can serve it were measured; the highest of it if
    /// there is none.
    pub fn common_load(&self) -> usize {
        let main = self.main_scenario();
        let of_it = |load: &usize| Some(self.loads[*load].scenario.as_str()) == main;
        let loads: Vec<usize> = (0..self.loads.len()).filter(of_it).collect();
        let can = |contender: usize, load: usize| self.cell(contender, load).cannot.is_none();
        let measured = |load: usize| {
            (0..self.contenders.len())
                .filter(|&c| can(c, load))
                .all(|c| self.cell(c, load).trials > 0)
        };
        let common = loads.iter().rev().find(|&&load| measured(load));
        common
            .or(loads.last())
            .copied()
            .unwrap_or(self.loads.len() - 1)
    }

    /// The scenario that a short report shows: the ladder, or without one the first.
    pub fn main_scenario(&self) -> Option<&str> {
        let all = self.scenarios();
        all.iter()
            .find(|&&name| name == names::LADDER)
            .or(all.first())
            .copied()
    }

    /// Those that answer not clearly fewer requests under this load than the best: see [`Summary::choice`].
    pub fn leaders(&self, load: usize) -> Vec<usize> {
        self.choice(load).good
    }

    /// Whether some clients were left out in most trials of this cell: never served, or refused.
    pub fn left_out(&self, contender: usize, load: usize) -> bool {
        self.cell(contender, load).left_out()
    }

    /// Trials that were disturbed, and their repeats too; those of reference lines aside, which are so by themselves.
    pub fn disturbed(&self) -> usize {
        let disturbed = |cell: &Cell| cell.disturbed + cell.set_aside;
        let cells = self.cells.chunks(self.loads.len());
        let models = cells
            .zip(&self.contenders)
            .filter(|(_, who)| !who.reference_line);
        models.flat_map(|(cells, _)| cells).map(disturbed).sum()
    }

    /// Families in the order of the plan, each with its contenders.
    pub fn families(&self) -> Vec<(&'static str, Vec<usize>)> {
        let mut families: Vec<(&'static str, Vec<usize>)> = Vec::new();
        for (index, contender) in self.contenders.iter().enumerate() {
            match families
                .iter_mut()
                .find(|(family, _)| *family == contender.family.name())
            {
                Some((_, members)) => members.push(index),
                None => families.push((contender.family.name(), vec![index])),
            }
        }
        families
    }

    /// What one more connection costs this contender, by the ladder or, without one, by the first scenario whose numbers of
    /// connections differ: the slope of this metric, in its unit a connection. Loads under which clients were left out do not
    /// count, since those cost nothing. `None` where there are fewer than two steps.
    pub fn per_connection(&self, contender: usize, metric: Metric) -> Option<Slope> {
        let scenario = self.rising_scenario()?;
        let counts = |&load: &usize| {
            self.loads[load].scenario == scenario && !self.cell(contender, load).left_out()
        };
        let points = (0..self.loads.len()).filter(counts).flat_map(|load| {
            let connections = self.loads[load].connections as f64;
            let values = self.cell(contender, load).values(metric).iter();
            values.map(move |&value| (connections, value))
        });
        slope(&points.collect::<Vec<_>>())
    }

    fn rising_scenario(&self) -> Option<&str> {
        let differ = |scenario: &&str| {
            let mut of_it = self.loads.iter().filter(|load| load.scenario == *scenario);
            let first = of_it.next().map(|load| load.connections);
            of_it.any(|load| Some(load.connections) != first)
        };
        let all = self.scenarios();
        let rising: Vec<&str> = all.into_iter().filter(differ).collect();
        rising
            .iter()
            .find(|&&name| name == names::LADDER)
            .or(rising.first())
            .copied()
    }

    /// The scenarios in the order of the plan. The probe is none: it only finds out how much to offer.
    pub fn scenarios(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for load in self.loads.iter().filter(|load| !load.is_probe()) {
            if !names.contains(&load.scenario.as_str()) {
                names.push(&load.scenario);
            }
        }
        names
    }

    /// The part of it that one scenario measured.
    #[must_use]
    pub fn only(&self, scenario: &str) -> Self {
        let kept = |load: &usize| self.loads[*load].scenario == scenario;
        let loads: Vec<usize> = (0..self.loads.len()).filter(kept).collect();
        let cells = (0..self.contenders.len()).flat_map(|c| loads.iter().map(move |&l| (c, l)));
        Self {
            cells: cells.map(|(c, l)| self.cell(c, l).clone()).collect(),
            loads: loads.iter().map(|&load| self.loads[load].clone()).collect(),
            ..self.without_cells()
        }
    }

    /// All but what was measured: most of a summary is cells, and a copy of those that are not wanted takes as long as all the rest.
    fn without_cells(&self) -> Self {
        Self {
            contenders: self.contenders.clone(),
            loads: self.loads.clone(),
            described: self.described.clone(),
            warnings: self.warnings.clone(),
            cells: Vec::new(),
            ..*self
        }
    }

    /// The part of it that these contenders, the baseline and what vouches for the run have. What was said stays said: the verdicts are those of
    /// the whole run.
    #[must_use]
    pub fn with_models(&self, names: &[String]) -> Self {
        let kept = |&c: &usize| {
            let wanted = names.contains(&self.contenders[c].name);
            let control = self.control();
            let vouches = control.is_some_and(|(first, again)| c == first || c == again);
            wanted || c == self.baseline || vouches
        };
        let kept: Vec<usize> = (0..self.contenders.len()).filter(kept).collect();
        let cells = kept
            .iter()
            .flat_map(|&c| (0..self.loads.len()).map(move |l| (c, l)));
        Self {
            cells: cells.map(|(c, l)| self.cell(c, l).clone()).collect(),
            contenders: kept.iter().map(|&c| self.contenders[c].clone()).collect(),
            baseline: kept
                .iter()
                .position(|&c| c == self.baseline)
                .unwrap_or_default(),
            ..self.without_cells()
        }
    }

    /// The load of a scenario whose response times are drawn: that whose number of connections is nearest to a hundred, busy
    /// and not yet at any limit; where a share of the peak is offered, that nearest to three quarters of it.
    pub fn middle_load(&self, scenario: &str) -> Option<usize> {
        let distance = |load: &usize| match self.loads[*load].rate {
            Some(Rate::OfPeak(share)) => (share / 0.75).ln().abs(),
            _ => (self.loads[*load].connections as f64 / 100.0).ln().abs(),
        };
        let of_it = (0..self.loads.len()).filter(|&load| self.loads[load].scenario == scenario);
        of_it.min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }

    /// Fills in the curves that are drawn. Only those: a histogram takes longer to unpack than all the rest of its row.
    fn draw_curves(&mut self, run: &Run, of_cell: &[Vec<&Sample>]) {
        let drawn = self
            .scenarios()
            .into_iter()
            .filter_map(|scenario| self.middle_load(scenario));
        let drawn: Vec<usize> = drawn.collect();
        let loads = self.loads.len();
        let cells = self.cells.par_iter_mut().zip(of_cell).enumerate();
        cells
            .filter(|(index, _)| drawn.contains(&(index % loads)))
            .for_each(|(_, (cell, rows))| {
                let rows = counted(rows).0.into_iter().map(|row| run.whole(row));
                cell.curve = quantiles(rows);
            });
    }

    /// The load whose connections are drawn over time: that with the most clients who come while others are served, or without
    /// any the highest of the main scenario.
    pub fn crowd_load(&self) -> Option<usize> {
        let connections = |load: &usize| self.loads[*load].connections;
        let come_later = |load: &usize| self.loads[*load].connects_in_the_window();
        let of_main =
            |load: &usize| Some(self.loads[*load].scenario.as_str()) == self.main_scenario();
        let loads = 0..self.loads.len();
        let crowd = loads.clone().filter(come_later).max_by_key(connections);
        crowd.or_else(|| loads.filter(of_main).max_by_key(connections))
    }

    /// Fills in the connections over time that are drawn.
    fn draw_connections(&mut self, run: &Run, of_cell: &[Vec<&Sample>]) {
        let (loads, drawn) = (self.loads.len(), self.crowd_load());
        for (index, (cell, rows)) in self.cells.iter_mut().zip(of_cell).enumerate() {
            if Some(index % loads) == drawn {
                let row = shown(&counted(rows).0).and_then(|row| run.whole(row).outcome);
                cell.over_time = row.map_or(Vec::new(), |outcome| outcome.over_time);
            }
        }
    }

    pub(super) fn cell_mut(&mut self, contender: usize, load: usize) -> &mut Cell {
        &mut self.cells[contender * self.loads.len() + load]
    }
}

/// Whether these rows of a plan are precise enough to stop: see [`Summary::is_precise`].
pub fn precise(plan: &Plan, samples: &[Sample]) -> bool {
    let rows = chosen(samples);
    Summary::compared(plan, &by_cell(plan, &rows)).is_precise()
}

fn by_cell<'a>(plan: &Plan, rows: &[&'a Sample]) -> Vec<Vec<&'a Sample>> {
    let trials: Vec<_> = plan.trials().collect();
    let mut of_cell = vec![Vec::new(); plan.contenders.len() * plan.loads.len()];
    for row in rows {
        if let Some(trial) = trials.get(row.trial) {
            of_cell[plan.cell_of(trial.contender, trial.load)].push(*row);
        }
    }
    of_cell
}

fn warnings(run: &Run, plan: &Plan, rows: &[&Sample], summary: &Summary) -> Vec<Warning> {
    let most = plan
        .loads
        .iter()
        .map(|load| load.connections)
        .max()
        .unwrap_or(0);
    let missing = summary.finished < summary.planned;
    let incomplete = RunWarning::Incomplete {
        finished: summary.finished,
        planned: summary.planned,
    };
    let of_run = run
        .environment
        .warnings(most)
        .into_iter()
        .chain(run.warnings.iter().cloned());
    let of_run = of_run.chain(missing.then_some(incomplete));
    let datagrams = plan.contenders.iter().filter(|who| who.datagrams).count();
    let both = datagrams > 0 && datagrams < plan.contenders.len();
    let of_run = of_run.chain(both.then_some(RunWarning::Datagrams));
    let mut all: Vec<_> = of_run.map(Warning::Run).collect();
    all.extend(worst_of_each_kind(rows));
    all
}

/// Warnings of trials: the worst of each kind, with the number of trials that have one.
fn worst_of_each_kind(rows: &[&Sample]) -> Vec<Warning> {
    let mut kinds: Vec<(TrialWarning, usize)> = Vec::new();
    for warning in rows.iter().flat_map(|row| &row.warnings) {
        let same = |(other, _): &&mut (TrialWarning, usize)| {
            std::mem::discriminant(other) == std::mem::discriminant(warning)
        };
        match kinds.iter_mut().find(same) {
            Some((worst, count)) => {
                *count += 1;
                if warning.size() > worst.size() {
                    *worst = warning.clone();
                }
            }
            None => kinds.push((warning.clone(), 1)),
        }
    }
    let trials = rows.len();
    let noted = |(worst, count)| Warning::Trials {
        worst,
        count,
        trials,
    };
    kinds.into_iter().map(noted).collect()
}
