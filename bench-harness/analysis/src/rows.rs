//! Which rows of a run count, and which one stands for a cell where only one can be shown.

use std::collections::BTreeMap;

use record::plan::Plan;
use record::sample::Sample;

use crate::family::FEWEST_BLOCKS;

/// The rows of one cell that count.
pub struct Counted<'a> {
    /// In the order of the trials.
    pub rows: Vec<&'a Sample>,
    /// Number of rows that do not count because another program disturbed them.
    pub set_aside: usize,
}

/// One row for each planned trial: the first attempt that was not disturbed, or else the last attempt.
pub fn one_per_trial(samples: &[Sample]) -> Vec<&Sample> {
    let mut chosen: BTreeMap<usize, &Sample> = BTreeMap::new();
    for sample in samples {
        let row = chosen.entry(sample.trial).or_insert(sample);
        if row.disturbed() {
            *row = sample;
        }
    }
    chosen.into_values().collect()
}

/// The rows of each cell, in the order of [`Plan::cell_of`].
pub fn by_cell<'a>(plan: &Plan, rows: &[&'a Sample]) -> Vec<Vec<&'a Sample>> {
    let trials: Vec<_> = plan.trials().collect();
    let mut cells = vec![Vec::new(); plan.contenders.len() * plan.loads.len()];
    for row in rows {
        if let Some(trial) = trials.get(row.trial) {
            cells[plan.cell_of(trial.contender, trial.load)].push(*row);
        }
    }
    cells
}

/// The rows of a cell that did not fail, without the disturbed ones where enough others are left for a 95 % interval.
///
/// This selects no results: a disturbance is seen in the CPU time of the generator and the server, never in the figures of the
/// trial. A contender that is always disturbed, as by its own threads, keeps all its trials and gets no verdict.
pub fn counted<'a>(rows: &[&'a Sample]) -> Counted<'a> {
    let whole: Vec<_> = rows
        .iter()
        .copied()
        .filter(|row| row.failure.is_none())
        .collect();
    let (disturbed, quiet): (Vec<_>, Vec<_>) = whole.iter().partition(|row| row.disturbed());
    if quiet.len() >= FEWEST_BLOCKS {
        Counted {
            rows: quiet,
            set_aside: disturbed.len(),
        }
    } else {
        Counted {
            rows: whole,
            set_aside: 0,
        }
    }
}

/// The first row that was not disturbed, or else the first one: it stands for the cell where only one trial can be shown.
pub fn representative<'a>(rows: &[&'a Sample]) -> Option<&'a Sample> {
    let quiet = rows.iter().find(|row| !row.disturbed());
    quiet.or(rows.first()).copied()
}
