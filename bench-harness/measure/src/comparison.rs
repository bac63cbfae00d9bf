//! Carries out a plan, trial by trial: whatever fails becomes a row, and what is finished is on the disk.

use record::peak::peak;
use record::plan::{Plan, Trial};
use record::sample::Sample;
use record::store::{Store, StoreError};

use crate::agenda::Agenda;
use crate::stop::Stop;
use crate::trial::Runner;

/// A plan and all who take part in carrying it out.
pub struct Comparison<'a> {
    /// What is to be done.
    pub plan: &'a Plan,
    /// What is finished already; empty for a new run.
    pub rows: Vec<Sample>,
    /// Who does it.
    pub runner: &'a mut dyn Runner,
    /// Who keeps it.
    pub store: &'a mut Store,
    /// Who watches.
    pub watch: &'a mut dyn Watch,
    /// Whether these rows are precise enough to end a run of [`Plan::least_blocks`].
    pub precise: &'a dyn Fn(&[Sample]) -> bool,
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
    /// It was precise enough before that.
    Precise,
    /// A stop was asked for before.
    Stopped,
}

/// A run is never precise enough: it does all that is planned.
pub const fn never(_: &[Sample]) -> bool {
    false
}

impl Comparison<'_> {
    /// Runs all trials that are not finished, in their order, and disturbed ones again at the end of their block.
    ///
    /// # Errors
    /// A row could not be stored; the rows before it are.
    pub fn carry_out(mut self) -> Result<End, StoreError> {
        let mut agenda = Agenda::of(&self.rows);
        let plan = self.plan;
        for block in 0..plan.blocks.len() {
            let peak = peak(&self.rows);
            let already = agenda.next(plan, block).is_none();
            while let Some(trial) = agenda.next(plan, block) {
                let Some(sample) = self.one(trial, peak)? else {
                    return Ok(End::Stopped);
                };
                agenda.note(&sample);
                self.rows.push(sample);
            }
            if !already {
                self.watch.block_finished(plan, block);
            }
            if plan.may_end_after(block) && (self.precise)(&self.rows) {
                return Ok(End::Precise);
            }
        }
        Ok(End::Complete)
    }

    fn one(&mut self, trial: Trial, peak: Option<f64>) -> Result<Option<Sample>, StoreError> {
        if self.stop.asked() {
            return Ok(None);
        }
        self.watch.begins(self.plan, trial);
        let sample = self.runner.run(self.plan, trial, peak);
        if let Some(sample) = &sample {
            self.store.append(sample)?;
            self.watch.finished(self.plan, trial, sample);
        }
        Ok(sample)
    }
}
