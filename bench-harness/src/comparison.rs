//! Carries out a plan, trial by trial: whatever fails becomes a row, and what is finished is on the disk.

use std::mem;

use crate::plan::{Plan, Trial};
use crate::sample::Sample;
use crate::stop::Stop;
use crate::store::{Store, StoreError};
use crate::trial::Runner;

/// A plan and all who take part in carrying it out.
pub struct Comparison<'a> {
    /// What is to be done.
    pub plan: &'a Plan,
    /// Who does it.
    pub runner: &'a mut dyn Runner,
    /// Who keeps it.
    pub store: &'a mut Store,
    /// Who watches.
    pub watch: &'a mut dyn Watch,
    /// The wish to end early.
    pub stop: &'a Stop,
}

/// Whoever wants to see a run go on: a progress bar, for example.
pub trait Watch {
    /// A trial begins.
    fn begins(&mut self, plan: &Plan, trial: Trial);
    /// A trial is finished and stored.
    fn finished(&mut self, plan: &Plan, trial: Trial, sample: &Sample);
    /// All trials of a block are finished, repeats included.
    fn block_finished(&mut self, plan: &Plan, block: usize);
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Every planned trial is stored.
    Complete,
    /// A stop was asked for before.
    Stopped,
}

impl Comparison<'_> {
    /// Runs all trials in their order, and disturbed ones again at the end of their block. What comes next depends on the plan
    /// and on the rows alone, so that a resumed run goes through the same trials as one that was never interrupted.
    ///
    /// # Errors
    /// A row could not be stored; the rows before it are.
    pub fn carry_out(mut self) -> Result<End, StoreError> {
        let mut disturbed = Vec::new();
        let mut trials = self.plan.trials().peekable();
        while let Some(trial) = trials.next() {
            match self.one(trial)? {
                None => return Ok(End::Stopped),
                Some(sample) if sample.disturbed() => disturbed.push(trial),
                Some(_) => {}
            }
            if trials.peek().is_none_or(|next| next.block != trial.block) {
                if self.repeat(mem::take(&mut disturbed))? == End::Stopped {
                    return Ok(End::Stopped);
                }
                self.watch.block_finished(self.plan, trial.block);
            }
        }
        Ok(End::Complete)
    }

    /// Runs a trial, unless its row was there before the run was resumed.
    fn one(&mut self, trial: Trial) -> Result<Option<Sample>, StoreError> {
        if let Some(sample) = self.store.finished(trial) {
            self.watch.finished(self.plan, trial, &sample);
            return Ok(Some(sample));
        }
        if self.stop.asked() {
            return Ok(None);
        }
        self.watch.begins(self.plan, trial);
        let sample = self.runner.run(self.plan, trial);
        if let Some(sample) = &sample {
            self.store.append(sample)?;
            self.watch.finished(self.plan, trial, sample);
        }
        Ok(sample)
    }

    /// Repeats at most a quarter of a block each time: on a machine that is never quiet a run must still end.
    fn repeat(&mut self, mut disturbed: Vec<Trial>) -> Result<End, StoreError> {
        let most = self.plan.contenders.len() * self.plan.loads.len() / 4 + 1;
        for attempt in 1..=self.plan.repeats {
            disturbed.truncate(most);
            let mut still = Vec::new();
            for trial in disturbed {
                match self.one(Trial { attempt, ..trial })? {
                    None => return Ok(End::Stopped),
                    Some(sample) if sample.disturbed() => still.push(trial),
                    Some(_) => {}
                }
            }
            disturbed = still;
        }
        Ok(End::Complete)
    }
}
