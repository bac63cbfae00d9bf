//! Counts what of a run is finished: its sittings, and its trials with fresh processes.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;

use crate::number::grouped;
use crate::plan::{Plan, Trial};

/// The finished parts of a run, and the planned ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Sittings.
    pub sittings: Part,
    /// Trials with fresh processes, without repeats and without those of contenders that cannot take part.
    pub trials: Part,
}

/// The number of finished and of planned things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Number of finished ones.
    pub finished: usize,
    /// Number of planned ones.
    pub planned: usize,
}

impl Tally {
    /// Counts the parts of a plan, given the numbers of the trials that have rows.
    pub fn of(plan: &Plan, rows: &HashSet<usize>) -> Self {
        let has_row = |trial: &Trial| rows.contains(&trial.number);
        let sittings = 0..plan.sittings.len();
        let is_finished = |number: &usize| plan.trials_of_sitting(*number).all(|t| has_row(&t));
        let takes_part = |trial: &Trial| {
            let reason = plan.unsupported_reason(trial.contender, trial.load);
            reason.is_none()
        };
        let trials: Vec<Trial> = plan.fresh_trials().filter(takes_part).collect();
        Self {
            sittings: Part {
                finished: sittings.filter(is_finished).count(),
                planned: plan.sittings.len(),
            },
            trials: Part {
                finished: trials.iter().filter(|trial| has_row(trial)).count(),
                planned: trials.len(),
            },
        }
    }

    /// True if all that was planned is finished.
    pub const fn is_complete(&self) -> bool {
        self.sittings.is_complete() && self.trials.is_complete()
    }
}

impl Part {
    const fn is_complete(&self) -> bool {
        self.finished == self.planned
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.sittings.planned, self.trials.planned) {
            (0, _) => write!(f, "{} trials are finished", self.trials),
            (_, 0) => write!(f, "{} sittings are finished", self.sittings),
            _ => write!(
                f,
                "{} sittings and {} trials are finished",
                self.sittings, self.trials
            ),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [finished, planned] = [self.finished, self.planned].map(|n| grouped(n as u64));
        write!(f, "{finished} of {planned}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(finished: usize, planned: usize) -> Part {
        Part { finished, planned }
    }

    #[test]
    fn a_tally_names_what_was_planned() {
        let text = |sittings, trials| Tally { sittings, trials }.to_string();
        assert_eq!(
            text(part(3, 1200), part(24, 24)),
            "3 of 1,200 sittings and 24 of 24 trials are finished"
        );
        assert_eq!(text(part(0, 0), part(5, 40)), "5 of 40 trials are finished");
        assert_eq!(text(part(2, 9), part(0, 0)), "2 of 9 sittings are finished");
    }

    #[test]
    fn a_run_is_complete_if_nothing_is_left() {
        let is_complete = |sittings, trials| Tally { sittings, trials }.is_complete();
        assert!(is_complete(part(2, 2), part(0, 0)));
        assert!(!is_complete(part(2, 2), part(1, 2)));
        assert!(!is_complete(part(1, 2), part(2, 2)));
    }
}
