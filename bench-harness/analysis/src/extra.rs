//! Spends what is left of a run's time: one more sitting for the cells that the planned rounds left undecided.

use std::time::Duration;

use record::plan::{ContenderId, LoadId, Plan, Sitting};
use record::sample::Sample;
use record::slice::Slice;

use crate::assemble::compared;
use crate::rows::one_per_trial;
use crate::summary::Summary;
use crate::verdict::Verdict;

/// Maximum number of contenders beside the baseline in an extra sitting.
const MOST: usize = 3;
/// Fewer rounds are not worth the start of the processes.
const FEWEST_ROUNDS: usize = 2;

/// One more sitting, if it fits into the time that is left; `None` if it does not, or if nothing is left to do.
///
/// Which cells get more rounds follows from the planned rounds alone. They then get more until their ratios are precise, whatever
/// these say by then. To stop as soon as a word appears would find differences where there are none.
pub fn extra_sitting(
    plan: &Plan,
    samples: &[Sample],
    slices: &[Slice],
    left: Duration,
) -> Option<Sitting> {
    let is_planned = |sitting: Option<usize>| {
        let sitting = sitting.and_then(|number| plan.sittings.get(number));
        sitting.is_none_or(|sitting| !sitting.extra)
    };
    let rows = one_per_trial(samples);
    let planned_rows: Vec<&Sample> = rows
        .iter()
        .copied()
        .filter(|row| is_planned(row.sitting))
        .collect();
    let planned_slices = slices
        .iter()
        .filter(|slice| is_planned(Some(slice.place.sitting)));
    let planned_slices: Vec<Slice> = planned_slices.cloned().collect();
    let planned = compared(plan, &planned_rows, &planned_slices);
    let now = compared(plan, &rows, slices);
    let open = planned.undecided().into_iter();
    let mut open: Vec<Open> = open.filter_map(|cell| now.still_open(cell)).collect();
    open.sort_by(|a, b| b.half_width.total_cmp(&a.half_width));
    let load = open.first()?.load;
    let others = open.iter().filter(|cell| cell.load == load).take(MOST);
    let others = others.map(|cell| cell.contender);
    let sitting = Sitting {
        block: plan.blocks.len().checked_sub(1)?,
        load,
        contenders: [now.baseline].into_iter().chain(others).collect(),
        rounds: plan.sittings.iter().map(|sitting| sitting.rounds).max()?,
        extra: true,
    };
    shortened(plan, sitting, left)
}

/// The sitting with as many rounds as fit into the time.
fn shortened(plan: &Plan, mut sitting: Sitting, left: Duration) -> Option<Sitting> {
    while plan.expected_sitting(&sitting) > left {
        sitting.rounds = sitting.rounds.checked_sub(1)?;
    }
    (sitting.rounds >= FEWEST_ROUNDS).then_some(sitting)
}

/// A cell that needs more rounds.
struct Open {
    contender: ContenderId,
    load: LoadId,
    half_width: f64,
}

impl Summary {
    /// The cells without a word in the figure that decides, because their rounds are too few.
    fn undecided(&self) -> Vec<(ContenderId, LoadId)> {
        let is_undecided = |&(contender, load): &(ContenderId, LoadId)| {
            let cell = self.cell(contender, load);
            let compared = cell.compared.get(&self.deciding(load));
            let verdict = compared.map(|compared| &compared.verdict);
            cell.is_paired() && matches!(verdict, Some(Verdict::Inconclusive(_)))
        };
        self.cell_ids().filter(is_undecided).collect()
    }

    /// The cell with its half-width, if its ratio is not precise yet. Without an interval it is the most open of all.
    fn still_open(&self, (contender, load): (ContenderId, LoadId)) -> Option<Open> {
        let compared = self
            .cell(contender, load)
            .compared
            .get(&self.deciding(load))?;
        let half_width = compared.ratio.half_width().unwrap_or(f64::INFINITY);
        (half_width > self.target() / 2.0).then_some(Open {
            contender,
            load,
            half_width,
        })
    }
}
