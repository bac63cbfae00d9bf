//! How much more one contender does than another, and how sure that is: the Hodges-Lehmann estimate with the exact
//! Mann-Whitney interval.
//!
//! Both take ranks and not sizes, so that one disturbed trial cannot pull the result. Sources: J. L. Hodges and E. L.
//! Lehmann, "Estimates of location based on rank tests", 1963; H. B. Mann and D. R. Whitney, "On a test of whether one
//! of two random variables is stochastically larger than the other", 1947; D. F. Bauer, "Constructing confidence sets
//! using rank statistics", 1972, which R's `wilcox.test(conf.int = TRUE)` computes too.

use serde::Serialize;

use super::estimate::median;

/// One contender's values divided by another's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ratio {
    /// The best estimate.
    pub estimate: f64,
    /// The interval that covers the true ratio with a probability of at least 95 %; `None` where there are too few
    /// trials to say so.
    pub interval: Option<(f64, f64)>,
}

/// The ratio `a / b` of two contenders, one value a trial; `None` where one of them has no positive value.
pub fn ratio(a: &[f64], b: &[f64]) -> Option<Ratio> {
    let logs = |values: &[f64]| {
        values
            .iter()
            .filter(|x| **x > 0.0)
            .map(|x| x.ln())
            .collect::<Vec<_>>()
    };
    let (a, b) = (logs(a), logs(b));
    let mut differences: Vec<f64> = a
        .iter()
        .flat_map(|x| b.iter().map(move |y| x - y))
        .collect();
    differences.sort_by(f64::total_cmp);
    let skip = skipped(a.len(), b.len());
    let interval = skip.map(|skip| {
        (
            differences[skip].exp(),
            differences[differences.len() - 1 - skip].exp(),
        )
    });
    Some(Ratio {
        estimate: median(&differences)?.exp(),
        interval,
    })
}

/// How many differences the 95 % interval leaves out at each end, or `None` where even all of them do not cover 95 %.
fn skipped(m: usize, n: usize) -> Option<usize> {
    let counts = arrangements(m, n);
    let all: f64 = counts.iter().sum();
    let mut tail = 0.0;
    let within = |count: &&f64| {
        tail += **count / all;
        tail <= 0.025
    };
    counts.iter().take_while(within).count().checked_sub(1)
}

/// In how many orders of `m` and `n` values the Mann-Whitney statistic is 0, 1, 2, … `m * n`.
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
    fn orders_are_counted_as_in_the_tables() {
        assert_eq!(arrangements(2, 2), [1.0, 1.0, 2.0, 1.0, 1.0]);
        assert!(near(arrangements(5, 5).iter().sum(), 252.0));
    }

    /// The critical values of the two-sided 5 % test in the usual tables: for 5 and 5 trials U = 2, for 10 and 10 U = 23.
    #[test]
    fn the_interval_leaves_out_what_the_tables_say() {
        assert_eq!(skipped(3, 3), None);
        assert_eq!(skipped(4, 4), Some(0));
        assert_eq!(skipped(5, 5), Some(2));
        assert_eq!(skipped(10, 10), Some(23));
        assert_eq!(skipped(20, 20), Some(127));
    }

    /// Differences of 1, 2, 3, 4, 5 and 11, 12, 13, 14, 15 are 6 to 14 with counts 1 2 3 4 5 4 3 2 1: U = 2 leaves out
    /// the lowest two and the highest two, so that the interval is 7 to 13.
    #[test]
    fn a_known_shift_is_found() {
        let exp = |values: [f64; 5]| values.map(f64::exp);
        let found = ratio(
            &exp([11.0, 12.0, 13.0, 14.0, 15.0]),
            &exp([1.0, 2.0, 3.0, 4.0, 5.0]),
        )
        .unwrap();
        let (low, high) = found.interval.unwrap();
        assert!(near(found.estimate.ln(), 10.0), "{found:?}");
        assert!(near(low.ln(), 7.0) && near(high.ln(), 13.0), "{found:?}");
    }

    #[test]
    fn one_wild_trial_does_not_move_the_estimate_much() {
        let calm = [100.0, 101.0, 99.0, 100.0, 102.0];
        let wild = [100.0, 101.0, 99.0, 100.0, 10.0];
        let found = ratio(&wild, &calm).unwrap();
        assert!((0.97..1.01).contains(&found.estimate), "{found:?}");
    }

    #[test]
    fn three_trials_are_too_few_for_an_interval() {
        let found = ratio(&[2.0, 2.0, 2.0], &[1.0, 1.0, 1.0]).unwrap();
        assert_eq!(
            found,
            Ratio {
                estimate: 2.0,
                interval: None
            }
        );
        assert_eq!(ratio(&[], &[1.0]), None);
    }
}
