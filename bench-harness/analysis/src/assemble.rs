//! Assembles the summary of a run: rows become cells, and cells are compared.

use rayon::prelude::*;
use record::peak::probed;
use record::plan::{ContenderId, LoadId, Plan};
use record::sample::Sample;
use record::slice::Slice;
use record::store::Run;

use crate::cell::Cell;
use crate::rounds::Slices;
use crate::rows::{by_cell, one_per_trial};
use crate::summary::Summary;
use crate::warnings::warnings;

impl Summary {
    /// The summary of a run, without the curves and the connections over time: see [`Summary::add_curves`] and
    /// [`Summary::add_connections`].
    pub fn of(run: &Run) -> Self {
        let rows = one_per_trial(&run.samples);
        let planned = run.plan.due(&rows.iter().map(|row| row.trial).collect());
        Self {
            planned,
            finished: rows.len(),
            warnings: warnings(run, &rows, planned),
            probed: probed(&run.samples),
            prices: run.environment.prices.clone(),
            names_baseline: names_baseline(&run.environment.command),
            ..compared(&run.plan, &rows, &run.slices)
        }
    }
}

fn names_baseline(command: &[String]) -> bool {
    let mut words = command.iter();
    words.any(|word| word == "--baseline" || word.starts_with("--baseline="))
}

/// True if these rows of a plan are precise enough to stop: see [`Summary::is_precise`].
pub fn precise(plan: &Plan, samples: &[Sample], slices: &[Slice]) -> bool {
    compared(plan, &one_per_trial(samples), slices).is_precise()
}

/// The cells of these rows, compared with the baseline.
pub(crate) fn compared(plan: &Plan, rows: &[&Sample], slices: &[Slice]) -> Summary {
    let mut contenders = ContenderId::all(&plan.contenders);
    let baseline = contenders.find(|&id| plan.contenders[id].name == plan.baseline);
    let rounds = Slices::of(plan, slices).by_cell();
    let cells = by_cell(plan, rows).into_par_iter().zip(rounds);
    let seconds_a_round =
        LoadId::all(&plan.loads).map(|load| plan.expected_round(load).as_secs_f64());
    let mut summary = Summary {
        baseline: baseline.unwrap_or(ContenderId(0)),
        contenders: plan.contenders.clone(),
        loads: plan.loads.clone(),
        scenarios: plan.scenarios.clone(),
        blocks: plan.most_blocks(),
        planned: plan.trials().count(),
        finished: 0,
        probed: None,
        prices: None,
        names_baseline: false,
        zone: plan.zone,
        round_s: seconds_a_round.collect(),
        warnings: Vec::new(),
        cells: cells
            .map(|(rows, rounds)| Cell::of(&rows, rounds))
            .collect(),
    };
    for (contender, load) in summary.cell_ids() {
        summary.cell_mut(contender, load).cannot = plan.unsupported_reason(contender, load);
    }
    summary.compare();
    summary
}
