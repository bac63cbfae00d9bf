//! Results of all lessons from a formula, so that their pages can be looked at without measuring.

use std::collections::{BTreeMap, BTreeSet};

use course::catalogue::{self, Lesson};
use course::lesson::Kind;
use course::measured::{Row, Span, SpanKind};
use course::outcome::Outcome;
use course::page;
use course::predict::Prediction;
use course::quantity::Quantity;
use record::environment::Environment;

/// The page of the course with a made-up result for every lesson.
pub fn course() -> String {
    let lessons = catalogue::all().unwrap();
    let outcomes: Vec<Outcome> = lessons.iter().map(outcome).collect();
    let results: Vec<(&Lesson, Option<&Outcome>)> =
        lessons.iter().zip(outcomes.iter().map(Some)).collect();
    page::course(&results)
}

/// A result of a lesson: a row for each label that it names, and a prediction.
pub fn outcome(lesson: &Lesson) -> Outcome {
    let document = &lesson.document;
    let checks = document.check.iter().map(|check| check.quantity.as_str());
    let quantities = checks.chain([document.prediction.quantity.as_str()]);
    let labels: BTreeSet<String> = quantities.flat_map(labels).collect();
    let rows = labels.into_iter().enumerate();
    let prediction = if document.prediction.choices.is_empty() {
        Prediction::Number(20.0)
    } else {
        Prediction::Choice(1)
    };
    let mut outcome = Outcome {
        schema: Outcome::SCHEMA,
        lesson: lesson.name.clone(),
        shown: false,
        reason: None,
        prediction: Some(prediction),
        right: None,
        answer: None,
        checks: Vec::new(),
        rows: rows
            .map(|(index, label)| row(lesson, index, &label))
            .collect(),
        notes: vec!["A sentence that was made up.".to_owned()],
        settings: BTreeMap::new(),
        short: false,
        seconds: 10.0,
        environment: Environment::default(),
    };
    outcome.judge(document, Ok(()));
    outcome
}

fn labels(quantity: &str) -> Vec<String> {
    let quantity = Quantity::parse(quantity).unwrap();
    quantity.labels().into_iter().map(str::to_owned).collect()
}

fn row(lesson: &Lesson, index: usize, label: &str) -> Row {
    let figure = &lesson.document.figure;
    let base = 10.0 * (index + 1) as f64;
    let values = (0..6).map(|round| base + f64::from(round)).collect();
    let mut row = Row::new(label, figure.unit, values);
    match figure.kind {
        Kind::Bars => {}
        Kind::Lines => {
            row.at = Some(base);
            row.group = Some(label.split(" at ").next().unwrap_or_default().to_owned());
        }
        Kind::Lanes => {
            let kinds = [SpanKind::Idle, SpanKind::Waits, SpanKind::Served];
            let spans = kinds.into_iter().zip([0.0, 1.0, 2.0]);
            row.spans = spans
                .map(|(kind, from)| Span {
                    from,
                    to: from + 1.0,
                    kind,
                })
                .collect();
        }
    }
    row
}
