//! Compares pairs by rank: the Wilcoxon signed rank test of the hypothesis that differences are symmetric around zero.
//!
//! Sources: F. Wilcoxon, "Individual comparisons by ranking methods", 1945; for zeros J. W. Pratt, "Remarks on zeros and ties in
//! the Wilcoxon signed rank procedures", 1959. Pratt ranks zeros with the other differences and then drops their ranks. Wilcoxon
//! dropped them before ranking, which throws away evidence that the two sides are equal: Pratt shows samples that become
//! significant when every difference gets smaller. Differences of equal size share the middle of their ranks. Given these
//! ranks, every combination of signs is equally probable, so p is exact with ties and zeros too, as
//! `scipy.stats.wilcoxon(d, zero_method="pratt", method=PermutationMethod(n_resamples=np.inf))` computes it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use statrs::distribution::{ContinuousCDF as _, Normal};

use crate::ranks::{TAIL, doubled_ranks, quantile};

/// Number of differences up to which p and the interval are exact. Above, they come from the normal distribution with continuity
/// correction. At 200 the two p-values differ by less than 0.0005.
const EXACT: usize = 200;

/// Differences compared with zero by rank.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SignedRankTest {
    /// The share of differences above zero; zeros count half.
    pub superiority: f64,
    /// Two-sided p-value of the hypothesis that differences are symmetric around zero.
    pub p: f64,
}

/// Compares differences with zero by rank; `None` if there are none or one is NaN.
pub fn signed_rank_test(differences: &[f64]) -> Option<SignedRankTest> {
    if differences.is_empty() || differences.iter().any(|value| value.is_nan()) {
        return None;
    }
    let sizes: Vec<f64> = differences.iter().map(|value| value.abs()).collect();
    let (ranks, ties) = doubled_ranks(&sizes);
    let ranked = || differences.iter().zip(&ranks);
    let kept: Vec<usize> = ranked().filter(|(d, _)| **d != 0.0).map(pick).collect();
    let positive: Vec<usize> = ranked().filter(|(d, _)| **d > 0.0).map(pick).collect();
    let sum = positive.iter().sum();
    let is_plain = kept.len() == differences.len() && ties.len() == differences.len();
    let p = match differences.len() {
        n if n > EXACT => by_normal(sum, &kept),
        n if is_plain => exact(sum / 2, n),
        _ => exact_with_ties(sum, &kept),
    };
    let zeros = differences.len() - kept.len();
    Some(SignedRankTest {
        superiority: (positive.len() as f64 + zeros as f64 / 2.0) / differences.len() as f64,
        p: p.min(1.0),
    })
}

fn pick((_, rank): (&f64, &usize)) -> usize {
    *rank
}

/// The smallest p-value for this number of differences: all have the same sign.
pub fn smallest_p(n: usize) -> f64 {
    0.5_f64.powi(n.saturating_sub(1) as i32)
}

/// Number of the `n(n + 1)/2` sorted Walsh averages that the 95 % interval drops at each end; `None` if even all of them do not
/// cover 95 %, which takes 6 differences.
pub fn left_out(n: usize) -> Option<usize> {
    if n > EXACT {
        return Some(left_out_by_normal(n));
    }
    let tails = tails(n);
    let drops = tails.iter().take_while(|tail| **tail <= TAIL).count();
    drops.checked_sub(1)
}

fn left_out_by_normal(n: usize) -> usize {
    let n = n as f64;
    let spread = (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0).sqrt();
    (n * (n + 1.0) / 4.0 + quantile(TAIL) * spread - 0.5).floor() as usize
}

/// The p-value of a sum of the ranks 1 to n.
fn exact(sum: usize, n: usize) -> f64 {
    2.0 * tails(n)[sum.min(n * (n + 1) / 2 - sum)]
}

/// The p-value of a doubled sum among all sums that these doubled ranks can have.
fn exact_with_ties(doubled: usize, ranks: &[usize]) -> f64 {
    let total: usize = ranks.iter().sum();
    let least = doubled.min(total - doubled);
    2.0 * distribution(ranks)[..=least].iter().sum::<f64>()
}

fn by_normal(doubled: usize, ranks: &[usize]) -> f64 {
    let total: usize = ranks.iter().sum();
    let squares: f64 = ranks.iter().map(|&rank| (rank as f64).powi(2)).sum();
    if squares == 0.0 {
        return 1.0; // all differences are zero
    }
    // Ranks are doubled, and so is the continuity correction.
    let off = ((doubled as f64 - total as f64 / 2.0).abs() - 1.0).max(0.0);
    2.0 * Normal::standard().sf(off / (squares.sqrt() / 2.0))
}

/// The probability that the sum of positive ranks is at most 0, 1, 2, … half of all if there are no ties; the other half is its
/// mirror image. Many comparisons of a run have the same few numbers of rounds, so each table is cached.
fn tails(n: usize) -> Rc<[f64]> {
    type Tables = RefCell<BTreeMap<usize, Rc<[f64]>>>;
    thread_local!(static KEPT: Tables = const { RefCell::new(BTreeMap::new()) });
    let make = || {
        let ranks: Vec<usize> = (1..=n).collect();
        let shares = distribution(&ranks);
        let half = shares.len().div_ceil(2);
        let sums = shares[..half].iter().scan(0.0, |sum, share| {
            *sum += share;
            Some(*sum)
        });
        sums.collect()
    };
    KEPT.with_borrow_mut(|kept| Rc::clone(kept.entry(n).or_insert_with(make)))
}

/// The probability that the sum of positive ranks is 0, 1, 2, …: each rank is positive or not with probability 1/2.
fn distribution(ranks: &[usize]) -> Vec<f64> {
    let total: usize = ranks.iter().sum();
    let mut shares = vec![0.0; total + 1];
    shares[0] = 1.0;
    let mut reached = 0;
    for &rank in ranks {
        reached += rank;
        for sum in (0..=reached).rev() {
            let before = if sum >= rank { shares[sum - rank] } else { 0.0 };
            shares[sum] = f64::midpoint(shares[sum], before);
        }
    }
    shares
}

#[cfg(test)]
mod tests;
