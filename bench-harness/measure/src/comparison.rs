//! Carries out a plan trial by trial. A failed trial becomes a row, too, and each finished trial is on the disk at once.

use record::peak::peak;
use record::plan::{Plan, Trial};
use record::sample::Sample;
use record::store::{Store, StoreError};

use crate::agenda::Agenda;
use crate::stop::Stop;
use crate::trial::Runner;

/// A plan, and all that carrying it out needs.
pub struct Comparison<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The finished rows; empty for a new run.
    pub rows: Vec<Sample>,
    /// Runs the trials.
    pub runner: &'a mut dyn Runner,
    /// Stores the rows.
    pub store: &'a mut Store,
    /// Shows the progress.
    pub observer: &'a mut dyn Observer,
    /// True if these rows are precise enough to end the run after [`Plan::least_blocks`].
    pub precise: &'a dyn Fn(&[Sample]) -> bool,
    /// The user's request to stop.
    pub stop: &'a Stop,
}

/// Observes the progress of a run, as a progress bar does.
pub trait Observer {
    /// A trial begins.
    fn trial_begins(&mut self, plan: &Plan, trial: Trial);
    /// A trial is finished and stored.
    fn trial_finished(&mut self, plan: &Plan, trial: Trial, sample: &Sample);
    /// All trials of a block are finished, repeats included.
    fn block_finished(&mut self, plan: &Plan, block: usize);
}

/// The way a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All planned trials are stored.
    Complete,
    /// The rows were precise enough before all planned trials were stored.
    Precise,
    /// The user stopped the run.
    Stopped,
}

/// For [`Comparison::precise`]: the run never ends early.
pub const fn never_precise(_: &[Sample]) -> bool {
    false
}

impl Comparison<'_> {
    /// Runs all trials that are not finished, in order, and repeats the disturbed ones at the end of their block.
    ///
    /// # Errors
    /// A row could not be stored. Earlier rows are on the disk.
    pub fn run(mut self) -> Result<End, StoreError> {
        let mut agenda = Agenda::from_rows(&self.rows);
        let plan = self.plan;
        for block in 0..plan.blocks.len() {
            let peak = peak(&self.rows);
            let was_finished = agenda.next(plan, block).is_none();
            while let Some(trial) = agenda.next(plan, block) {
                let Some(sample) = self.run_trial(trial, peak)? else {
                    return Ok(End::Stopped);
                };
                agenda.add(&sample);
                self.rows.push(sample);
            }
            if !was_finished {
                self.observer.block_finished(plan, block);
            }
            if plan.may_end_after(block) && (self.precise)(&self.rows) {
                return Ok(End::Precise);
            }
        }
        Ok(End::Complete)
    }

    /// Runs and stores one trial; `None` if the user stopped the run.
    fn run_trial(&mut self, trial: Trial, peak: Option<f64>) -> Result<Option<Sample>, StoreError> {
        if self.stop.is_requested() {
            return Ok(None);
        }
        self.observer.trial_begins(self.plan, trial);
        let sample = self.runner.run(self.plan, trial, peak);
        if let Some(sample) = &sample {
            self.store.append(sample)?;
            self.observer.trial_finished(self.plan, trial, sample);
        }
        Ok(sample)
    }
}
