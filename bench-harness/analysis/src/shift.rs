//! The ratio of two contenders: the Hodges-Lehmann estimate with the exact Mann-Whitney interval.
//!
//! Both depend on ranks, so that one disturbed trial cannot pull the result. Sources: J. L. Hodges and E. L.
//! Lehmann, "Estimates of location based on rank tests", 1963; D. F. Bauer, "Constructing confidence sets using rank
//! statistics", 1972, which R's `wilcox.test(conf.int = TRUE)` computes too. With ties the interval is wider than
//! necessary.

use serde::Serialize;

use crate::ranks::left_out;

/// The values of one contender divided by those of another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ratio {
    /// The best estimate.
    pub estimate: f64,
    /// The interval that covers the true ratio with at least 95 %; `None` if there are too few trials.
    pub interval: Option<(f64, f64)>,
}

/// The centre of some values, on their own scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Centre {
    /// The best estimate.
    pub estimate: f64,
    /// The interval that covers the true centre with at least 95 %; `None` if there are too few values.
    pub interval: Option<(f64, f64)>,
}

impl Centre {
    /// The ratio whose logarithm this is.
    pub(crate) fn exp(self) -> Ratio {
        Ratio {
            estimate: self.estimate.exp(),
            interval: self.interval.map(|(low, high)| (low.exp(), high.exp())),
        }
    }
}

impl Ratio {
    /// Half the width of the interval, as a share: 0.05 for ±5 %.
    pub fn half_width(&self) -> Option<f64> {
        self.interval.map(|(low, high)| (high / low).sqrt() - 1.0)
    }
}

/// The ratio `a / b` of two contenders, one value per trial; `None` if a value is not above zero.
pub fn ratio(a: &[f64], b: &[f64]) -> Option<Ratio> {
    let logs = |values: &[f64]| -> Option<Vec<f64>> {
        let log = |x: &f64| (*x > 0.0 && x.is_finite()).then(|| x.ln());
        values.iter().map(log).collect()
    };
    ratio_of_logs(&logs(a)?, &logs(b)?)
}

/// The ratio of two contenders from the logarithms of their values; `None` if there are none.
pub fn ratio_of_logs(a: &[f64], b: &[f64]) -> Option<Ratio> {
    let pairs = a.iter().flat_map(|x| b.iter().map(move |y| x - y));
    let centre = middle(pairs.collect(), left_out(a.len(), b.len()))?;
    Some(centre.exp())
}

/// The median of values, and the interval that drops `left_out` of them at each end; `None` if there are none.
pub(crate) fn middle(mut values: Vec<f64>, left_out: Option<usize>) -> Option<Centre> {
    let last = values.len().checked_sub(1)?;
    // Only the middle and two ends are needed, so a full sort would waste time.
    let mut nth = |index: usize| *values.select_nth_unstable_by(index, f64::total_cmp).1;
    Some(Centre {
        estimate: f64::midpoint(nth(last / 2), nth(last.div_ceil(2))),
        interval: left_out.map(|skip| (nth(skip), nth(last - skip))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9 * b.abs()
    }

    /// Differences of 1, 2, 3, 4, 5 and 11, 12, 13, 14, 15 are 6 to 14 with counts 1 2 3 4 5 4 3 2 1: U = 2 drops the
    /// lowest two and the highest two, so the interval is 7 to 13.
    #[test]
    fn a_known_shift_is_found() {
        let exp = |values: [f64; 5]| values.map(f64::exp);
        let result = ratio(
            &exp([11.0, 12.0, 13.0, 14.0, 15.0]),
            &exp([1.0, 2.0, 3.0, 4.0, 5.0]),
        )
        .unwrap();
        let (low, high) = result.interval.unwrap();
        assert!(near(result.estimate.ln(), 10.0), "{result:?}");
        assert!(near(low.ln(), 7.0) && near(high.ln(), 13.0), "{result:?}");
        assert!(near(result.half_width().unwrap(), 3_f64.exp() - 1.0));
    }

    #[test]
    fn an_outlier_hardly_moves_the_estimate() {
        let calm = [100.0, 101.0, 99.0, 100.0, 102.0];
        let wild = [100.0, 101.0, 99.0, 100.0, 10.0];
        let result = ratio(&wild, &calm).unwrap();
        assert!((0.97..1.01).contains(&result.estimate), "{result:?}");
    }

    #[test]
    fn three_trials_are_too_few_for_an_interval() {
        let result = ratio(&[2.0, 2.0, 2.0], &[1.0, 1.0, 1.0]).unwrap();
        let two = Ratio {
            estimate: 2.0,
            interval: None,
        };
        assert_eq!(result, two);
    }

    #[test]
    fn zeros_and_empty_groups_have_no_ratio() {
        assert_eq!(ratio(&[], &[1.0]), None);
        assert_eq!(ratio(&[1.0, 0.0], &[1.0]), None);
        assert_eq!(ratio(&[1.0], &[f64::INFINITY]), None);
    }
}
