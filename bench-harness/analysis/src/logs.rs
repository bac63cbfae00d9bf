//! Logarithms of ratios and of values, in whole millionths.
//!
//! A millionth is far below what rounds scatter by, and it is what the page of a report holds in its data. So the page compares the
//! very numbers that this crate compares, and comes to the same words.

/// Parts of one in which logarithms are counted.
const PARTS: f64 = 1e6;

/// The logarithm of a value; `None` if the value is not above zero.
pub fn log(value: f64) -> Option<f64> {
    (value > 0.0 && value.is_finite()).then(|| rounded(value.ln()))
}

/// A logarithm in whole millionths.
pub fn rounded(log: f64) -> f64 {
    in_millionths(log) as f64 / PARTS
}

/// The number of millionths of a logarithm.
pub fn in_millionths(log: f64) -> i64 {
    (log * PARTS).round() as i64
}

/// The logarithms of all values; `None` if one is not above zero.
pub fn logs(values: &[f64]) -> Option<Vec<f64>> {
    values.iter().map(|&value| log(value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logarithm_is_a_whole_number_of_millionths() {
        let millionths = |log: f64| in_millionths(rounded(log));
        let logs = [0.123_456_7, -0.123_456_7, -1.000_000_4];
        assert_eq!(logs.map(millionths), [123_457, -123_457, -1_000_000]);
        assert_eq!(log(1.0), Some(0.0));
    }

    #[test]
    fn what_is_not_above_zero_has_no_logarithm() {
        assert_eq!([0.0, -1.0, f64::INFINITY, f64::NAN].map(log), [None; 4]);
        assert_eq!(logs(&[1.0, 0.0]), None);
    }
}
