//! A quantity of a lesson: a row, a ratio of two rows or a difference of two rows, with its interval.
//!
//! | values | interval |
//! |---|---|
//! | one | exact |
//! | two to five | from the lowest to the highest |
//! | six or more | the 95 % interval of the pseudo-median (Hodges-Lehmann, signed ranks) |
//!
//! Two rows with equally many values are paired: ratio or difference is taken round by round, and its values then have an
//! interval as above. Rows with unequally many values are compared as two groups.

use std::fmt;

use analysis::{paired_ratio, pseudo_median};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measured::{Row, Unit};

/// Number of values from which there is a 95 % interval.
const ENOUGH: usize = 6;

/// A quantity, as a check or a prediction names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// A row.
    Row(String),
    /// The first row divided by the second.
    Ratio(String, String),
    /// The first row less the second.
    Difference(String, String),
}

/// An estimate, and the interval in which the true value lies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// The best estimate.
    pub estimate: f64,
    /// The lower end; `None` if there is none.
    pub low: Option<f64>,
    /// The upper end; `None` if there is none, because the values are known only to be at least so large.
    pub high: Option<f64>,
}

impl Quantity {
    /// Reads a quantity: `LABEL`, `LABEL / LABEL` or `LABEL - LABEL`.
    ///
    /// # Errors
    /// The text has two operators, or an empty label.
    pub fn parse(text: &str) -> Result<Self, String> {
        let two = |(a, b): (&str, &str)| (a.trim().to_owned(), b.trim().to_owned());
        let quantity = if let Some(parts) = text.split_once('/') {
            let (a, b) = two(parts);
            Self::Ratio(a, b)
        } else if let Some(parts) = text.split_once(" - ") {
            let (a, b) = two(parts);
            Self::Difference(a, b)
        } else {
            Self::Row(text.trim().to_owned())
        };
        let is_label =
            |label: &&str| !label.is_empty() && !label.contains('/') && !label.contains(" - ");
        if quantity.labels().iter().all(is_label) {
            Ok(quantity)
        } else {
            Err(format!(
                "the quantity `{text}` is not a label, `LABEL / LABEL` or `LABEL - LABEL`"
            ))
        }
    }

    /// The labels that it names.
    pub fn labels(&self) -> Vec<&str> {
        match self {
            Self::Row(label) => vec![label],
            Self::Ratio(a, b) | Self::Difference(a, b) => vec![a, b],
        }
    }

    /// Its value in these rows.
    ///
    /// # Errors
    /// A row is missing or empty, or the value does not exist, such as 0 / 0. The error is a sentence for the reader.
    pub fn value(&self, rows: &[Row]) -> Result<Interval, String> {
        let row = |label: &str| {
            let mut found = rows.iter();
            found
                .find(|row| row.label == label && !row.values.is_empty())
                .ok_or_else(|| missing(label, rows))
        };
        let interval = match self {
            Self::Row(label) => Interval::of(row(label)?),
            Self::Ratio(a, b) => ratio(row(a)?, row(b)?),
            Self::Difference(a, b) => difference(row(a)?, row(b)?),
        };
        interval.ok_or_else(|| format!("`{self}` has no value here, because a row is zero"))
    }

    /// Its unit in these rows.
    pub fn unit(&self, rows: &[Row]) -> Unit {
        match self {
            Self::Ratio(..) => Unit::Times,
            Self::Row(label) | Self::Difference(label, _) => {
                let row = rows.iter().find(|row| row.label == *label);
                row.map_or(Unit::Count, |row| row.unit)
            }
        }
    }
}

fn missing(label: &str, rows: &[Row]) -> String {
    let known: Vec<String> = rows.iter().map(|row| format!("`{}`", row.label)).collect();
    format!(
        "the experiment has no row `{label}`; it has {}",
        known.join(", ")
    )
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row(label) => write!(f, "{label}"),
            Self::Ratio(a, b) => write!(f, "{a} / {b}"),
            Self::Difference(a, b) => write!(f, "{a} - {b}"),
        }
    }
}

impl Interval {
    /// The interval of a row; `None` if it has no value.
    pub fn of(row: &Row) -> Option<Self> {
        let interval = Self::of_values(&row.values, false)?;
        Some(interval.open(false, row.at_least))
    }

    /// The interval of values; of ratios if `is_ratio`, so that the interval of their logarithms is taken.
    fn of_values(values: &[f64], is_ratio: bool) -> Option<Self> {
        if values.is_empty() || values.iter().any(|value| value.is_nan()) {
            return None;
        }
        if values.len() >= ENOUGH && values.iter().all(|value| value.is_finite()) {
            let (estimate, interval) = centre(values, is_ratio)?;
            let (low, high) = interval?;
            return Some(Self::new(estimate, low, high));
        }
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len() - 1;
        let median = f64::midpoint(sorted[last / 2], sorted[last.div_ceil(2)]);
        Some(Self::new(median, sorted[0], sorted[last]))
    }

    /// An infinite estimate, such as 3 / 0, is the highest number, because JSON has no infinity.
    fn new(estimate: f64, low: f64, high: f64) -> Self {
        Self {
            estimate: estimate.clamp(f64::MIN, f64::MAX),
            low: (low > f64::NEG_INFINITY).then_some(low.min(f64::MAX)),
            high: (high < f64::INFINITY).then_some(high),
        }
    }

    /// The same without an end that is not known.
    fn open(mut self, low: bool, high: bool) -> Self {
        if low {
            self.low = None;
        }
        if high {
            self.high = None;
        }
        self
    }

    /// True if the whole interval lies above and below these bounds.
    pub fn lies(&self, above: Option<f64>, below: Option<f64>) -> bool {
        let is_above = above.is_none_or(|bound| self.low.is_some_and(|low| low > bound));
        let is_below = below.is_none_or(|bound| self.high.is_some_and(|high| high < bound));
        is_above && is_below
    }

    /// True if it is one exact value.
    pub fn is_exact(&self) -> bool {
        self.low == Some(self.estimate) && self.high == Some(self.estimate)
    }
}

type Ends = Option<(f64, f64)>;

fn centre(values: &[f64], is_ratio: bool) -> Option<(f64, Ends)> {
    if is_ratio && values.iter().all(|value| *value > 0.0) {
        let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
        return paired_ratio(&logs).map(|ratio| (ratio.estimate, ratio.interval));
    }
    pseudo_median(values).map(|centre| (centre.estimate, centre.interval))
}

fn ratio(a: &Row, b: &Row) -> Option<Interval> {
    let interval = combined(a, b, true, |a, b| a / b)?;
    let mut interval = interval.open(false, a.at_least);
    if b.at_least {
        interval.low = Some(0.0);
    }
    Some(interval)
}

fn difference(a: &Row, b: &Row) -> Option<Interval> {
    let interval = combined(a, b, false, |a, b| a - b)?;
    Some(interval.open(b.at_least, a.at_least))
}

/// Pairs rows of equal length, applies one exact value to all values of the other row, and combines all values of two groups.
fn combined(
    a: &Row,
    b: &Row,
    is_ratio: bool,
    combine: impl Fn(f64, f64) -> f64,
) -> Option<Interval> {
    let (a, b) = (&a.values, &b.values);
    let values: Vec<f64> = match (a.len(), b.len()) {
        (0, _) | (_, 0) => return None,
        (n, m) if n == m => a.iter().zip(b).map(|(x, y)| combine(*x, *y)).collect(),
        (_, 1) => a.iter().map(|x| combine(*x, b[0])).collect(),
        (1, _) => b.iter().map(|y| combine(a[0], *y)).collect(),
        (_, _) => return of_groups(a, b, is_ratio, combine),
    };
    Interval::of_values(&values, is_ratio)
}

/// Two groups that are not paired: the interval of Mann and Whitney for ratios of enough positive values, else all combinations.
fn of_groups(
    a: &[f64],
    b: &[f64],
    is_ratio: bool,
    combine: impl Fn(f64, f64) -> f64,
) -> Option<Interval> {
    let ratio = is_ratio.then(|| analysis::ratio(a, b)).flatten();
    if let Some((ratio, (low, high))) = ratio.and_then(|ratio| Some((ratio, ratio.interval?))) {
        return Some(Interval::new(ratio.estimate, low, high));
    }
    let all = a.iter().flat_map(|x| b.iter().map(|y| combine(*x, *y)));
    let mut all: Vec<f64> = all.collect();
    if all.iter().any(|value| value.is_nan()) {
        return None;
    }
    all.sort_by(f64::total_cmp);
    Some(Interval::new(
        all[all.len() / 2],
        all[0],
        all[all.len() - 1],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(a: &[f64], b: &[f64]) -> Vec<Row> {
        vec![
            Row::new("a b", Unit::Us, a.to_vec()),
            Row::new("c-d", Unit::Us, b.to_vec()),
        ]
    }

    fn value(text: &str, rows: &[Row]) -> Interval {
        Quantity::parse(text).unwrap().value(rows).unwrap()
    }

    #[test]
    fn labels_may_have_spaces_and_hyphens() {
        let parse = |text| Quantity::parse(text).unwrap();
        let (a, b) = ("a b".to_owned(), "c-d".to_owned());
        assert_eq!(parse("a b / c-d"), Quantity::Ratio(a.clone(), b.clone()));
        assert_eq!(parse("a b - c-d"), Quantity::Difference(a.clone(), b));
        assert_eq!(parse("a b"), Quantity::Row(a));
        for wrong in ["", "a /", "a / b / c", "a - b - c"] {
            let error = Quantity::parse(wrong).unwrap_err();
            assert!(error.ends_with("or `LABEL - LABEL`"), "{error}");
        }
    }

    #[test]
    fn one_value_is_exact_and_few_values_span_their_range() {
        assert!(value("a b", &rows(&[7.0], &[1.0])).is_exact());
        let few = value("a b", &rows(&[3.0, 1.0, 2.0], &[1.0]));
        assert_eq!(
            (few.estimate, few.low, few.high),
            (2.0, Some(1.0), Some(3.0))
        );
    }

    /// With six values the 95 % interval reaches from the lowest to the highest Walsh average, which are the extremes.
    #[test]
    fn six_paired_ratios_have_the_interval_of_signed_ranks() {
        let b = [1.0, 10.0, 100.0, 2.0, 20.0, 200.0];
        let factors = [2.0, 2.1, 2.2, 2.3, 2.4, 2.5];
        let a: Vec<f64> = b
            .iter()
            .zip(factors)
            .map(|(b, factor)| b * factor)
            .collect();
        let ratio = value("a b / c-d", &rows(&a, &b));
        assert!((ratio.low.unwrap() - 2.0).abs() < 1e-9, "{ratio:?}");
        assert!((ratio.high.unwrap() - 2.5).abs() < 1e-9, "{ratio:?}");
        assert!(ratio.lies(Some(1.9), Some(2.6)) && !ratio.lies(Some(2.1), None));
    }

    #[test]
    fn a_row_with_one_value_divides_all_values_of_the_other() {
        let ratio = value("a b / c-d", &rows(&[2.0, 4.0, 6.0], &[2.0]));
        assert_eq!((ratio.low, ratio.high), (Some(1.0), Some(3.0)));
        let groups = value("a b - c-d", &rows(&[5.0, 6.0], &[1.0, 2.0, 3.0]));
        assert_eq!((groups.low, groups.high), (Some(2.0), Some(5.0)));
    }

    #[test]
    fn values_that_are_lower_bounds_have_no_upper_end() {
        let mut rows = rows(&[5.0], &[1.0]);
        rows[0].at_least = true;
        let ratio = value("a b / c-d", &rows);
        assert_eq!((ratio.low, ratio.high), (Some(5.0), None));
        assert!(ratio.lies(Some(4.0), None) && !ratio.lies(None, Some(9.0)));
        let inverse = value("c-d / a b", &rows);
        assert_eq!((inverse.low, inverse.high), (Some(0.0), Some(0.2)));
    }

    #[test]
    fn a_missing_row_is_named_with_those_that_exist() {
        let error = Quantity::parse("x / a b").unwrap();
        let error = error.value(&rows(&[1.0], &[1.0])).unwrap_err();
        assert_eq!(error, "the experiment has no row `x`; it has `a b`, `c-d`");
        let zero = Quantity::parse("a b / c-d").unwrap();
        assert!(zero.value(&rows(&[0.0], &[0.0])).is_err());
        let infinite = value("a b / c-d", &rows(&[1.0], &[0.0]));
        assert!(infinite.lies(Some(1e9), None), "{infinite:?}");
    }
}
