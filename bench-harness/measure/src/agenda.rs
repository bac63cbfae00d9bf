//! Finds the next trial: a pure function of the plan and of the finished rows, so that an interrupted run can be resumed.

use std::collections::BTreeMap;

use record::plan::{Plan, Trial};
use record::sample::Sample;

/// The finished trials of a run.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    /// The finished trials by number and attempt; true if the trial was disturbed.
    disturbed: BTreeMap<(usize, u32), bool>,
}

impl Agenda {
    /// The agenda of a run with these finished rows.
    pub fn from_rows(rows: &[Sample]) -> Self {
        let mut agenda = Self::default();
        for row in rows {
            agenda.add(row);
        }
        agenda
    }

    /// Adds a finished trial.
    pub fn add(&mut self, row: &Sample) {
        let key = (row.trial, row.attempt);
        self.disturbed.insert(key, row.disturbed());
    }

    /// The next trial of a block: first each trial once, then repeats of the disturbed ones. `None` if the block is
    /// finished.
    pub fn next(&self, plan: &Plan, block: usize) -> Option<Trial> {
        let is_open = |trial: &Trial| !self.disturbed.contains_key(&(trial.number, trial.attempt));
        plan.trials_of(block).find(is_open).or_else(|| {
            let mut repeats =
                (1..=plan.repeats).flat_map(|attempt| self.repeats(plan, block, attempt));
            repeats.find(is_open)
        })
    }

    /// The trials to repeat with this attempt: at most a quarter of the block, because a run must end even if the machine is
    /// never quiet.
    fn repeats<'a>(
        &'a self,
        plan: &'a Plan,
        block: usize,
        attempt: u32,
    ) -> impl Iterator<Item = Trial> + 'a {
        let most = plan.blocks[block].len() / 4 + 1;
        // The kernel threads of a reference line disturb the generator in each of its trials; a repeat would change nothing.
        let needs_repeat = move |trial: &Trial| {
            !plan.contenders[trial.contender].reference_line
                && self.disturbed.get(&(trial.number, attempt - 1)) == Some(&true)
        };
        let disturbed = plan.trials_of(block).filter(needs_repeat).take(most);
        disturbed.map(move |trial| Trial { attempt, ..trial })
    }
}
