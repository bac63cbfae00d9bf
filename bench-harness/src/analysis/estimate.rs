//! What several trials of the same cell say together: their middle and their range.

use serde::Serialize;

/// The middle and the range of a few trials.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The median.
    pub median: f64,
    /// The lowest.
    pub low: f64,
    /// The highest.
    pub high: f64,
    /// One value a trial, in the order of the trials.
    pub values: Vec<f64>,
}

impl Estimate {
    /// Summarises the values of some trials; `None` where there are none.
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
}
