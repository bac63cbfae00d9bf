//! The word about two contenders (faster, slower, equivalent, inconclusive, or none), and the reason where it is not clear.

use std::fmt;
use std::time::Duration;

use record::number::{self, counted, significant, waiting};
use serde::Serialize;

use crate::metric::Metric;
use crate::shift::Ratio;
use crate::sittings::PairedSummary;

/// One figure of a contender compared with the baseline's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// The contender's value divided by the baseline's.
    #[serde(flatten)]
    pub ratio: Ratio,
    /// Share of pairs of trials in which the contender's value is the greater one: an estimate of P(A > B).
    pub superiority: f64,
    /// Two-sided p-value of the exact Mann-Whitney test.
    pub p: f64,
    /// The p-value after Holm's correction for all models of the comparison.
    pub adjusted: f64,
    /// The word.
    pub verdict: Verdict,
    /// The rounds, if contender and baseline were measured in rounds. The p-value is then that of the exact signed rank test, or
    /// of Student's t-test over sittings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paired: Option<PairedSummary>,
}

/// The word of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "word", content = "because", rename_all = "kebab-case")]
pub enum Verdict {
    /// Significantly better, by more than the indifference zone.
    Better,
    /// Significantly worse, by more than the indifference zone.
    Worse,
    /// Less apart than the indifference zone allows.
    Equivalent,
    /// The trials do not decide it.
    Inconclusive(Unsure),
    /// The trials must not be compared.
    Barred(Bar),
    /// The control: the baseline compared with itself, which tests the measurement.
    Control,
}

/// Why trials do not decide a comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unsure {
    /// Too few trials for a 95 % interval.
    TooFew {
        /// Trials of the side that has fewer.
        trials: usize,
    },
    /// Too few trials to be significant among this many comparisons, even if the two sides did not overlap at all.
    TooFewForFamily {
        /// Trials of the side that has fewer.
        trials: usize,
        /// Models compared with the baseline.
        comparisons: usize,
        /// Number of blocks that is enough.
        needed: usize,
    },
    /// Too few rounds for a 95 % interval.
    TooFewRounds {
        /// Rounds that count.
        rounds: usize,
        /// Number of rounds that is enough.
        needed: usize,
    },
    /// Too few rounds to be significant among this many comparisons, even if all of them agreed.
    TooFewRoundsForFamily {
        /// Rounds that count.
        rounds: usize,
        /// Models compared with the baseline.
        comparisons: usize,
        /// Number of rounds that is enough.
        needed: usize,
    },
    /// The interval crosses the border of the indifference zone.
    Wide {
        /// Its half-width as a share.
        half_width: f64,
        /// What would decide it; `None` for trials with fresh processes.
        needs: Option<Needs>,
    },
    /// The interval is outside of the zone, but the difference is not significant after Holm's correction.
    OneOfMany {
        /// The corrected p-value.
        adjusted: f64,
    },
}

/// What would decide a comparison that was measured in rounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Needs {
    /// More rounds.
    Rounds {
        /// About how many more.
        more: usize,
        /// About how long they take, in seconds.
        seconds: f64,
    },
    /// More sittings, because sittings differ more than their rounds predict.
    Sittings {
        /// About how many more.
        more: usize,
        /// About how long they take, in seconds.
        seconds: f64,
    },
    /// The ratio is so close to the border of the zone that no reasonable number of rounds decides.
    TooClose,
}

/// Why a comparison has no verdict, whatever its figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bar {
    /// The run has no control: no server was compared with itself.
    NoControl,
    /// The control failed: the baseline differs from itself.
    Control {
        /// The 95 % interval of the control's ratio.
        interval: (f64, f64),
    },
    /// Other programs disturbed trials that had to be kept.
    Disturbed {
        /// Number of disturbed trials, of both sides.
        trials: usize,
    },
    /// The generator was saturated, or called its own figures invalid.
    Generator {
        /// Number of such trials, of both sides.
        trials: usize,
    },
    /// The capacity is above every rate that was tried.
    AboveRange {
        /// Number of such trials, of both sides.
        trials: usize,
    },
    /// Some trials failed, and the others may not be typical.
    Failed {
        /// Number of failed trials, of both sides.
        trials: usize,
    },
    /// Some clients were never served or were refused, which made it easier to serve the others.
    LeftOut,
    /// The server computes whether or not clients ask, so its CPU time says nothing about requests.
    Spins,
    /// The server answered fewer requests than were offered, so the two sides did not do the same work.
    Behind {
        /// Answered requests as a share of the offered ones.
        share: f64,
    },
}

impl Verdict {
    /// The word of a table.
    pub fn word(&self, metric: Metric) -> &'static str {
        let (better, worse) = metric.words().unwrap_or(("better", "worse"));
        match self {
            Self::Better => better,
            Self::Worse => worse,
            Self::Equivalent => "equivalent",
            Self::Inconclusive(_) => "inconclusive",
            Self::Barred(_) => "no verdict",
            Self::Control => "control",
        }
    }

    /// Why there is no clear word, as a sentence without capital and full stop.
    pub fn because(&self) -> Option<String> {
        match self {
            Self::Inconclusive(unsure) => Some(unsure.to_string()),
            Self::Barred(bar) => Some(bar.to_string()),
            Self::Better | Self::Worse | Self::Equivalent | Self::Control => None,
        }
    }

    /// True if the word is a result: better, worse or equivalent.
    pub const fn is_clear(&self) -> bool {
        matches!(self, Self::Better | Self::Worse | Self::Equivalent)
    }
}

impl fmt::Display for Unsure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew { trials } => write!(
                f,
                "{} of each are too few for a 95 % interval; measure at least 4 blocks with --blocks",
                counted(*trials, "trial")
            ),
            Self::TooFewForFamily {
                trials,
                comparisons,
                needed,
            } => write!(
                f,
                "{} of each are too few for {comparisons} comparisons at once; compare fewer models, or measure {needed} blocks",
                counted(*trials, "trial")
            ),
            Self::TooFewRounds { rounds, needed } => write!(
                f,
                "{} are too few for a 95 % interval; measure at least {needed}, with --rounds or --blocks",
                counted(*rounds, "round")
            ),
            Self::TooFewRoundsForFamily {
                rounds,
                comparisons,
                needed,
            } => write!(
                f,
                "{} cannot decide {comparisons} comparisons; {needed} can",
                counted(*rounds, "round")
            ),
            Self::Wide { half_width, needs } => {
                let width = significant((half_width * 1000.0).round() / 10.0);
                write!(f, "the ratio is known only to ±{width} %; ")?;
                match needs {
                    Some(needs) => needs.fmt(f),
                    None => f.write_str("measure more blocks, or longer with --duration"),
                }
            }
            Self::OneOfMany { adjusted } => write!(
                f,
                "not significant after correction for multiple comparisons (Holm, p = {}); measure more blocks",
                significant((adjusted * 1000.0).round() / 1000.0)
            ),
        }
    }
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = |seconds: f64| waiting(Duration::from_secs_f64(seconds.clamp(1.0, 1e6)));
        match self {
            Self::Rounds { more, seconds } => write!(
                f,
                "{} would decide it, about {}",
                counted(*more, "more round"),
                about(*seconds)
            ),
            Self::Sittings { more, seconds } => write!(
                f,
                "{} would decide it, about {}",
                counted(*more, "more sitting"),
                about(*seconds)
            ),
            Self::TooClose => f.write_str(
                "it is too close to the border of the zone of indifference to be decided in a reasonable time",
            ),
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoControl => f.write_str(
                "the run has no control; measure again without --no-twin, so that the baseline is measured twice",
            ),
            Self::Control {
                interval: (low, high),
            } => write!(
                f,
                "the control failed: the baseline differs from itself [{low:.3}, {high:.3}]; measure again on a quieter machine, or more blocks"
            ),
            Self::Disturbed { trials } => write!(
                f,
                "other programs disturbed {}; close them and measure again",
                counted(*trials, "trial")
            ),
            Self::Generator { trials } => write!(
                f,
                "the generator was saturated in {}; compare the CPU per request, or measure at an equal rate (--scenarios equal)",
                counted(*trials, "trial")
            ),
            Self::AboveRange { trials } => write!(
                f,
                "even the highest rate met the objective in {}; set a stricter --slo",
                counted(*trials, "trial")
            ),
            Self::Failed { trials } => write!(
                f,
                "{} failed; see the reasons in the cost table",
                counted(*trials, "trial")
            ),
            Self::LeftOut => f.write_str(
                "some clients were never served or were refused; compare under fewer connections",
            ),
            Self::Spins => f.write_str(
                "the server uses its whole CPU even if no client asks, so CPU time is no cost of a request; compare its response times",
            ),
            Self::Behind { share } => write!(
                f,
                "only {} of the offered requests were answered; compare at a lower rate",
                number::share(*share)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_interval_says_what_would_decide_it() {
        let needs = Some(Needs::Rounds {
            more: 12,
            seconds: 40.0,
        });
        let unsure = Unsure::Wide {
            half_width: 0.08,
            needs,
        };
        assert_eq!(
            unsure.to_string(),
            "the ratio is known only to ±8 %; 12 more rounds would decide it, about 40 s"
        );
    }

    #[test]
    fn every_reason_ends_with_what_to_do() {
        let unsure = [
            Unsure::TooFew { trials: 1 },
            Unsure::TooFewForFamily {
                trials: 5,
                comparisons: 12,
                needed: 6,
            },
            Unsure::TooFewRounds {
                rounds: 3,
                needed: 6,
            },
            Unsure::TooFewRoundsForFamily {
                rounds: 6,
                comparisons: 12,
                needed: 9,
            },
            Unsure::Wide {
                half_width: 0.123,
                needs: None,
            },
            Unsure::Wide {
                half_width: 0.123,
                needs: Some(Needs::TooClose),
            },
            Unsure::OneOfMany { adjusted: 0.07 },
        ];
        for unsure in unsure {
            assert!(unsure.to_string().contains("; "), "{unsure}");
        }
        let bars = [
            Bar::NoControl,
            Bar::Control {
                interval: (1.01, 1.2),
            },
            Bar::Disturbed { trials: 1 },
            Bar::Generator { trials: 1 },
            Bar::AboveRange { trials: 1 },
            Bar::Failed { trials: 1 },
            Bar::LeftOut,
            Bar::Spins,
            Bar::Behind { share: 0.5 },
        ];
        for bar in bars {
            assert!(bar.to_string().contains("; "), "{bar}");
            assert!(
                !bar.to_string().contains("more CPUs"),
                "a machine has as many as it has: {bar}"
            );
        }
    }
}
