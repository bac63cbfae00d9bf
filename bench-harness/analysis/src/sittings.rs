//! Rounds in several sittings: if sittings differ more than their rounds predict, the sitting is the unit, else the round.
//!
//! Where the threads of a server run, and how they fall into step, is decided at its start. For such a design one long sitting
//! is precisely wrong: its interval is narrow, and the next start gives another ratio. Sources: W. H. Kruskal and W. A.
//! Wallis, "Use of ranks in one-criterion variance analysis", 1952; S. R. Searle, G. Casella and C. E. McCulloch,
//! *Variance Components*, 1992, sec. 3.6, for the parts of the variance; Student, "The probable error of a mean", 1908.
//!
//! There are two levels, because the two mistakes cost differently. "Differs from start to start" is a finding, and a false one
//! misleads. To take the sitting as unit is a precaution: a needless one makes the interval about twice as wide. Where the
//! test overlooks a difference, the interval over rounds is too narrow. T. A. Bancroft, "Analysis and inference for
//! incompletely specified models involving the use of preliminary test(s) of significance", 1964, advises a level of 25 % for
//! such a preliminary test.
//!
//! What the 95 % interval of five sittings of six rounds covers (20,000 simulated as in `calibration`):
//!
//! | level of the choice | sittings scatter as much as rounds | worst of scatters from 0 to 2 times that of rounds |
//! |---|---|---|
//! | rounds alone | 69 % | 58 % |
//! | 1 % | 83 % | 82 % |
//! | 5 % | 90 % | 87 % |
//! | 10 % | 92 % | 90 % |
//! | 20 % | 94 % | 92 % |
//!
//! In all functions a group holds the logarithms of the ratios of the rounds of one sitting.

use serde::Serialize;
use statrs::distribution::{ChiSquared, ContinuousCDF as _, StudentsT};

use crate::paired::paired_ratio;
use crate::ranks::{TAIL, doubled_ranks};
use crate::shift::Ratio;
use crate::signed_ranks::signed_rank_test;

/// The chance that equal sittings are said to differ. A run makes this test in about sixty cells, so that 5 % would be three false
/// findings in every run.
pub const FINDING_LEVEL: f64 = 0.01;
/// The chance that the interval over sittings is taken although sittings are equal. See the head of this file.
pub const UNIT_LEVEL: f64 = 0.1;
/// Fewer sittings say nothing about how sittings differ.
const FEWEST_SITTINGS: usize = 3;
/// A sitting of one round says nothing about how rounds differ.
const FEWEST_ROUNDS: usize = 2;

/// What a comparison takes as its independent values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replicate {
    /// The log ratio of each round.
    Round,
    /// The mean log ratio of each sitting, because sittings seem to differ more than their rounds predict.
    Sitting,
}

/// How sittings differ.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The statistic of the Kruskal-Wallis test, corrected for ties.
    pub h: f64,
    /// The p-value of the hypothesis that all sittings have the same distribution of rounds.
    pub p: f64,
    /// Standard deviation of the true log ratios of sittings.
    pub between: f64,
    /// Standard deviation of the log ratios of rounds within a sitting.
    pub within: f64,
}

impl Difference {
    /// True if sittings differ so clearly that a report may say so: "differs from start to start".
    pub fn is_significant(&self) -> bool {
        self.p <= FINDING_LEVEL
    }
}

/// A contender compared with the baseline in rounds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairedSummary {
    /// The contender's value divided by the baseline's.
    pub ratio: Ratio,
    /// Two-sided p-value: of the exact signed rank test over rounds, or of Student's t-test over sittings.
    pub p: f64,
    /// The share of rounds in which the contender's value is the greater one; ties count half.
    pub superiority: f64,
    /// Number of rounds.
    pub rounds: usize,
    /// Number of sittings with rounds.
    pub sittings: usize,
    /// What the ratio and p take as independent values.
    pub unit: Replicate,
    /// The ratio of each sitting with rounds, in the order of the sittings.
    pub per_sitting: Vec<f64>,
    /// How the sittings differ; `None` if they are too few to tell.
    pub difference: Option<Difference>,
}

impl PairedSummary {
    /// Number of independent values behind the ratio.
    pub const fn replicates(&self) -> usize {
        match self.unit {
            Replicate::Round => self.rounds,
            Replicate::Sitting => self.sittings,
        }
    }

    /// The lowest and the highest ratio of a sitting: "differs from start to start: 1.45 to 2.09".
    pub fn range(&self) -> (f64, f64) {
        let ratios = || self.per_sitting.iter().copied();
        let low = ratios().fold(f64::INFINITY, f64::min);
        (low, ratios().fold(0.0, f64::max))
    }
}

/// Summarises the rounds of a comparison; `None` if there are none, or if a value is not finite.
pub fn summarise(groups: &[Vec<f64>]) -> Option<PairedSummary> {
    let logs = groups.concat();
    let difference = differ(groups);
    let test = signed_rank_test(&logs)?;
    let over_sittings = match unit(difference.as_ref()) {
        Replicate::Sitting => by_sitting(groups),
        Replicate::Round => None,
    };
    let (ratio, p, unit) = match over_sittings {
        Some((ratio, p)) => (ratio, p, Replicate::Sitting),
        None => (paired_ratio(&logs)?, test.p, Replicate::Round),
    };
    let per_sitting: Vec<f64> = means(groups).into_iter().map(f64::exp).collect();
    Some(PairedSummary {
        ratio,
        p,
        superiority: test.superiority,
        rounds: logs.len(),
        sittings: per_sitting.len(),
        unit,
        per_sitting,
        difference,
    })
}

/// What a comparison of these rounds takes as its independent values.
pub fn replicate(groups: &[Vec<f64>]) -> Replicate {
    unit(differ(groups).as_ref())
}

fn unit(difference: Option<&Difference>) -> Replicate {
    match difference {
        Some(difference) if difference.p <= UNIT_LEVEL => Replicate::Sitting,
        Some(_) | None => Replicate::Round,
    }
}

/// Tests if sittings differ more than their rounds predict, by the Kruskal-Wallis test; `None` if a value is not finite, or if there
/// are fewer than three sittings of at least two rounds. Shorter sittings are left out.
pub fn differ(groups: &[Vec<f64>]) -> Option<Difference> {
    let groups: Vec<&[f64]> = groups
        .iter()
        .map(Vec::as_slice)
        .filter(|group| group.len() >= FEWEST_ROUNDS)
        .collect();
    let are_finite = groups.iter().copied().flatten().all(|log| log.is_finite());
    if groups.len() < FEWEST_SITTINGS || !are_finite {
        return None;
    }
    let h = kruskal_wallis(&groups);
    let (between, within) = variances(&groups);
    Some(Difference {
        h,
        p: ChiSquared::new((groups.len() - 1) as f64).ok()?.sf(h),
        between: between.sqrt(),
        within: within.sqrt(),
    })
}

/// The ratio and its p-value with the sitting as unit: Student's t over the sittings' mean log ratios, whatever their numbers of
/// rounds; `None` for fewer than three sittings with rounds, or if a value is not finite.
pub fn by_sitting(groups: &[Vec<f64>]) -> Option<(Ratio, f64)> {
    let means = means(groups);
    if means.len() < FEWEST_SITTINGS || means.iter().any(|mean| !mean.is_finite()) {
        return None;
    }
    let count = means.len() as f64;
    let middle = mean(&means);
    let error = (squares(&means) / (count - 1.0) / count).sqrt();
    let student = StudentsT::new(0.0, 1.0, count - 1.0).ok()?;
    let reach = -student.inverse_cdf(TAIL) * error;
    let ratio = Ratio {
        estimate: middle.exp(),
        interval: Some(((middle - reach).exp(), (middle + reach).exp())),
    };
    // Without any scatter the t-value is infinite, or not defined where the mean is zero too.
    let p = match middle.abs() / error {
        t if t.is_nan() => 1.0,
        t => 2.0 * student.sf(t),
    };
    Some((ratio, p))
}

/// The mean log ratio of each sitting that has rounds.
pub fn means(groups: &[Vec<f64>]) -> Vec<f64> {
    let with_rounds = groups.iter().filter(|group| !group.is_empty());
    with_rounds.map(|group| mean(group)).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The sum of squared distances from the mean.
fn squares(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

/// The statistic of the Kruskal-Wallis test, corrected for ties, as in `scipy.stats.kruskal`.
fn kruskal_wallis(groups: &[&[f64]]) -> f64 {
    let (doubled, ties) = doubled_ranks(&groups.concat());
    let all = doubled.len() as f64;
    let mut first = 0;
    let mut spread = 0.0;
    for group in groups {
        let ranks = &doubled[first..first + group.len()];
        let sum = ranks.iter().sum::<usize>() as f64 / 2.0;
        spread += sum.powi(2) / group.len() as f64;
        first += group.len();
    }
    let cubes: f64 = ties.iter().map(|&t| (t as f64).powi(3) - t as f64).sum();
    let correction = 1.0 - cubes / (all.powi(3) - all);
    if correction <= 0.0 {
        return 0.0; // all values are the same
    }
    let h = 12.0 / (all * (all + 1.0)) * spread - 3.0 * (all + 1.0);
    (h / correction).max(0.0)
}

/// The parts of the variance between sittings and within them, from the mean squares of a one-way analysis of variance. The part
/// between sittings is zero where the estimate is below zero.
fn variances(groups: &[&[f64]]) -> (f64, f64) {
    let sizes = || groups.iter().map(|group| group.len() as f64);
    let (all, count): (f64, f64) = (sizes().sum(), groups.len() as f64);
    let inner: f64 = groups.iter().map(|group| squares(group)).sum();
    let outer = (squares(&groups.concat()) - inner) / (count - 1.0);
    let within = inner / (all - count);
    // The usual number of rounds of a sitting, where numbers differ.
    let rounds = (all - sizes().map(|size| size * size).sum::<f64>() / all) / (count - 1.0);
    (((outer - within) / rounds).max(0.0), within)
}

#[cfg(test)]
mod calibration;
#[cfg(test)]
mod tests;
