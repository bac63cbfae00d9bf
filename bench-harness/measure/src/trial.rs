//! Runs one trial with fresh processes and makes its row: wait for a quiet machine, measure, judge the result.

mod highest_rate;
mod processes;

use std::time::{Duration, Instant};

use jiff::Timestamp;
use record::peak::Probed;
use record::plan::{Plan, Trial};
use record::sample::{Failure, FailureKind, Sample};
use record::store::StoreError;

use crate::failure::failure_of;
use crate::gate::wait_for_quiet;
use crate::sitting::{Log, Sitting};
use crate::task::Task;
use crate::warnings::warnings;

pub use processes::Processes;

/// Turns what is planned into rows: with processes and sockets, or with a script in a test.
pub trait Runner {
    /// Runs one trial with fresh processes. `probed` is what the probe found, if it is known. Returns `None` if the user
    /// stopped the run before the trial had a result.
    fn run(&mut self, plan: &Plan, trial: Trial, probed: Option<Probed>) -> Option<Sample>;

    /// Measures a sitting, and stores its slices. Returns one row for each contender; none if the user stopped the run.
    ///
    /// # Errors
    /// A slice could not be stored.
    fn sit(&mut self, sitting: &Sitting, log: &mut dyn Log) -> Result<Vec<Sample>, StoreError>;
}

impl Runner for Processes {
    fn sit(&mut self, sitting: &Sitting, log: &mut dyn Log) -> Result<Vec<Sample>, StoreError> {
        self.sit_down(sitting, log)
    }

    fn run(&mut self, plan: &Plan, trial: Trial, probed: Option<Probed>) -> Option<Sample> {
        let begin = Instant::now();
        let mut sample = Sample::begin(plan, trial, Timestamp::now());
        if let Some(reason) = plan.unsupported_reason(trial.contender, trial.load) {
            sample.failure = Some(Failure::new(FailureKind::Unsupported, reason));
            return Some(sample);
        }
        let task = match Task::new(plan, trial, probed) {
            Ok(task) => task,
            Err(reason) => {
                sample.failure = Some(Failure::new(FailureKind::NoPeak, reason));
                return Some(sample);
            }
        };
        let timing = &task.timing;
        let [quiet, limit] = [timing.gate_s, timing.gate_limit_s].map(Duration::from_secs_f64);
        sample.gate = wait_for_quiet(quiet, limit, &self.stop);
        if let Some((objective, probed)) = task.load.objective.zip(task.probed) {
            self.find_highest_rate(&task, objective, probed.peak, &mut sample);
        } else {
            self.measure(&task, &mut sample);
            self.count_with_strace(&task, &mut sample);
            sample.warnings = warnings(&sample);
        }
        sample.took_s = begin.elapsed().as_secs_f64();
        sample.failure = sample
            .failure
            .or_else(|| failure_of(sample.outcome.as_ref()?));
        let was_interrupted = self.stop.is_requested() && sample.outcome.is_none();
        (!was_interrupted).then_some(sample)
    }
}
