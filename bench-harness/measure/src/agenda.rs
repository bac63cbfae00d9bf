//! Finds what is measured next: a pure function of the plan and of the finished rows, so that an interrupted run can be
//! resumed.

use std::collections::{BTreeMap, BTreeSet};

use record::plan::{Plan, Trial};
use record::sample::Sample;
use record::slice::Slice;

/// The finished trials and sittings of a run.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    /// The finished trials by number and attempt; true if the trial was disturbed.
    disturbed: BTreeMap<(usize, u32), bool>,
    /// The sittings that are finished: the lives of their servers are stored.
    sittings: BTreeSet<usize>,
    /// How often the processes of a sitting have been started, for sittings with slices or rows.
    starts: BTreeMap<usize, u32>,
    /// The contenders that have a whole measurement in a round: a slice, and a slice of another contender after it.
    measured: BTreeSet<(usize, usize, String)>,
}

impl Agenda {
    /// The agenda of a run with these finished rows.
    pub fn from_rows(plan: &Plan, samples: &[Sample], slices: &[Slice]) -> Self {
        let mut agenda = Self::default();
        for row in samples {
            agenda.add(row);
            let started = row.sitting.map(|sitting| (sitting, row.attempt));
            agenda.add_starts(started);
        }
        for slice in slices {
            agenda.add_starts(Some((slice.place.sitting, slice.place.start)));
        }
        // A run can be killed between the rows of a sitting.
        let has_all_rows = |sitting: &usize| {
            let mut trials = plan.trials_of_sitting(*sitting);
            trials.all(|trial| agenda.has_row(trial.number))
        };
        agenda.sittings = (0..plan.sittings.len()).filter(has_all_rows).collect();
        let start = |slice: &Slice| (slice.place.sitting, slice.place.start);
        for slices in slices.chunk_by(|a, b| start(a) == start(b)) {
            agenda.add_slices(slices);
        }
        agenda
    }

    /// Adds the slices between one start of the processes and their end: whole measurements of contenders, each with a
    /// neighbour on both sides. The last one is not whole if it or its second neighbour was to be repeated.
    fn add_slices(&mut self, slices: &[Slice]) {
        let Some(baseline) = slices.first().map(|slice| &slice.contender) else {
            return;
        };
        let key = |slice: &Slice| {
            let place = slice.place;
            (place.sitting, place.round, slice.contender.clone())
        };
        let is_other = |slice: &Slice| slice.contender != *baseline;
        let others = slices.iter().filter(|slice| is_other(slice)).map(key);
        let last = slices.iter().rposition(is_other);
        let is_cut = |last: &usize| {
            let after = &slices[last + 1..];
            slices[*last].disturbed() || after.iter().all(Slice::disturbed)
        };
        let cut = last.filter(is_cut).map(|last| key(&slices[last]));
        self.measured
            .extend(others.filter(|other| Some(other) != cut.as_ref()));
    }

    fn add_starts(&mut self, started: Option<(usize, u32)>) {
        if let Some((sitting, start)) = started {
            let starts = self.starts.entry(sitting).or_default();
            *starts = (*starts).max(start + 1);
        }
    }

    /// True if a trial has a row, whatever its attempt.
    fn has_row(&self, trial: usize) -> bool {
        let attempts = (trial, 0)..=(trial, u32::MAX);
        self.disturbed.range(attempts).next().is_some()
    }

    /// Adds a finished trial.
    pub fn add(&mut self, row: &Sample) {
        let key = (row.trial, row.attempt);
        self.disturbed.insert(key, row.disturbed());
    }

    /// Adds a finished sitting.
    pub fn add_sitting(&mut self, number: usize) {
        self.sittings.insert(number);
    }

    /// The next sitting of a block that is not finished.
    pub fn next_sitting(&self, plan: &Plan, block: usize) -> Option<usize> {
        let mut numbers = plan.sittings_of(block).map(|(number, _)| number);
        numbers.find(|number| !self.sittings.contains(number))
    }

    /// The rounds of a sitting that are not finished. If the run was interrupted after the last round, this is the last one
    /// again, because the row of each server's life is missing.
    pub fn open_rounds(&self, plan: &Plan, number: usize) -> Vec<usize> {
        let sitting = &plan.sittings[number];
        let has =
            |round: usize, name: &String| self.measured.contains(&(number, round, name.clone()));
        let is_open = |round: &usize| {
            let mut others = sitting.others().iter();
            others.any(|&id| !has(*round, &plan.contenders[id].name))
        };
        let open: Vec<usize> = (0..sitting.rounds).filter(is_open).collect();
        if open.is_empty() {
            return vec![sitting.rounds.saturating_sub(1)];
        }
        open
    }

    /// How often the processes of a sitting have been started.
    pub fn starts(&self, number: usize) -> u32 {
        self.starts.get(&number).copied().unwrap_or(0)
    }

    /// True if all of a block is finished.
    pub fn is_block_finished(&self, plan: &Plan, block: usize) -> bool {
        self.next_sitting(plan, block).is_none() && self.next(plan, block).is_none()
    }

    /// The next trial of a block with fresh processes: first each trial once, then repeats of the disturbed ones. `None` if
    /// there is none left.
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
