//! Carries out a plan block by block. What fails becomes a row, too, and each finished row is stored at once.

use record::peak::probed;
use record::plan::{Plan, Sitting as PlannedSitting, Trial};
use record::sample::Sample;
use record::slice::Slice;
use record::store::{Store, StoreError};

use crate::agenda::Agenda;
use crate::sitting::{Log, Sitting};
use crate::stop::Stop;
use crate::trial::Runner;

/// The finished rows of a run.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// One row a trial.
    pub samples: Vec<Sample>,
    /// One row a slice.
    pub slices: Vec<Slice>,
}

/// A plan, and all that carrying it out needs.
pub struct Comparison<'a> {
    /// The plan. Sittings may be added to it.
    pub plan: Plan,
    /// The finished rows; empty for a new run.
    pub rows: Rows,
    /// Runs trials and sittings.
    pub runner: &'a mut dyn Runner,
    /// Stores the rows.
    pub store: &'a mut Store,
    /// Shows the progress.
    pub observer: &'a mut dyn Observer,
    /// Decides when the run ends.
    pub judge: &'a dyn Judge,
    /// The user's request to stop.
    pub stop: &'a Stop,
}

/// Decides from the finished rows when a run ends.
pub trait Judge {
    /// True if these rows are precise enough to end the run after [`Plan::least_blocks`].
    fn is_precise(&self, plan: &Plan, rows: &Rows) -> bool;

    /// One more sitting for cells that are not precise enough, if there is time left.
    fn next_sitting(&self, plan: &Plan, rows: &Rows) -> Option<PlannedSitting>;
}

/// A judge that ends a run when all that was planned is measured.
#[derive(Clone, Copy, Debug)]
pub struct AsPlanned;

impl Judge for AsPlanned {
    fn is_precise(&self, _: &Plan, _: &Rows) -> bool {
        false
    }

    fn next_sitting(&self, _: &Plan, _: &Rows) -> Option<PlannedSitting> {
        None
    }
}

/// Observes the progress of a run, as a progress bar does.
pub trait Observer {
    /// A trial with fresh processes begins.
    fn trial_begins(&mut self, plan: &Plan, trial: Trial);
    /// A trial with fresh processes is finished and stored.
    fn trial_finished(&mut self, plan: &Plan, trial: Trial, sample: &Sample);
    /// A sitting begins, of which this number of rounds is to be measured.
    fn sitting_begins(&mut self, plan: &Plan, number: usize, rounds: usize);
    /// A slice is finished and stored.
    fn slice_finished(&mut self, plan: &Plan, slice: &Slice);
    /// A sitting is finished, and these are its rows.
    fn sitting_finished(&mut self, plan: &Plan, number: usize, rows: &[Sample]);
    /// All of a block is finished, repeats included.
    fn block_finished(&mut self, plan: &Plan, block: usize);
}

/// The way a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All that was planned is stored.
    Complete,
    /// The rows were precise enough before all that was planned was stored.
    Precise,
    /// The user stopped the run.
    Stopped,
}

impl Comparison<'_> {
    /// Measures all that is not finished, in order. Disturbed trials are repeated at the end of their block, disturbed slices
    /// at once.
    ///
    /// # Errors
    /// A row could not be stored. Earlier rows are stored.
    pub fn run(mut self) -> Result<End, StoreError> {
        let mut agenda = Agenda::from_rows(&self.plan, &self.rows.samples, &self.rows.slices);
        for block in 0..self.plan.blocks.len() {
            let was_finished = agenda.is_block_finished(&self.plan, block);
            if !was_finished && !self.run_block(block, &mut agenda)? {
                return Ok(End::Stopped);
            }
            if self.plan.may_end_after(block) && self.judge.is_precise(&self.plan, &self.rows) {
                return Ok(End::Precise);
            }
        }
        self.run_extra_sittings(&mut agenda)
    }

    /// Measures what is left of a block; false if the user stopped the run.
    fn run_block(&mut self, block: usize, agenda: &mut Agenda) -> Result<bool, StoreError> {
        while let Some(number) = agenda.next_sitting(&self.plan, block) {
            if !self.run_sitting(number, agenda)? {
                return Ok(false);
            }
        }
        while let Some(trial) = agenda.next(&self.plan, block) {
            let Some(sample) = self.run_trial(trial)? else {
                return Ok(false);
            };
            agenda.add(&sample);
            self.rows.samples.push(sample);
        }
        self.observer.block_finished(&self.plan, block);
        Ok(true)
    }

    /// Measures sittings that the judge adds to the plan, until it adds no more.
    fn run_extra_sittings(&mut self, agenda: &mut Agenda) -> Result<End, StoreError> {
        // Extra sittings of a run that was interrupted belong to its last block, so they are finished by now.
        while let Some(sitting) = self.judge.next_sitting(&self.plan, &self.rows) {
            self.plan.sittings.push(sitting);
            self.store.update_plan(&self.plan)?;
            if !self.run_sitting(self.plan.sittings.len() - 1, agenda)? {
                return Ok(End::Stopped);
            }
        }
        Ok(End::Complete)
    }

    /// Measures and stores one sitting; false if the user stopped the run.
    fn run_sitting(&mut self, number: usize, agenda: &mut Agenda) -> Result<bool, StoreError> {
        if self.stop.is_requested() {
            return Ok(false);
        }
        let plan = &self.plan;
        let sitting = Sitting {
            plan,
            number,
            rounds: agenda.open_rounds(plan, number),
            start: agenda.starts(number),
            probed: probed(&self.rows.samples),
        };
        self.observer
            .sitting_begins(plan, number, sitting.rounds.len());
        let mut log = Stored {
            plan,
            store: self.store,
            observer: self.observer,
            slices: Vec::new(),
        };
        let samples = self.runner.sit(&sitting, &mut log)?;
        let slices = log.slices;
        self.store.sync_slices()?;
        self.rows.slices.extend(slices);
        if samples.is_empty() {
            return Ok(false);
        }
        for sample in &samples {
            self.store.append(sample)?;
            agenda.add(sample);
        }
        agenda.add_sitting(number);
        self.observer.sitting_finished(&self.plan, number, &samples);
        self.rows.samples.extend(samples);
        Ok(true)
    }

    /// Runs and stores one trial; `None` if the user stopped the run.
    fn run_trial(&mut self, trial: Trial) -> Result<Option<Sample>, StoreError> {
        if self.stop.is_requested() {
            return Ok(None);
        }
        self.store.check_in_place()?;
        self.observer.trial_begins(&self.plan, trial);
        let probed = probed(&self.rows.samples);
        let sample = self.runner.run(&self.plan, trial, probed);
        if let Some(sample) = &sample {
            self.store.append(sample)?;
            self.observer.trial_finished(&self.plan, trial, sample);
        }
        Ok(sample)
    }
}

/// Stores the slices of a sitting, and shows them.
struct Stored<'a> {
    plan: &'a Plan,
    store: &'a mut Store,
    observer: &'a mut dyn Observer,
    slices: Vec<Slice>,
}

impl Log for Stored<'_> {
    fn slice(&mut self, slice: &Slice) -> Result<(), StoreError> {
        self.store.append_slice(slice)?;
        self.observer.slice_finished(self.plan, slice);
        self.slices.push(slice.clone());
        Ok(())
    }

    fn round_ends(&mut self) -> Result<(), StoreError> {
        self.store.sync_slices()
    }
}
