//! Shows how far a comparison is: a bar with the time left on a terminal, one plain line a block elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use measure::comparison::Observer;
use record::number::waiting;
use record::plan::{Plan, Trial};
use record::sample::Sample;

/// Watches a run for the user.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    quiet: bool,
    begin: Instant,
    failed: usize,
    disturbed: usize,
    /// What the finished trials were expected to take on a quiet machine, and took.
    expected: Duration,
    took: Duration,
}

impl Progress {
    /// A bar for this plan; hidden where stderr is no terminal.
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

    /// Shows a run that is gone on with: so many trials are finished already.
    pub fn go_on(&self, finished: usize) {
        self.bar.set_position(finished as u64);
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// The time that the trials from this one on will take, if they go on like those before.
    fn left(&self, plan: &Plan, from: Trial) -> Duration {
        let expected: Duration = plan
            .trials()
            .skip(from.number)
            .map(|trial| plan.expected_trial(trial))
            .sum();
        let seen = self.expected.as_secs_f64();
        let slower = if seen > 0.0 {
            self.took.as_secs_f64() / seen
        } else {
            1.0
        };
        expected.mul_f64(slower)
    }
}

impl Observer for Progress {
    fn trial_begins(&mut self, plan: &Plan, trial: Trial) {
        if self.bar.is_hidden() {
            return;
        }
        let who = &plan.contenders[trial.contender].name;
        let load = plan.loads[trial.load].label();
        self.bar.set_message(format!(
            "{} left  {who}, {load}",
            waiting(self.left(plan, trial))
        ));
    }

    fn trial_finished(&mut self, plan: &Plan, trial: Trial, sample: &Sample) {
        let could = plan
            .unsupported_reason(trial.contender, trial.load)
            .is_none();
        self.failed += usize::from(could && sample.failure.is_some());
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
        eprintln!(
            "{name} after {}: {} failed, {} disturbed",
            waiting(self.begin.elapsed()),
            self.failed,
            self.disturbed
        );
    }
}
