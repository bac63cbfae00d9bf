//! The rule that turns the trials of two contenders into a verdict.
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

use crate::family::{LEVEL, can_be_significant, fewest_blocks, holm};
use crate::metric::Metric;
use crate::ranks::{RankTest, rank_test};
use crate::shift::{Ratio, ratio};
use crate::verdict::{Bar, Compared, Unsure, Verdict};

/// Ratios within this factor of 1 count as equal, where the plan says nothing else: the indifference zone.
pub const INDIFFERENCE: f64 = 1.05;

/// One comparison to be judged.
#[derive(Clone, Debug)]
pub struct Pair<'a> {
    /// The contender's values, one a trial.
    pub contender: &'a [f64],
    /// The baseline's values.
    pub baseline: &'a [f64],
    /// Why there is no verdict, if so.
    pub bar: Option<Bar>,
    /// True if the contender left clients out, so that it cannot be called better.
    pub left_out: bool,
    /// The side whose value is only a lower bound, if one is.
    pub lower_bound: Option<LowerBound>,
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
pub fn judge(metric: Metric, zone: f64, pairs: &[Pair]) -> Vec<Option<Compared>> {
    let measure = |pair: &Pair| {
        let test = rank_test(pair.contender, pair.baseline)?;
        Some((ratio(pair.contender, pair.baseline)?, test))
    };
    let measured: Vec<_> = pairs.iter().map(measure).collect();
    let ps: Vec<f64> = measured.iter().flatten().map(|(_, test)| test.p).collect();
    let mut adjusted = holm(&ps).into_iter();
    let family = Family {
        metric,
        zone,
        comparisons: ps.len(),
    };
    let compare = |(pair, measured): (&Pair, Option<(Ratio, RankTest)>)| {
        let (ratio, test) = measured?;
        let adjusted = adjusted.next()?;
        let verdict = family.verdict(pair, &ratio, adjusted);
        Some(Compared {
            verdict: pair.cap_if_lower_bound(verdict),
            ratio,
            superiority: test.superiority,
            p: test.p,
            adjusted,
        })
    };
    pairs.iter().zip(measured).map(compare).collect()
}

impl Pair<'_> {
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

    /// Number of trials of the side that has fewer.
    fn fewest_trials(&self) -> usize {
        self.contender.len().min(self.baseline.len())
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
    fn verdict(&self, pair: &Pair, ratio: &Ratio, adjusted: f64) -> Verdict {
        if let Some(bar) = &pair.bar {
            return Verdict::Barred(bar.clone());
        }
        let Some((low, high)) = ratio.interval else {
            let trials = pair.fewest_trials();
            return Verdict::Inconclusive(Unsure::TooFew { trials });
        };
        if low >= 1.0 / self.zone && high <= self.zone {
            return Verdict::Equivalent;
        }
        let more = low > self.zone;
        if !more && high >= 1.0 / self.zone {
            let half_width = ratio.half_width().unwrap_or(f64::INFINITY);
            return Verdict::Inconclusive(Unsure::Wide { half_width });
        }
        if adjusted > LEVEL {
            return Verdict::Inconclusive(not_significant(pair, adjusted, self.comparisons));
        }
        match more == self.metric.more_is_better() {
            true if pair.left_out => Verdict::Barred(Bar::LeftOut),
            true => Verdict::Better,
            false => Verdict::Worse,
        }
    }
}

fn not_significant(pair: &Pair, adjusted: f64, comparisons: usize) -> Unsure {
    if can_be_significant(pair.contender.len(), pair.baseline.len(), comparisons) {
        return Unsure::OneOfMany { adjusted };
    }
    let has_twin = pair.baseline.len() > pair.contender.len();
    Unsure::TooFewForFamily {
        trials: pair.fewest_trials(),
        comparisons,
        needed: fewest_blocks(comparisons, has_twin),
    }
}

#[cfg(test)]
mod tests;
