//! The profiles of a comparison, from quick to full: the scenarios, the number of blocks, and the lengths of a trial.

use std::time::Duration;

use clap::ValueEnum;

use super::scenario::Recipe;
use super::timing::Timing;

/// A profile of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Ladder and idle, 5 blocks, about 6 min for all models; finds differences of 40 %
    Quick,
    /// All scenarios, 10 blocks, about 1 h for two models; finds differences of 20 %
    Standard,
    /// All scenarios, 10 to 30 blocks, until the confidence intervals are narrow
    Full,
}

impl Profile {
    /// Maximum number of repeats of a disturbed trial, at the end of its block.
    pub const REPEATS: u32 = 3;

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Standard => "standard",
            Self::Full => "full",
        }
    }

    /// The scenarios that are measured if the user names none.
    pub fn scenarios(self) -> Vec<Recipe> {
        let all = Recipe::built_in();
        match self {
            Self::Quick => all
                .into_iter()
                .take(2)
                .map(Recipe::with_quick_steps)
                .collect(),
            Self::Standard | Self::Full => all,
        }
    }

    /// Maximum number of times that every cell is measured.
    pub const fn blocks(self) -> usize {
        match self {
            Self::Quick => 5,
            Self::Standard => 10,
            Self::Full => 30,
        }
    }

    /// Minimum number of blocks after which the run may end because it is precise enough.
    pub const fn least_blocks(self) -> Option<usize> {
        match self {
            Self::Quick | Self::Standard => None,
            Self::Full => Some(10),
        }
    }

    /// The time that the whole comparison should take. It decides the measured window, within [`windows`](Self::windows),
    /// unless the user sets one.
    pub const fn budget(self) -> Duration {
        match self {
            // The rest of the six minutes is for repeats of disturbed trials.
            Self::Quick => Duration::from_secs(314),
            Self::Standard => Duration::from_hours(1),
            Self::Full => Duration::from_hours(3),
        }
    }

    /// The shortest and the longest measured window that the budget may lead to. The fewer models, the longer the window: on
    /// a virtual machine with busy neighbours, ten windows of 1 s scatter too much to find a difference of 10 % in every
    /// run.
    pub const fn windows(self) -> [Duration; 2] {
        match self {
            Self::Quick => [Duration::from_millis(200), Duration::from_secs(1)],
            Self::Standard | Self::Full => [Duration::from_secs(1), Duration::from_secs(5)],
        }
    }

    /// The lengths of the parts of a trial. The quick profile checks for a quiet machine only briefly, so that most of its
    /// time is spent under load.
    pub fn timing(self, duration: Option<Duration>) -> Timing {
        let [_, longest] = self.windows();
        let (gate_s, gate_limit_s, warm_up_s) = match self {
            Self::Quick => (0.02, 1.0, 0.13),
            Self::Standard | Self::Full => (0.3, 10.0, 0.3),
        };
        Timing {
            gate_s,
            gate_limit_s,
            warm_up_s,
            duration_s: duration.unwrap_or(longest).as_secs_f64(),
        }
    }
}
