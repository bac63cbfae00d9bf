//! The word about two contenders: faster, slower, equivalent, inconclusive, or none.
//!
//! The rule, for all models against the baseline under one load and in one figure (the *family*):
//!
//! 1. The 95 % interval of the ratio is held against a zone of 5 % around 1 that matters to nobody. Beyond it: faster or
//!    slower. Within it: equivalent. Everything else: inconclusive. (D. L. Schuirmann, 1987, for equivalence, with the 95 %
//!    and not the usual 90 % interval; K. R. Murphy and B. Myors, 1999, for differences that are not only real but matter.)
//! 2. *Faster* and *slower* need, besides, that the exact Mann-Whitney test finds a difference at 5 % after Holm's correction
//!    for the size of the family (S. Holm, "A simple sequentially rejective multiple test procedure", 1979): the chance of
//!    even one such word among equal servers stays under 5 %. The families of other loads and figures are questions of
//!    their own.
//! 3. No word at all where the trials cannot carry one: see [`Bar`]. Where the generator was at its limit on one side only, that
//!    side's throughput is known to be *at least* what was measured: the word that this makes truer still is said.
//! 4. The baseline and its twin are the same server: where they do not differ (see `Summary::untrusted`), the trials of both are the
//!    baseline's. Five blocks then decide up to 75 comparisons at once, where they would decide 6.
//! 5. A comparison with another baseline than the plan's (`Summary::against`) has words too, and the control is still that of the plan:
//!    it asks whether this machine, in this run and under this load, measures two equal servers alike, and all servers took turns in
//!    the same shuffled blocks, so that whatever disturbs one may disturb any. It says nothing about the other baseline's own
//!    trials; but how much those scatter is in its interval, and the rank test asks nothing else of them. Only its own trials count,
//!    since the twin's are another server's: six blocks decide up to 23 comparisons. Each baseline is a family of its own for Holm's
//!    correction: 5 % is the chance of a false word against one of them, and greater for whoever looks through several.

use std::fmt;

use record::number::{counted, significant};
use serde::Serialize;

use super::metric::Metric;
use super::ranks::{rank_test, smallest_p};
use super::shift::{Ratio, ratio};

/// Differences within this factor matter to nobody.
pub const INDIFFERENT: f64 = 1.05;
/// Fewer blocks, or trials of one side, have no 95 % interval.
pub(super) const FEWEST_BLOCKS: usize = 4;
/// Blocks that decide more comparisons than any run has.
const MOST_BLOCKS: usize = 30;
/// The chance of a false word in a family that is accepted.
const LEVEL: f64 = 0.05;

/// One figure of one contender held against the baseline's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// Its value divided by the baseline's.
    #[serde(flatten)]
    pub ratio: Ratio,
    /// The share of pairs of trials in which its value is the greater one: an estimate of P(A > B).
    pub superiority: f64,
    /// Two-sided p-value of the exact Mann-Whitney test.
    pub p: f64,
    /// The same after Holm's correction for all models that are compared.
    pub adjusted: f64,
    /// What may be said.
    pub verdict: Verdict,
}

/// What may be said about a contender and the baseline.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "word", content = "because", rename_all = "kebab-case")]
pub enum Verdict {
    /// Clearly and noticeably better.
    Better,
    /// Clearly and noticeably worse.
    Worse,
    /// Less than 5 % apart.
    Equivalent,
    /// The trials do not tell.
    Inconclusive(Unsure),
    /// The trials must not be asked.
    Barred(Bar),
    /// It is the baseline once more: a test of the measurement, not of a model.
    Control,
}

/// Why trials do not tell.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unsure {
    /// So few trials have no 95 % interval.
    TooFew {
        /// Trials of the side that has fewer.
        trials: usize,
    },
    /// Even the clearest outcome of so few trials would not count among so many comparisons.
    TooFewForFamily {
        /// Trials of the side that has fewer.
        trials: usize,
        /// Models compared with the baseline.
        comparisons: usize,
        /// Trials that would do.
        needed: usize,
    },
    /// The interval reaches across the border of the zone.
    Wide {
        /// Its half-width as a share.
        half_width: f64,
    },
    /// The interval is beyond the zone, but so it would be by chance for one of so many models.
    OneOfMany {
        /// The p-value after Holm's correction.
        adjusted: f64,
    },
}

/// Why a comparison carries no verdict, whatever its figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bar {
    /// No server was compared with itself.
    NoControl,
    /// The baseline differs from itself.
    Control {
        /// The interval of that ratio.
        interval: (f64, f64),
    },
    /// Another program disturbed trials that had to be kept.
    Disturbed {
        /// How many, of both sides.
        trials: usize,
    },
    /// The generator, not the server, set the pace, or was wrong about it.
    Generator {
        /// How many trials, of both sides.
        trials: usize,
    },
    /// The capacity lies above every rate that was tried, who knows how far.
    AboveRange {
        /// In how many trials, of both sides.
        trials: usize,
    },
    /// Some trials failed, and those that are left may be the lucky ones.
    Failed {
        /// How many, of both sides.
        trials: usize,
    },
    /// Some clients were never served or were refused: the others had it easy.
    LeftOut,
}

/// One comparison that waits for its word.
#[derive(Clone, Debug)]
pub struct Pair<'a> {
    /// The contender's values, one a trial.
    pub own: &'a [f64],
    /// The baseline's.
    pub base: &'a [f64],
    /// Why there is no word, if so.
    pub bar: Option<Bar>,
    /// Whether the contender left clients out, so that nothing good can be said.
    pub left_out: bool,
    /// Whose value is only known to be at least so good as measured, and in how many trials.
    pub at_least: Option<(Side, usize)>,
}

/// One side of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The contender.
    Own,
    /// The baseline.
    Base,
}

/// Judges a family: all comparisons of one figure with the baseline. One answer a pair; `None` where a value is not above
/// zero, so that there is no ratio. Comparisons without a verdict still count for Holm's correction: they were asked.
pub fn judge(metric: Metric, pairs: &[Pair]) -> Vec<Option<Compared>> {
    let measured =
        |pair: &Pair| Some((ratio(pair.own, pair.base)?, rank_test(pair.own, pair.base)?));
    let found: Vec<_> = pairs.iter().map(measured).collect();
    let ps: Vec<f64> = found.iter().flatten().map(|(_, test)| test.p).collect();
    let mut adjusted = holm(&ps).into_iter();
    let word = |(pair, found): (&Pair, Option<(Ratio, super::ranks::RankTest)>)| {
        let (ratio, test) = found?;
        let adjusted = adjusted.next()?;
        let word = verdict(metric, pair, &ratio, adjusted, ps.len());
        Some(Compared {
            verdict: pair.unless_it_is_better(word),
            ratio,
            superiority: test.superiority,
            p: test.p,
            adjusted,
        })
    };
    pairs.iter().zip(found).map(word).collect()
}

impl Pair<'_> {
    /// What remains of a word where one side may be better than it was measured.
    fn unless_it_is_better(&self, word: Verdict) -> Verdict {
        match (self.at_least, &word) {
            (None, _)
            | (_, Verdict::Barred(_) | Verdict::Inconclusive(_))
            | (Some((Side::Own, _)), Verdict::Better)
            | (Some((Side::Base, _)), Verdict::Worse) => word,
            (Some((_, trials)), _) => Verdict::Barred(Bar::Generator { trials }),
        }
    }
}

fn verdict(
    metric: Metric,
    pair: &Pair,
    ratio: &Ratio,
    adjusted: f64,
    comparisons: usize,
) -> Verdict {
    if let Some(bar) = &pair.bar {
        return Verdict::Barred(bar.clone());
    }
    let trials = pair.own.len().min(pair.base.len());
    let Some((low, high)) = ratio.interval else {
        return Verdict::Inconclusive(Unsure::TooFew { trials });
    };
    if low >= 1.0 / INDIFFERENT && high <= INDIFFERENT {
        return Verdict::Equivalent;
    }
    let more = low > INDIFFERENT;
    if !more && high >= 1.0 / INDIFFERENT {
        let half_width = ratio.half_width().unwrap_or(f64::INFINITY);
        return Verdict::Inconclusive(Unsure::Wide { half_width });
    }
    if adjusted > LEVEL {
        return Verdict::Inconclusive(among_many(pair, adjusted, comparisons));
    }
    match more == metric.more_is_better() {
        true if pair.left_out => Verdict::Barred(Bar::LeftOut),
        true => Verdict::Better,
        false => Verdict::Worse,
    }
}

fn among_many(pair: &Pair, adjusted: f64, comparisons: usize) -> Unsure {
    let could =
        |trials: usize, other: usize| smallest_p(trials, other) * comparisons as f64 <= LEVEL;
    if could(pair.own.len(), pair.base.len()) {
        return Unsure::OneOfMany { adjusted };
    }
    let trials = pair.own.len().min(pair.base.len());
    let twin = pair.base.len() > pair.own.len();
    Unsure::TooFewForFamily {
        trials,
        comparisons,
        needed: fewest_blocks(comparisons, twin),
    }
}

/// p-values after Holm's correction, in the order given, as R's `p.adjust(p, "holm")` computes them.
pub fn holm(ps: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..ps.len()).collect();
    order.sort_by(|&a, &b| ps[a].total_cmp(&ps[b]));
    let mut adjusted = vec![1.0; ps.len()];
    let mut least = 0.0_f64;
    for (place, &index) in order.iter().enumerate() {
        least = least.max(ps[index] * (ps.len() - place) as f64).min(1.0);
        adjusted[index] = least;
    }
    adjusted
}

/// The smallest difference that a run of so many blocks is expected to find on a machine with neighbours, as a share, where so
/// many models are compared with the baseline; `None` where it finds none, whatever its size. Seen in trials of which 15 %
/// were disturbed: 40 % with 5 blocks, 20 % with 10. What a run found out about its own precision stands in its intervals.
pub fn detects(blocks: usize, comparisons: usize) -> Option<f64> {
    let decides = blocks >= fewest_blocks(comparisons, true);
    decides.then_some(if blocks < 10 { 0.4 } else { 0.2 })
}

/// The fewest blocks in which so many comparisons at once can have a verdict of faster or slower at all. With a twin of the
/// baseline, which doubles its trials: 4 for up to 12, 5 for up to 75. Without: 4 for one, 5 for up to 6, 6 for up to 23. Fewer
/// have no interval.
pub fn fewest_blocks(comparisons: usize, twin: bool) -> usize {
    let base = |blocks: usize| if twin { 2 * blocks } else { blocks };
    let could =
        |&blocks: &usize| smallest_p(blocks, base(blocks)) * comparisons.max(1) as f64 <= LEVEL;
    (FEWEST_BLOCKS..MOST_BLOCKS)
        .find(could)
        .unwrap_or(MOST_BLOCKS)
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

    /// Why there is no clear word, in a sentence without capital and full stop.
    pub fn because(&self) -> Option<String> {
        match self {
            Self::Inconclusive(unsure) => Some(unsure.to_string()),
            Self::Barred(bar) => Some(bar.to_string()),
            _ => None,
        }
    }
}

impl fmt::Display for Unsure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew { trials } => write!(
                f,
                "{} of each have no 95 % interval; measure 4 blocks or more with --blocks",
                counted(*trials, "trial")
            ),
            Self::TooFewForFamily {
                trials,
                comparisons,
                needed,
            } => write!(
                f,
                "{} of each cannot decide {comparisons} comparisons at once; compare fewer models, or measure {needed} blocks",
                counted(*trials, "trial")
            ),
            Self::Wide { half_width } => write!(
                f,
                "known to ±{} % only; measure more blocks, or longer with --duration",
                significant((half_width * 1000.0).round() / 10.0)
            ),
            Self::OneOfMany { adjusted } => write!(
                f,
                "among so many models one looks so by chance (p {} after Holm); measure more blocks",
                significant((adjusted * 1000.0).round() / 1000.0)
            ),
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoControl => f.write_str(
                "no server was compared with itself; measure again with a twin of the baseline",
            ),
            Self::Control {
                interval: (low, high),
            } => write!(
                f,
                "the baseline differs from itself [{low:.3}, {high:.3}]; measure again on a quieter machine, or more blocks"
            ),
            Self::Disturbed { trials } => write!(
                f,
                "other programs disturbed {} of this pair; close them and measure again",
                counted(*trials, "trial")
            ),
            Self::Generator { trials } => write!(
                f,
                "the generator was the bottleneck in {} of this pair; give it more CPUs",
                counted(*trials, "trial")
            ),
            Self::AboveRange { trials } => write!(
                f,
                "even the highest rate held in {} of this pair; give the generator more CPUs, or ask for a stricter --slo",
                counted(*trials, "trial")
            ),
            Self::Failed { trials } => write!(
                f,
                "{} of this pair failed; see the reasons in the table of everything",
                counted(*trials, "trial")
            ),
            Self::LeftOut => f.write_str(
                "clients were never served or were refused; compare it under fewer connections",
            ),
        }
    }
}

#[cfg(test)]
mod tests;
