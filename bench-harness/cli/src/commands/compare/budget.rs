//! Ends a run when it is precise enough, and spends what is left of its time on comparisons that are undecided.

use std::time::{Duration, Instant};

use analysis::{extra_sitting, precise};
use measure::comparison::{Judge, Rows};
use record::plan::{Plan, Sitting};
use record::sample::Sample;

/// The time of a run.
pub struct Budget {
    /// The start of this process, which may have resumed the run.
    began: Instant,
    /// What was left of the run's time then; `None` if the user chose the length of the run.
    left: Option<Duration>,
}

impl Budget {
    /// What is left of the time of a run with these finished rows.
    pub fn of(plan: &Plan, rows: &Rows) -> Self {
        let left = plan
            .budget_s
            .map(|budget| budget - spent(rows).as_secs_f64());
        Self {
            began: Instant::now(),
            left: left.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default()),
        }
    }
}

impl Judge for Budget {
    fn is_precise(&self, plan: &Plan, rows: &Rows) -> bool {
        precise(plan, &rows.samples, &rows.slices)
    }

    fn next_sitting(&self, plan: &Plan, rows: &Rows) -> Option<Sitting> {
        let left = self.left?.checked_sub(self.began.elapsed())?;
        extra_sitting(plan, &rows.samples, &rows.slices, left)
    }
}

/// Time that these rows took: trials with fresh processes, and slices.
fn spent(rows: &Rows) -> Duration {
    let is_fresh = |row: &&Sample| row.sitting.is_none();
    let trials = rows.samples.iter().filter(is_fresh);
    let trials: f64 = trials.map(|row| row.took_s).sum();
    let slices: f64 = rows.slices.iter().map(|slice| slice.took_s).sum();
    Duration::try_from_secs_f64(trials + slices).unwrap_or(Duration::MAX)
}
