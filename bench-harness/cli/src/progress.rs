//! Shows the progress of a comparison: on a terminal a bar with the remaining time, elsewhere a line per block.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use measure::comparison::{Observer, Rows};
use record::number::{significant, waiting};
use record::plan::{Load, Plan, Trial};
use record::sample::Sample;
use record::slice::Slice;
use report::paragraph::{WIDTH, shortened};

use crate::notes::note;

/// Steps of the bar.
const STEPS: u64 = 1000;
/// Columns of the bar.
const BAR: usize = 16;
/// Columns of the message behind the bar and its per cent: `100 %`.
const MESSAGE: usize = WIDTH - BAR - 9;

/// The progress of one comparison.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    quiet: bool,
    begin: Instant,
    failed: usize,
    disturbed: usize,
    /// Expected time of all that is planned, on a quiet machine.
    planned: Duration,
    /// Expected time of what was finished before this run was resumed.
    before: Duration,
    /// Expected time of what has been finished since.
    finished: Duration,
    /// Expected time of what is finished of the current sitting.
    in_sitting: Duration,
}

impl Progress {
    /// A bar for this plan. It is hidden if `quiet`, or if stderr is not a terminal.
    pub fn new(plan: &Plan, quiet: bool) -> Self {
        let target = if quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(Some(STEPS), target);
        let style = ProgressStyle::with_template(&format!("{{bar:{BAR}}} {{percent}} %  {{msg}}"))
            .expect("indicatif accepts a bar, a per cent and a message");
        let zero = Duration::ZERO;
        Self {
            bar: bar.with_style(style),
            quiet,
            begin: Instant::now(),
            failed: 0,
            disturbed: 0,
            planned: plan.expected(),
            before: zero,
            finished: zero,
            in_sitting: zero,
        }
    }

    /// Counts what was finished before the run was resumed.
    pub fn skip_finished(&mut self, plan: &Plan, rows: &Rows) {
        let trials: BTreeSet<usize> = rows.samples.iter().map(|row| row.trial).collect();
        let sittings: BTreeSet<usize> = rows.samples.iter().filter_map(|row| row.sitting).collect();
        let fresh = plan
            .fresh_trials()
            .filter(|trial| trials.contains(&trial.number));
        let fresh: Duration = fresh.map(|trial| plan.expected_trial(trial)).sum();
        let sat = sittings
            .iter()
            .filter_map(|&number| plan.sittings.get(number));
        self.before = fresh
            + sat
                .map(|sitting| plan.expected_sitting(sitting))
                .sum::<Duration>();
        self.show();
    }

    /// Removes the bar.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn show(&self) {
        let done = (self.before + self.finished + self.in_sitting).as_secs_f64();
        let share = done / self.planned.as_secs_f64().max(f64::EPSILON);
        self.bar
            .set_position((share.min(1.0) * STEPS as f64) as u64);
    }

    /// Estimated time that is left, from the speed so far.
    fn remaining(&self) -> Duration {
        let finished = self.finished + self.in_sitting;
        let slowdown = if finished.is_zero() {
            1.0
        } else {
            self.begin.elapsed().as_secs_f64() / finished.as_secs_f64()
        };
        let left = self.planned.saturating_sub(self.before + finished);
        Duration::try_from_secs_f64(left.as_secs_f64() * slowdown).unwrap_or(Duration::MAX)
    }

    fn announce(&self, what: &str) {
        if !self.bar.is_hidden() {
            let left = waiting(self.remaining());
            let message = format!("{left} left  {what}");
            self.bar.set_message(shortened(&message, MESSAGE));
        }
    }

    /// Counts a row that cannot be compared. A contender that declares that it cannot be measured does not count.
    fn count_failure(&mut self, plan: &Plan, trial: Option<Trial>, sample: &Sample) {
        let can_run = trial.is_none_or(|trial| {
            plan.unsupported_reason(trial.contender, trial.load)
                .is_none()
        });
        self.failed += usize::from(can_run && sample.failure.is_some());
    }
}

/// A load in two words, so that the names of the models fit on the line: `ladder 100`.
fn step(load: &Load) -> String {
    format!("{} {}", load.scenario, significant(load.step))
}

impl Observer for Progress {
    fn trial_begins(&mut self, plan: &Plan, trial: Trial) {
        let contender = &plan.contenders[trial.contender].name;
        let load = step(&plan.loads[trial.load]);
        self.announce(&format!("{load}: {contender}"));
    }

    fn trial_finished(&mut self, plan: &Plan, trial: Trial, sample: &Sample) {
        self.count_failure(plan, Some(trial), sample);
        self.disturbed += usize::from(sample.disturbed());
        if trial.attempt == 0 {
            self.finished += plan.expected_trial(trial);
        }
        self.show();
    }

    fn sitting_begins(&mut self, plan: &Plan, number: usize, rounds: usize) {
        let sitting = &plan.sittings[number];
        if sitting.extra {
            self.planned += plan.expected_sitting(sitting);
        }
        // What was measured of this sitting before the run was resumed is not measured again.
        let open = rounds as f64 / sitting.rounds.max(1) as f64;
        self.in_sitting = plan.expected_sitting(sitting).mul_f64(1.0 - open.min(1.0));
        let others = sitting.others().iter();
        let names: Vec<&str> = others
            .map(|&id| plan.contenders[id].name.as_str())
            .collect();
        let load = step(&plan.loads[sitting.load]);
        self.announce(&format!("{load}: {}", names.join(", ")));
    }

    fn slice_finished(&mut self, plan: &Plan, slice: &Slice) {
        self.disturbed += usize::from(slice.disturbed());
        let Some(sitting) = plan.sittings.get(slice.place.sitting) else {
            return;
        };
        if slice.place.attempt == 0 {
            self.in_sitting += plan.expected_slice(sitting.load);
        }
        self.show();
    }

    fn sitting_finished(&mut self, plan: &Plan, number: usize, rows: &[Sample]) {
        for row in rows {
            self.count_failure(plan, None, row);
        }
        self.finished += plan.expected_sitting(&plan.sittings[number]);
        self.in_sitting = Duration::ZERO;
        self.show();
    }

    fn block_finished(&mut self, plan: &Plan, block: usize) {
        if self.quiet || !self.bar.is_hidden() {
            return;
        }
        let name = match block.checked_sub(plan.first_block()) {
            Some(round) => format!("block {} of {}", round + 1, plan.most_blocks()),
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
