//! A prediction: what the reader expects, how it is read, and when it is right.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::lesson::Document;
use crate::outcome::Answer;

/// A predicted number is right within this share of the measured interval.
const NEAR: f64 = 0.25;

/// What a reader predicts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Prediction {
    /// The number of a choice, from 0.
    Choice(usize),
    /// A number.
    Number(f64),
}

/// A text is no prediction for this lesson.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PredictionError {
    /// It is none of the choices.
    #[error("`{text}` is none of the choices; write a letter from a to {last}")]
    Choice {
        /// What was written.
        text: String,
        /// The letter of the last choice.
        last: char,
    },
    /// It is no number.
    #[error("`{0}` is not a number; write for example 2.5")]
    Number(String),
}

/// The letter of a choice.
pub fn letter(choice: usize) -> char {
    char::from(b'a' + choice.min(25) as u8)
}

impl Prediction {
    /// Reads a prediction: the letter of a choice, its number from 1, or a number if the lesson asks for one.
    ///
    /// # Errors
    /// The text is neither.
    pub fn parse(text: &str, document: &Document) -> Result<Self, PredictionError> {
        let text = text.trim();
        let choices = document.prediction.choices.len();
        if choices == 0 {
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
            let number = number.map(Self::Number);
            return number.ok_or_else(|| PredictionError::Number(text.to_owned()));
        }
        let is_it = |index: &usize| {
            text.eq_ignore_ascii_case(&letter(*index).to_string())
                || text == (index + 1).to_string()
        };
        let found = (0..choices).find(is_it).map(Self::Choice);
        found.ok_or_else(|| PredictionError::Choice {
            text: text.to_owned(),
            last: letter(choices - 1),
        })
    }

    /// True if it agrees with the answer: the interval reaches into the range of the choice, or the number lies within 25 % of the
    /// interval.
    pub fn is_right(&self, document: &Document, answer: &Answer) -> bool {
        let (low, high) = (answer.value.low, answer.value.high);
        match self {
            Self::Choice(index) => {
                let choice = document.prediction.choices.get(*index);
                let reaches = |choice: &crate::lesson::Choice| {
                    let from_low = choice.to.zip(low).is_none_or(|(to, low)| low < to);
                    let to_high = choice
                        .from
                        .zip(high)
                        .is_none_or(|(from, high)| high >= from);
                    from_low && to_high
                };
                choice.is_some_and(reaches)
            }
            Self::Number(number) => {
                let above = low.is_none_or(|low| *number >= low - NEAR * low.abs());
                let below = high.is_none_or(|high| *number <= high + NEAR * high.abs());
                above && below
            }
        }
    }

    /// The prediction in words: the text of the choice, or the number.
    pub fn words(&self, document: &Document) -> String {
        match self {
            Self::Choice(index) => {
                let choice = document.prediction.choices.get(*index);
                choice.map_or_else(String::new, |choice| choice.says.clone())
            }
            Self::Number(number) => record::number::significant(*number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::lesson;
    use crate::measured::Unit;
    use crate::quantity::Interval;

    #[test]
    fn a_choice_is_a_letter_or_its_number() {
        let document = lesson().document;
        let parse = |text| Prediction::parse(text, &document);
        for text in ["b", "B", " 2 "] {
            assert_eq!(parse(text), Ok(Prediction::Choice(1)));
        }
        let error = parse("d").unwrap_err().to_string();
        assert!(error.ends_with("write a letter from a to c"), "{error}");
    }

    #[test]
    fn a_number_is_right_within_a_quarter_of_the_interval() {
        let mut document = lesson().document;
        document.prediction.choices.clear();
        let answer = Answer {
            quantity: String::new(),
            unit: Unit::Times,
            value: Interval {
                estimate: 2.0,
                low: Some(1.6),
                high: Some(2.4),
            },
            choice: None,
        };
        let is_right = |text| {
            let prediction = Prediction::parse(text, &document).unwrap();
            prediction.is_right(&document, &answer)
        };
        let right = ["1.1", "1.25", "2", "2.9", "3.1"].map(is_right);
        assert_eq!(right, [false, true, true, true, false]);
        let error = Prediction::parse("many", &document).unwrap_err();
        assert!(error.to_string().ends_with("write for example 2.5"));
    }

    /// From 1.1 to 1.2, both choices beside 1.15 are possible.
    #[test]
    fn every_choice_that_the_interval_reaches_is_right() {
        let document = lesson().document;
        let value = Interval {
            estimate: 1.16,
            low: Some(1.1),
            high: Some(1.2),
        };
        let answer = Answer {
            quantity: String::new(),
            unit: Unit::Times,
            value,
            choice: Some(1),
        };
        let is_right = |choice| Prediction::Choice(choice).is_right(&document, &answer);
        assert_eq!([0, 1, 2].map(is_right), [true, true, false]);
    }
}
