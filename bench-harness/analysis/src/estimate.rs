//! The median, the range and the interval of the trials of a cell.

use serde::Serialize;
use statrs::distribution::{Binomial, DiscreteCDF as _};

/// A median with its range.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The median.
    pub median: f64,
    /// The lowest.
    pub low: f64,
    /// The highest.
    pub high: f64,
    /// The interval that covers the true median with at least 95 %; `None` for fewer than 6 trials.
    pub interval: Option<(f64, f64)>,
    /// One value per trial, in the order of the trials.
    pub values: Vec<f64>,
}

impl Estimate {
    /// Summarises the values of some trials; `None` if there are none.
    pub fn of(values: Vec<f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values
            .iter()
            .copied()
            .filter(|value| value.is_finite())
            .collect();
        sorted.sort_by(f64::total_cmp);
        let (&low, &high) = (sorted.first()?, sorted.last()?);
        Some(Self {
            median: median(&sorted)?,
            low,
            high,
            interval: median_interval(&sorted),
            values,
        })
    }
}

/// The median of sorted values: the middle one, or the mean of the two in the middle.
pub fn median(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

/// The interval that covers the true median with at least 95 %, whatever the distribution: the number of values below
/// the median has a binomial distribution, like heads among coin tosses. Source: W. J. Conover, *Practical
/// Nonparametric Statistics*, 3rd ed., sec. 3.2.
fn median_interval(sorted: &[f64]) -> Option<(f64, f64)> {
    let coin = Binomial::new(0.5, sorted.len() as u64).ok()?;
    let outside = (0..sorted.len() as u64)
        .take_while(|&k| coin.cdf(k) <= 0.025)
        .count();
    let skip = outside.checked_sub(1)?;
    Some((sorted[skip], sorted[sorted.len() - 1 - skip]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let odd = Estimate::of(vec![3.0, 1.0, 2.0]).unwrap();
        assert_eq!((odd.median, odd.low, odd.high), (2.0, 1.0, 3.0));
        assert_eq!(median(&[1.0, 4.0]), Some(2.5));
        assert_eq!(Estimate::of(vec![]), None);
    }

    /// From the usual table of the sign test: with 6 values the interval drops none at each end, with 10 values one,
    /// with 20 values five.
    #[test]
    fn the_interval_of_the_median_is_that_of_the_sign_test() {
        let interval = |n: i32| {
            Estimate::of((1..=n).map(f64::from).collect())
                .unwrap()
                .interval
        };
        assert_eq!(interval(5), None);
        assert_eq!(interval(6), Some((1.0, 6.0)));
        assert_eq!(interval(10), Some((2.0, 9.0)));
        assert_eq!(interval(20), Some((6.0, 15.0)));
    }
}
