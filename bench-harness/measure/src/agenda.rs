//! Which trial is next: a pure function of the plan and of the rows that are there, so that a run can go on where it was.

use std::collections::BTreeMap;

use record::plan::{Plan, Trial};
use record::sample::Sample;

/// What is finished.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    /// Whether a trial was disturbed, by its number and attempt.
    disturbed: BTreeMap<(usize, u32), bool>,
}

impl Agenda {
    /// What these rows say.
    pub fn of(rows: &[Sample]) -> Self {
        let mut agenda = Self::default();
        for row in rows {
            agenda.note(row);
        }
        agenda
    }

    /// Notes one more finished trial.
    pub fn note(&mut self, row: &Sample) {
        let key = (row.trial, row.attempt);
        self.disturbed.insert(key, row.disturbed());
    }

    /// The next trial of a block: each once in its order, and then again those that were disturbed. `None` when the block is
    /// finished.
    pub fn next(&self, plan: &Plan, block: usize) -> Option<Trial> {
        let finished = |trial: &Trial| self.disturbed.contains_key(&(trial.number, trial.attempt));
        let first = plan.trials_of(block).find(|trial| !finished(trial));
        first.or_else(|| {
            let mut rounds =
                (1..=plan.repeats).flat_map(|attempt| self.round(plan, block, attempt));
            rounds.find(|trial| !finished(trial))
        })
    }

    /// The repeats with this number: at most a quarter of the block, since on a machine that is never quiet a run must still end.
    fn round<'a>(
        &'a self,
        plan: &'a Plan,
        block: usize,
        attempt: u32,
    ) -> impl Iterator<Item = Trial> + 'a {
        let most = plan.blocks[block].len() / 4 + 1;
        // A reference line's kernel threads disturb its own generator, every time.
        let again = move |trial: &Trial| {
            !plan.contenders[trial.contender].reference_line
                && self.disturbed.get(&(trial.number, attempt - 1)) == Some(&true)
        };
        let disturbed = plan.trials_of(block).filter(again).take(most);
        disturbed.map(move |trial| Trial { attempt, ..trial })
    }
}
