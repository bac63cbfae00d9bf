//! The result of a lesson, as `result.json` keeps it: rows, answer, prediction, checks, machine.

use std::collections::BTreeMap;

use record::environment::Environment;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};

use crate::lesson::Document;
use crate::measured::{Row, Unit};
use crate::predict::Prediction;
use crate::quantity::{Interval, Quantity};

/// The result of a lesson.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// The version of this document: [`Outcome::SCHEMA`] when it was written.
    pub schema: u32,
    /// The name of the lesson.
    pub lesson: String,
    /// True if every check holds.
    pub shown: bool,
    /// Why the lesson is not shown on this machine; absent if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the reader predicted; absent if the reader skipped it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Prediction>,
    /// True if the prediction was right; absent without prediction or without answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<bool>,
    /// What was measured of the quantity that the lesson asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// The checks in the order of the lesson. Empty if the experiment has no result.
    #[serde(default)]
    pub checks: Vec<Checked>,
    /// The rows that were measured.
    #[serde(default)]
    pub rows: Vec<Row>,
    /// Sentences about what was seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Parameters that the reader changed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
    /// True if the experiment was shortened for a test.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub short: bool,
    /// How long the experiment took.
    pub seconds: f64,
    /// The machine and the program, as `environment.json` of a run has them.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub environment: Environment,
}

/// What was measured of the quantity that a lesson asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// The quantity: `poll / epoll-level`.
    pub quantity: String,
    /// Its unit.
    pub unit: Unit,
    /// Its value.
    pub value: Interval,
    /// The number of the right choice, from 0; absent if a number is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<usize>,
}

/// A check and what came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Checked {
    /// The claim.
    pub says: String,
    /// The quantity.
    pub quantity: String,
    /// Its unit.
    pub unit: Unit,
    /// Its value; absent if the experiment has no such row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Interval>,
    /// The interval had to lie above this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<f64>,
    /// The interval had to lie below this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<f64>,
    /// True if it does.
    pub holds: bool,
    /// Why it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

impl Outcome {
    /// The version of the document that this program writes.
    pub const SCHEMA: u32 = 1;

    /// The JSON schema of the document that this version writes. `schema/result.schema.json` holds a copy.
    pub fn json_schema() -> serde_json::Value {
        let settings = SchemaSettings::draft2020_12().for_serialize();
        let mut schema = settings.into_generator().into_root_schema_for::<Self>();
        let title = format!("The result of a lesson, version {}", Self::SCHEMA);
        schema.insert("title".to_owned(), title.into());
        schema.to_value()
    }

    /// Judges rows by a lesson's question and checks. `None` instead of rows is an experiment that this machine does not allow, for
    /// this reason.
    pub fn judge(&mut self, document: &Document, measured: Result<(), String>) {
        match measured {
            Ok(()) => {
                self.answer = answer(document, &self.rows);
                self.checks = checked(document, &self.rows);
                self.reason = reason(&self.checks);
            }
            Err(reason) => self.reason = Some(reason),
        }
        self.shown = self.reason.is_none();
        let prediction = self.prediction.as_ref().zip(self.answer.as_ref());
        self.right = prediction.map(|(prediction, answer)| prediction.is_right(document, answer));
    }
}

fn answer(document: &Document, rows: &[Row]) -> Option<Answer> {
    let asked = &document.prediction;
    let quantity = Quantity::parse(&asked.quantity).ok()?;
    let value = quantity.value(rows).ok()?;
    let holds = |from: Option<f64>, to: Option<f64>| {
        from.is_none_or(|from| value.estimate >= from) && to.is_none_or(|to| value.estimate < to)
    };
    Some(Answer {
        quantity: asked.quantity.clone(),
        unit: quantity.unit(rows),
        value,
        choice: asked
            .choices
            .iter()
            .position(|choice| holds(choice.from, choice.to)),
    })
}

fn checked(document: &Document, rows: &[Row]) -> Vec<Checked> {
    let one = |check: &crate::lesson::Check| {
        let quantity = Quantity::parse(&check.quantity);
        let value = quantity.as_ref().map_err(String::clone);
        let value = value.and_then(|quantity| quantity.value(rows));
        let holds = value
            .as_ref()
            .is_ok_and(|value| value.lies(check.above, check.below));
        let because = match &value {
            Ok(_) if holds => None,
            Ok(_) => Some(check.otherwise.clone()),
            Err(problem) => Some(problem.clone()),
        };
        Checked {
            says: check.says.clone(),
            quantity: check.quantity.clone(),
            unit: quantity.map_or(Unit::Count, |quantity| quantity.unit(rows)),
            value: value.ok(),
            above: check.above,
            below: check.below,
            holds,
            because,
        }
    };
    document.check.iter().map(one).collect()
}

/// The first check that does not hold, in words.
fn reason(checks: &[Checked]) -> Option<String> {
    let failed = checks.iter().find(|check| !check.holds)?;
    let because = failed.because.as_deref().unwrap_or_default();
    let says = &failed.says;
    Some(match &failed.value {
        Some(value) => {
            let value = value.words(failed.unit);
            let quantity = &failed.quantity;
            format!("\"{says}\" does not hold ({quantity} is {value}); the likely cause: {because}")
        }
        None => format!("\"{says}\" cannot be checked: {because}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{lesson, outcome, rows};

    #[test]
    fn the_choice_in_whose_range_the_measured_quantity_lies_is_right() {
        let lesson = lesson();
        for (predicted, right) in [(0, false), (1, true), (2, false)] {
            let outcome = outcome(&lesson, rows(), Some(Prediction::Choice(predicted)));
            assert_eq!(outcome.right, Some(right), "{predicted}");
            assert_eq!(outcome.answer.unwrap().choice, Some(1));
            assert!(outcome.shown && outcome.reason.is_none());
        }
    }

    #[test]
    fn a_lesson_is_not_shown_if_its_interval_reaches_the_bound_and_the_reason_says_what_to_do() {
        let lesson = lesson();
        let mut rows = rows();
        rows[1].values[0] = 17.0 * 1.1;
        let outcome = outcome(&lesson, rows, None);
        assert!(!outcome.shown && !outcome.checks[0].holds);
        assert_eq!(outcome.right, None);
        let reason = outcome.reason.unwrap();
        assert!(reason.starts_with("\"poll costs at least 15 % more\" does not hold (poll / epoll-level is 1.4 times [1.1, 1.4])"), "{reason}");
        assert!(reason.ends_with("try a lower --set rate"), "{reason}");
    }

    #[test]
    fn a_missing_row_is_a_reason_too() {
        let lesson = lesson();
        let outcome = outcome(&lesson, rows()[..1].to_vec(), Some(Prediction::Choice(0)));
        assert!(!outcome.shown && outcome.answer.is_none());
        let reason = outcome.reason.unwrap();
        assert!(
            reason.contains("the experiment has no row `poll`"),
            "{reason}"
        );
    }

    #[test]
    fn an_outcome_comes_back_from_json_as_it_was() {
        let lesson = lesson();
        let mut rows = rows();
        rows[1].at_least = true;
        let outcome = outcome(&lesson, rows, Some(Prediction::Number(1.5)));
        let json = serde_json::to_string(&outcome).unwrap();
        assert_eq!(serde_json::from_str::<Outcome>(&json).unwrap(), outcome);
    }
}
