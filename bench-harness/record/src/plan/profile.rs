//! The profiles of a comparison, from quick to full: the scenarios, the number of blocks, and the lengths of a trial.

use std::time::Duration;

use clap::ValueEnum;

use super::scenario::Recipe;
use super::timing::Timing;

/// A profile of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Equal rates, ladder and idle, 5 sittings, 6 min for the core models; zone 10 %
    Quick,
    /// All scenarios, 6 sittings, about 2 h for the core models; zone 5 %
    Standard,
    /// All scenarios, 10 to 30 sittings, until the intervals are narrow; zone 3 %
    Full,
}

impl Profile {
    /// Maximum number of repeats of a disturbed trial, at the end of its block.
    pub const REPEATS: u32 = 3;
    /// Least length of a slice. Many short slices beside the baseline give narrower intervals than few long ones:
    /// METHODOLOGY.md has the experiment.
    pub const SLICE: Duration = Duration::from_millis(50);
    /// Number of contenders, the twin included, that the budget is made for.
    const CORE: usize = 13;

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
                .take(3)
                .map(Recipe::with_quick_steps)
                .collect(),
            Self::Standard | Self::Full => all,
        }
    }

    /// Number of sittings, or of trials, of every cell; a maximum if there are [`least_blocks`](Self::least_blocks).
    pub const fn blocks(self) -> usize {
        match self {
            Self::Quick => 5,
            Self::Standard => 6,
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

    /// The zone of indifference: ratios within this factor of 1 count as equal.
    pub const fn zone(self) -> f64 {
        match self {
            Self::Quick => 1.10,
            Self::Standard => 1.05,
            Self::Full => 1.03,
        }
    }

    /// The fewest and the most rounds in a sitting that the budget may lead to.
    pub const fn rounds(self) -> [usize; 2] {
        match self {
            Self::Quick => [2, 12],
            Self::Standard | Self::Full => [4, 20],
        }
    }

    /// The time that the whole comparison of this number of contenders should take. It decides the number of rounds, and the
    /// window of trials with fresh processes, within bounds. More contenders than the core get more time.
    pub fn budget(self, contenders: usize) -> Duration {
        let core = match self {
            Self::Quick => Duration::from_secs(350),
            Self::Standard => Duration::from_hours(2),
            Self::Full => Duration::from_hours(3),
        };
        let beyond = contenders.saturating_sub(Self::CORE) as f64 / Self::CORE as f64;
        core.mul_f64(1.0 + beyond)
    }

    /// The shortest and the longest measured window of a trial with fresh processes.
    pub const fn windows(self) -> [Duration; 2] {
        match self {
            Self::Quick => [Duration::from_millis(200), Duration::from_secs(1)],
            Self::Standard | Self::Full => [Duration::from_secs(1), Duration::from_secs(5)],
        }
    }

    /// The lengths of the parts of a trial. The quick profile checks for a quiet machine only briefly, so that most of its
    /// time is spent under load.
    pub fn timing(self, duration: Option<Duration>, slice: Option<Duration>) -> Timing {
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
            slice_s: slice.unwrap_or(Self::SLICE).as_secs_f64(),
        }
    }
}
