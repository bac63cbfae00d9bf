//! The rule that turns the rounds or the trials of two contenders into a verdict.
//!
//! The rule, for all models against the baseline under one load and in one figure (the *family*):
//!
//! 1. The 95 % interval of the ratio is compared with an indifference zone around 1. Outside of it: faster or slower.
//!    Inside: equivalent. Everything else: inconclusive. (D. L. Schuirmann, 1987, for equivalence, but with the 95 % instead of
//!    the usual 90 % interval; K. R. Murphy and B. Myors, 1999, for differences that are not only real but large enough to
//!    matter.)
//! 2. *Faster* and *slower* also need a difference that the exact Mann-Whitney test finds at 5 % after Holm's correction for the
//!    size of the family (S. Holm, "A simple sequentially rejective multiple test procedure", 1979). The chance of even one such
//!    word among equal servers then stays below 5 %. Other loads and other figures are families of their own.
//!    Rounds are tested with the exact signed rank test instead (F. Wilcoxon, "Individual comparisons by ranking methods", 1945).
//! 3. No word at all where the trials cannot carry one: see [`Bar`]. If the generator was saturated on one side only, the
//!    throughput of that side is a lower bound. Then only the word is given that a higher value would confirm.
//! 4. The baseline and its twin are the same server. Where they do not differ (see `Summary::untrusted`), the trials of both count
//!    as the baseline's. Five blocks then decide up to 75 comparisons at once instead of 6.
//! 5. A comparison with another baseline than the plan's (`Summary::against`) has verdicts too, and its control is still that of the
//!    plan. The control tests if this machine, in this run and under this load, measures two equal servers alike. All servers took
//!    turns in the same shuffled blocks, so a disturbance can hit any of them. The control says nothing about the other
//!    baseline's own trials, but their scatter is in the interval, and the rank test needs nothing else. Only that baseline's own trials
//!    count, since the twin is another server: six blocks decide up to 23 comparisons. Each baseline is a family of its own for
//!    Holm's correction: 5 % is the chance of a false word against one baseline, and a reader who looks through several of them has a
//!    greater chance of seeing one.
//!
//!    In rounds, both contenders were measured beside the plan's baseline, but not beside each other. Where the sittings of neither
//!    differ (see `sittings`), the log ratios of their rounds to that baseline are independent values of two groups, and the
//!    Mann-Whitney test compares them. If the sittings of one differ, the mean of each sitting is one value, for both. Two contenders of
//!    one sitting share some of the baseline's slices, which makes their rounds alike, so the interval is wider than necessary.
//!    What the 95 % interval of two equal contenders covers, with five sittings of six rounds (simulated in `sittings/calibration`):
//!
//!    | true scatter of sittings, in scatters of rounds | 0, 0 | 0.5, 0 | 0.5, 0.5 | 1, 0 | 1, 1 | 2, 0 | 2, 2 |
//!    |---|---|---|---|---|---|---|---|
//!    | covered | 96 % | 94 % | 95 % | 94 % | 98 % | 97 % | 98 % |

use crate::family::{FEWEST_ROUNDS, LEVEL, can_be_significant, fewest_blocks, fewest_rounds, holm};
use crate::logs::logs;
use crate::metric::Metric;
use crate::more::rounds_to_decide;
use crate::ranks::rank_test;
use crate::shift::{Ratio, ratio_of_logs};
use crate::sittings::{PairedSummary, Replicate, means, replicate, summarise};
use crate::verdict::{Bar, Compared, Needs, Unsure, Verdict};

/// One comparison to be judged.
#[derive(Clone, Debug)]
pub struct Pair {
    /// What was measured; `None` where a value is not above zero, so that there is no ratio.
    pub evidence: Option<Evidence>,
    /// Why there is no verdict, if so.
    pub bar: Option<Bar>,
    /// True if the contender left clients out, so that it cannot be called better.
    pub left_out: bool,
    /// The side whose value is only a lower bound, if one is.
    pub lower_bound: Option<LowerBound>,
    /// Expected time of one more round, in seconds; 0 for trials.
    pub round_s: f64,
}

/// The result of comparing two contenders, before it becomes a word.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The contender's value divided by the baseline's.
    pub ratio: Ratio,
    /// Share of pairs in which the contender's value is the greater one.
    pub superiority: f64,
    /// Two-sided p-value.
    pub p: f64,
    /// What was compared.
    pub count: Count,
    /// The rounds, if the two were measured in rounds.
    pub paired: Option<PairedSummary>,
}

/// The number of independent values of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Trials of each side.
    Trials {
        /// The contender's.
        contender: usize,
        /// The baseline's.
        baseline: usize,
    },
    /// Rounds.
    Rounds(usize),
    /// Sittings, because they differ more than their rounds predict.
    Sittings(usize),
}

impl Evidence {
    /// Compares the values of two sides that were measured independently, one value a trial; `None` if a value is not above zero.
    pub fn unpaired(contender: &[f64], baseline: &[f64]) -> Option<Self> {
        Self::unpaired_logs(&logs(contender)?, &logs(baseline)?)
    }

    /// Compares two contenders by the log ratios of their rounds to a third one, beside which both were measured; `None` if there are
    /// none. See point 5 in the head of this file.
    pub fn of_rounds(contender: &[Vec<f64>], other: &[Vec<f64>]) -> Option<Self> {
        let sides = [contender, other];
        let is_by_sitting = |groups: &[Vec<f64>]| replicate(groups) == Replicate::Sitting;
        let [contender, other] = if sides.into_iter().any(is_by_sitting) {
            sides.map(means)
        } else {
            sides.map(<[Vec<f64>]>::concat)
        };
        Self::unpaired_logs(&contender, &other)
    }

    /// Compares the logarithms of two sides that were measured independently.
    pub fn unpaired_logs(contender: &[f64], baseline: &[f64]) -> Option<Self> {
        let test = rank_test(contender, baseline)?;
        Some(Self {
            ratio: ratio_of_logs(contender, baseline)?,
            superiority: test.superiority,
            p: test.p,
            count: Count::Trials {
                contender: contender.len(),
                baseline: baseline.len(),
            },
            paired: None,
        })
    }

    /// Summarises log ratios of rounds, sitting by sitting; `None` if there are none.
    pub fn paired(groups: &[Vec<f64>]) -> Option<Self> {
        let summary = summarise(groups)?;
        Some(Self {
            ratio: summary.ratio,
            superiority: summary.superiority,
            p: summary.p,
            count: match summary.unit {
                Replicate::Round => Count::Rounds(summary.rounds),
                Replicate::Sitting => Count::Sittings(summary.sittings),
            },
            paired: Some(summary),
        })
    }
}

/// One side of a comparison whose values are only known to be at least what was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LowerBound {
    /// The side.
    pub side: Side,
    /// Number of trials in which the generator was saturated.
    pub trials: usize,
}

/// One side of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The contender.
    Contender,
    /// The baseline.
    Baseline,
}

/// Judges a family: all comparisons of one figure with the baseline. Ratios within the factor `zone` of 1 count as equal. One result
/// a pair; `None` where a value is not above zero, so that there is no ratio. Comparisons without a verdict still count for Holm's
/// correction, because they were made.
pub fn judge(metric: Metric, zone: f64, pairs: Vec<Pair>) -> Vec<Option<Compared>> {
    let evidence = pairs.iter().filter_map(|pair| pair.evidence.as_ref());
    let ps: Vec<f64> = evidence.map(|evidence| evidence.p).collect();
    let mut adjusted = holm(&ps).into_iter();
    let family = Family {
        metric,
        zone,
        comparisons: ps.len(),
    };
    let compare = |mut pair: Pair| {
        let evidence = pair.evidence.take()?;
        let adjusted = adjusted.next()?;
        let verdict = family.verdict(&pair, &evidence, adjusted);
        Some(Compared {
            verdict: pair.cap_if_lower_bound(verdict),
            ratio: evidence.ratio,
            superiority: evidence.superiority,
            p: evidence.p,
            adjusted,
            paired: evidence.paired,
        })
    };
    pairs.into_iter().map(compare).collect()
}

impl Pair {
    /// Withdraws a verdict that a higher value of the bounded side could overturn.
    fn cap_if_lower_bound(&self, verdict: Verdict) -> Verdict {
        let Some(LowerBound { side, trials }) = self.lower_bound else {
            return verdict;
        };
        match (side, &verdict) {
            (_, Verdict::Barred(_) | Verdict::Inconclusive(_))
            | (Side::Contender, Verdict::Better)
            | (Side::Baseline, Verdict::Worse) => verdict,
            _ => Verdict::Barred(Bar::Generator { trials }),
        }
    }
}

/// What all comparisons of a family share.
struct Family {
    metric: Metric,
    /// The indifference zone, as a factor.
    zone: f64,
    comparisons: usize,
}

impl Family {
    fn verdict(&self, pair: &Pair, evidence: &Evidence, adjusted: f64) -> Verdict {
        if let Some(bar) = &pair.bar {
            return Verdict::Barred(bar.clone());
        }
        let Some((low, high)) = evidence.ratio.interval else {
            return Verdict::Inconclusive(too_few(evidence.count));
        };
        if low >= 1.0 / self.zone && high <= self.zone {
            return Verdict::Equivalent;
        }
        let more = low > self.zone;
        if !more && high >= 1.0 / self.zone {
            return Verdict::Inconclusive(Unsure::Wide {
                half_width: evidence.ratio.half_width().unwrap_or(f64::INFINITY),
                needs: self.needed(pair, evidence),
            });
        }
        if adjusted > LEVEL {
            return Verdict::Inconclusive(self.not_significant(evidence.count, adjusted));
        }
        match more == self.metric.more_is_better() {
            true if pair.left_out => Verdict::Barred(Bar::LeftOut),
            true => Verdict::Better,
            false => Verdict::Worse,
        }
    }

    /// What would decide a comparison of rounds or sittings.
    fn needed(&self, pair: &Pair, evidence: &Evidence) -> Option<Needs> {
        let paired = evidence.paired.as_ref()?;
        let replicates = paired.replicates();
        let more = rounds_to_decide(&evidence.ratio, replicates, self.zone);
        let rounds_of_sitting = paired.rounds.div_ceil(paired.sittings.max(1));
        Some(match (more, paired.unit) {
            (None, _) => Needs::TooClose,
            (Some(more), Replicate::Round) => Needs::Rounds {
                more,
                seconds: more as f64 * pair.round_s,
            },
            (Some(more), Replicate::Sitting) => Needs::Sittings {
                more,
                seconds: (more * rounds_of_sitting) as f64 * pair.round_s,
            },
        })
    }

    fn not_significant(&self, count: Count, adjusted: f64) -> Unsure {
        let comparisons = self.comparisons;
        match count {
            Count::Trials {
                contender,
                baseline,
            } if !can_be_significant(contender, baseline, comparisons) => Unsure::TooFewForFamily {
                trials: contender.min(baseline),
                comparisons,
                needed: fewest_blocks(comparisons, baseline > contender),
            },
            Count::Rounds(rounds) if rounds < fewest_rounds(comparisons) => {
                Unsure::TooFewRoundsForFamily {
                    rounds,
                    comparisons,
                    needed: fewest_rounds(comparisons),
                }
            }
            Count::Trials { .. } | Count::Rounds(_) | Count::Sittings(_) => {
                Unsure::OneOfMany { adjusted }
            }
        }
    }
}

fn too_few(count: Count) -> Unsure {
    match count {
        Count::Trials {
            contender,
            baseline,
        } => Unsure::TooFew {
            trials: contender.min(baseline),
        },
        Count::Rounds(rounds) | Count::Sittings(rounds) => Unsure::TooFewRounds {
            rounds,
            needed: FEWEST_ROUNDS,
        },
    }
}

#[cfg(test)]
mod tests;
