//! Shows the progress of a comparison: on a terminal a bar with the remaining time, elsewhere a line per block.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use measure::comparison::Observer;
use record::number::waiting;
use record::plan::{Plan, Trial};
use record::sample::Sample;

use crate::notes::note;

/// The progress of one comparison.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    quiet: bool,
    begin: Instant,
    failed: usize,
    disturbed: usize,
    /// Expected time of the finished trials on a quiet machine.
    expected: Duration,
    /// Real time of the finished trials.
    took: Duration,
}

impl Progress {
    /// A bar for this plan. It is hidden if `quiet`, or if stderr is not a terminal.
    pub fn new(plan: &Plan, quiet: bool) -> Self {
        let target = if quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(Some(plan.trials().count() as u64), target);
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {msg}")
            .expect("the template is a constant that indicatif accepts");
        let zero = Duration::ZERO;
        Self {
            bar: bar.with_style(style),
            quiet,
            begin: Instant::now(),
            failed: 0,
            disturbed: 0,
            expected: zero,
            took: zero,
        }
    }

    /// Counts the trials that were finished before the run was resumed.
    pub fn skip_finished(&self, finished: usize) {
        self.bar.set_position(finished as u64);
    }

    /// Removes the bar.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// Estimated time for the trials from this one on, from the speed of the finished ones.
    fn remaining(&self, plan: &Plan, from: Trial) -> Duration {
        let expected: Duration = plan
            .trials()
            .skip(from.number)
            .map(|trial| plan.expected_trial(trial))
            .sum();
        let finished = self.expected.as_secs_f64();
        let slowdown = if finished > 0.0 {
            self.took.as_secs_f64() / finished
        } else {
            1.0
        };
        expected.mul_f64(slowdown)
    }
}

impl Observer for Progress {
    fn trial_begins(&mut self, plan: &Plan, trial: Trial) {
        if self.bar.is_hidden() {
            return;
        }
        let contender = &plan.contenders[trial.contender].name;
        let load = plan.loads[trial.load].label();
        self.bar.set_message(format!(
            "{} left  {contender}, {load}",
            waiting(self.remaining(plan, trial))
        ));
    }

    fn trial_finished(&mut self, plan: &Plan, trial: Trial, sample: &Sample) {
        let can_run = plan
            .unsupported_reason(trial.contender, trial.load)
            .is_none();
        self.failed += usize::from(can_run && sample.failure.is_some());
        self.disturbed += usize::from(sample.disturbed());
        self.took += Duration::from_secs_f64(sample.took_s);
        if trial.attempt == 0 {
            self.expected += plan.expected_trial(trial);
            self.bar.inc(1);
        }
    }

    fn block_finished(&mut self, plan: &Plan, block: usize) {
        if self.quiet || !self.bar.is_hidden() {
            return;
        }
        let name = match block.checked_sub(plan.first_block()) {
            Some(round) => format!("block {} of {}", round + 1, plan.rounds()),
            None => format!("probe {} of {}", block + 1, plan.first_block()),
        };
        note(format_args!(
            "{name} after {}: {} failed, {} disturbed",
            waiting(self.begin.elapsed()),
            self.failed,
            self.disturbed
        ));
    }
}
