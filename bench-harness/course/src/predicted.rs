//! Where a prediction lies among the rows of a figure: the range of a choice is a range of values of one row.

use crate::catalogue::Lesson;
use crate::measured::Row;
use crate::outcome::Outcome;
use crate::predict::{Prediction, letter};
use crate::quantity::{Interval, Quantity};
use crate::units::plain;

/// A prediction as values of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicted {
    /// The label of the row that it is about.
    pub label: String,
    /// The lower end, in the unit of the row; `None` if the range has none.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
    /// What was predicted, in short: `a`, or the number.
    pub short: String,
}

impl Predicted {
    /// The range in words, without its unit: `20 to 52`, `below 20`, `from 52`.
    pub fn words(&self) -> String {
        match (self.low, self.high) {
            (Some(low), Some(high)) if (low - high).abs() < f64::EPSILON => plain(low),
            (Some(low), Some(high)) => format!("{} to {}", plain(low), plain(high)),
            (Some(low), None) => format!("from {}", plain(low)),
            (None, Some(high)) => format!("below {}", plain(high)),
            (None, None) => String::new(),
        }
    }
}

/// The prediction of an outcome as values of a row; `None` if there is none, or if its row has no place for it.
pub fn predicted(lesson: &Lesson, outcome: &Outcome) -> Option<Predicted> {
    let prediction = outcome.prediction.as_ref()?;
    let document = &lesson.document;
    let (from, to) = match prediction {
        Prediction::Choice(index) => {
            let choice = document.prediction.choices.get(*index)?;
            (choice.from, choice.to)
        }
        Prediction::Number(number) => (Some(*number), Some(*number)),
    };
    let row = |label: &str| find(&outcome.rows, label);
    let base = |label: &str| Some(Interval::of(row(label)?)?.estimate);
    let (label, low, high) = match Quantity::parse(&document.prediction.quantity).ok()? {
        Quantity::Row(label) => (label, from, to),
        Quantity::Ratio(label, other) => {
            let base = base(&other).filter(|base| *base > 0.0)?;
            (label, from.map(|x| x * base), to.map(|x| x * base))
        }
        Quantity::Difference(label, other) => {
            let base = base(&other)?;
            (label, from.map(|x| x + base), to.map(|x| x + base))
        }
    };
    row(&label)?;
    Some(Predicted {
        label,
        low,
        high,
        short: match prediction {
            Prediction::Choice(index) => letter(*index).to_string(),
            Prediction::Number(_) => prediction.words(document),
        },
    })
}

fn find<'a>(rows: &'a [Row], label: &str) -> Option<&'a Row> {
    rows.iter().find(|row| row.label == label)
}
