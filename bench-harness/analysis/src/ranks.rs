//! Compares two groups of trials by rank: how often one is above the other, and how probable that is by chance.
//!
//! Sources: H. B. Mann and D. R. Whitney, "On a test of whether one of two random variables is stochastically larger than
//! the other", 1947; for ties B. Streitberg and J. Röhmel, "Exact distributions for permutation and rank tests", 1986,
//! the shift algorithm that R's `coin::wilcox_test(distribution = "exact")` uses too. `statrs` has the test too, but it
//! enumerates every order, which is too slow above 12 trials each, and it accepts no ties.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use statrs::distribution::{ContinuousCDF as _, Normal};

/// Number of trials of both groups up to which p is exact if there are ties. Above, it comes from the tie-corrected
/// normal distribution with continuity correction. At 15 against 15 the two differ by less than 0.003.
const EXACT_WITH_TIES: usize = 30;
/// Number of pairs of trials up to which p is exact if there are no ties.
const EXACT_PAIRS: usize = 10_000;
/// Probability outside of a 95 % interval at each end.
pub const TAIL: f64 = 0.025;

/// Two groups compared by rank.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankTest {
    /// The share of pairs in which the value of the first group is the greater one; ties count half. It estimates
    /// P(A > B).
    pub superiority: f64,
    /// Two-sided p-value of the hypothesis that both come from the same distribution.
    pub p: f64,
}

/// Compares two groups by rank; `None` if one is empty or contains NaN.
pub fn rank_test(a: &[f64], b: &[f64]) -> Option<RankTest> {
    if a.is_empty() || b.is_empty() || a.iter().chain(b).any(|value| value.is_nan()) {
        return None;
    }
    let all: Vec<f64> = a.iter().chain(b).copied().collect();
    let (ranks, sizes) = doubled_ranks(&all);
    let doubled = ranks[..a.len()].iter().sum();
    let (p, superiority) = p_value(doubled, a.len(), b.len(), &sizes);
    Some(RankTest { superiority, p })
}

/// The middle rank of each value, doubled so that it is a whole number, in the order of the values; and how many values share each
/// rank, from the lowest rank.
pub fn doubled_ranks(values: &[f64]) -> (Vec<usize>, Vec<usize>) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&x, &y| values[x].total_cmp(&values[y]));
    let (mut ranks, mut sizes) = (vec![0; values.len()], Vec::new());
    let mut below = 0;
    for equal in order.chunk_by(|&x, &y| values[x].total_cmp(&values[y]).is_eq()) {
        for &index in equal {
            ranks[index] = 2 * below + equal.len() + 1;
        }
        below += equal.len();
        sizes.push(equal.len());
    }
    (ranks, sizes)
}

/// The p-value and the share of pairs of a sum of ranks, in a sample with ties of these sizes.
fn p_value(doubled: usize, m: usize, n: usize, ties: &[usize]) -> (f64, f64) {
    let u = (doubled as f64 - (m * (m + 1)) as f64) / 2.0;
    let p = match ties.iter().any(|&size| size > 1) {
        true if m + n <= EXACT_WITH_TIES => exact_with_ties(doubled, m, ties),
        false if m * n <= EXACT_PAIRS => exact(u as usize, m, n),
        _ => by_normal(u, m, n, ties),
    };
    (p.min(1.0), u / (m * n) as f64)
}

/// The smallest p-value for these numbers of trials: all values of one group are above all of the other.
pub fn smallest_p(m: usize, n: usize) -> f64 {
    match m * n {
        0 => 1.0,
        1..=EXACT_PAIRS => exact(0, m, n).min(1.0),
        _ => 0.0,
    }
}

/// Number of the `m * n` sorted differences that the 95 % interval drops at each end; `None` if even all of them do not
/// cover 95 %.
pub fn left_out(m: usize, n: usize) -> Option<usize> {
    if m * n == 0 {
        return None;
    }
    if m * n > EXACT_PAIRS {
        let reach = -quantile(TAIL) * spread(m, n, &[]);
        return Some(((m * n) as f64 / 2.0 - reach).floor() as usize);
    }
    let tails = tails(m, n);
    tails
        .iter()
        .take_while(|tail| **tail <= TAIL)
        .count()
        .checked_sub(1)
}

fn exact(u: usize, m: usize, n: usize) -> f64 {
    2.0 * tails(m, n)[u.min(m * n - u)]
}

/// The p-value with ties: the share of all assignments of ranks in which the sum of the first group is as far from its
/// mean.
fn exact_with_ties(doubled: usize, m: usize, ties: &[usize]) -> f64 {
    let total: usize = ties.iter().sum();
    let most = total * (total + 1);
    // ways[k][s]: number of ways to choose k ranks whose doubled sum is s.
    let mut ways = vec![vec![0.0_f64; most + 1]; m + 1];
    ways[0][0] = 1.0;
    let (mut below, mut reached) = (0, 0);
    for &size in ties {
        let rank = 2 * below + size + 1;
        let choices = binomials(size);
        for k in (1..=m.min(below + size)).rev() {
            let (less, from_k) = ways.split_at_mut(k);
            for chosen in 1..=size.min(k) {
                let (from, shift) = (&less[k - chosen], chosen * rank);
                for sum in 0..=reached.min(most - shift) {
                    from_k[0][sum + shift] += choices[chosen] * from[sum];
                }
            }
        }
        below += size;
        reached += size * rank;
    }
    let mean = m as f64 * (total + 1) as f64;
    let far = (doubled as f64 - mean).abs();
    let all: f64 = ways[m].iter().sum();
    let as_far = |(sum, _): &(usize, &f64)| (*sum as f64 - mean).abs() >= far - 1e-9;
    let extreme: f64 = ways[m]
        .iter()
        .enumerate()
        .filter(as_far)
        .map(|(_, w)| w)
        .sum();
    extreme / all
}

fn binomials(n: usize) -> Vec<f64> {
    let next = |row: &mut f64, k: usize| {
        let current = *row;
        *row *= (n - k) as f64 / (k + 1) as f64;
        Some(current.round())
    };
    (0..=n).scan(1.0, next).collect()
}

fn by_normal(u: f64, m: usize, n: usize, ties: &[usize]) -> f64 {
    let spread = spread(m, n, ties);
    if spread == 0.0 {
        return 1.0; // all values are the same
    }
    let off = ((u - (m * n) as f64 / 2.0).abs() - 0.5).max(0.0);
    2.0 * Normal::standard().sf(off / spread)
}

/// Standard deviation of the statistic.
fn spread(m: usize, n: usize, ties: &[usize]) -> f64 {
    let all = (m + n) as f64;
    let cubes: f64 = ties.iter().map(|&t| (t as f64).powi(3) - t as f64).sum();
    let correction = if cubes > 0.0 {
        cubes / (all * (all - 1.0))
    } else {
        0.0
    };
    ((m * n) as f64 / 12.0 * (all + 1.0 - correction))
        .max(0.0)
        .sqrt()
}

/// The quantile of the standard normal distribution.
pub fn quantile(share: f64) -> f64 {
    Normal::standard().inverse_cdf(share)
}

/// The probability that the Mann-Whitney statistic is at most 0, 1, 2, … `m * n` if there are no ties. Thousands of
/// comparisons of a run have the same few numbers of trials, so each table is cached.
fn tails(m: usize, n: usize) -> Rc<[f64]> {
    type Tables = RefCell<BTreeMap<(usize, usize), Rc<[f64]>>>;
    thread_local!(static KEPT: Tables = const { RefCell::new(BTreeMap::new()) });
    let key = (m.min(n), m.max(n));
    let make = || {
        let counts = arrangements(key.0, key.1);
        let all: f64 = counts.iter().sum();
        let sums = counts.iter().scan(0.0, |sum, count| {
            *sum += count;
            Some(*sum / all)
        });
        sums.collect()
    };
    KEPT.with_borrow_mut(|kept| Rc::clone(kept.entry(key).or_insert_with(make)))
}

/// Number of orders of `m` and `n` values in which the Mann-Whitney statistic is 0, 1, 2, … `m * n`.
fn arrangements(m: usize, n: usize) -> Vec<f64> {
    // The statistic's generating function is the Gaussian binomial: the product over i of (1 - q^(n+i)) / (1 - q^i).
    let mut counts = vec![0.0; m * n + 1];
    counts[0] = 1.0;
    for i in 1..=m {
        for u in (n + i..counts.len()).rev() {
            counts[u] -= counts[u - n - i];
        }
        for u in i..counts.len() {
            counts[u] += counts[u - i];
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9 * b.abs()
    }

    #[test]
    fn equal_values_share_the_middle_of_their_ranks() {
        let (ranks, sizes) = doubled_ranks(&[3.0, 1.0, 3.0, 2.0]);
        assert_eq!((ranks, sizes), (vec![7, 2, 7, 4], vec![1, 1, 2]));
    }

    #[test]
    fn orders_are_counted_as_in_the_tables() {
        assert_eq!(arrangements(2, 2), [1.0, 1.0, 2.0, 1.0, 1.0]);
        assert!(near(arrangements(5, 5).iter().sum(), 252.0));
        assert_eq!(binomials(4), [1.0, 4.0, 6.0, 4.0, 1.0]);
    }

    /// The critical values of the two-sided 5 % test in the usual tables: for 5 and 5 trials U = 2, for 10 and 10 U = 23.
    #[test]
    fn the_interval_leaves_out_what_the_tables_say() {
        assert_eq!(left_out(3, 3), None);
        assert_eq!(left_out(4, 4), Some(0));
        assert_eq!(left_out(5, 5), Some(2));
        assert_eq!(left_out(10, 10), Some(23));
        assert_eq!(left_out(20, 20), Some(127));
        assert_eq!(left_out(0, 5), None);
    }

    #[test]
    fn the_smallest_p_is_one_order_of_all() {
        assert!(near(smallest_p(5, 5), 2.0 / 252.0));
        assert!(near(smallest_p(6, 6), 2.0 / 924.0));
        assert!(near(smallest_p(1, 0), 1.0));
    }

    #[test]
    fn without_ties_both_ways_of_counting_agree() {
        let ties = vec![1; 9];
        for doubled in [20, 24, 30, 40, 52] {
            let u = (doubled - 20) / 2;
            let p = exact_with_ties(doubled, 4, &ties);
            assert!(near(p.min(1.0), exact(u, 4, 5).min(1.0)), "{doubled}");
        }
    }

    #[test]
    fn equal_groups_have_a_p_value_of_one() {
        for n in [3, 30] {
            let test = rank_test(&vec![7.0; n], &vec![7.0; n]).unwrap();
            assert_eq!((test.superiority, test.p), (0.5, 1.0));
        }
        assert_eq!(rank_test(&[], &[1.0]), None);
        assert_eq!(rank_test(&[f64::NAN], &[1.0]), None);
    }
}
