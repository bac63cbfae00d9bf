//! Sentences about an outcome: whether the lesson is shown, and whether the prediction was right.

use crate::catalogue::Lesson;
use crate::outcome::{Answer, Checked, Outcome};
use crate::predict::{Prediction, letter};

/// Whether the lesson is shown: what it claims, or the reason why it is not.
pub fn verdict(outcome: &Outcome) -> String {
    if let Some(reason) = &outcome.reason {
        let reason = reason.trim_end_matches('.');
        return format!("Not shown on this machine: {reason}.");
    }
    let claims: Vec<String> = match &outcome.checks[..] {
        [check] => vec![claim(check)],
        checks => checks.iter().map(|check| check.says.clone()).collect(),
    };
    format!("Shown on this machine: {}.", claims.join("; "))
}

/// Each of several checks with its mark and its value; empty for a lesson with one check, whose verdict says all.
pub fn checks(outcome: &Outcome) -> Vec<String> {
    let line = |check: &Checked| {
        let mark = if check.holds { '✓' } else { '✗' };
        format!("{mark} {}", claim(check))
    };
    match &outcome.checks[..] {
        [] | [_] => Vec::new(),
        checks => checks.iter().map(line).collect(),
    }
}

/// A claim with its quantity: `poll costs at least 15 % more (poll / epoll-level: 1.4 times)`.
fn claim(check: &Checked) -> String {
    let value = check.value.map(|value| value.words(check.unit));
    let value = value.unwrap_or_else(|| "no such row".to_owned());
    format!("{} ({}: {value})", check.says, check.quantity)
}

/// The prediction beside the answer; `None` if nothing was predicted.
pub fn prediction_in_words(lesson: &Lesson, outcome: &Outcome) -> Option<String> {
    let prediction = outcome.prediction.as_ref()?;
    let said = said(lesson, prediction);
    let Some(answer) = &outcome.answer else {
        return Some(format!("You predicted {said}."));
    };
    let measured = measured(lesson, answer);
    Some(match outcome.right {
        Some(true) => format!("You predicted {said}: right. Measured: {measured}."),
        Some(false) => format!("You predicted {said}. Measured: {measured}."),
        None => format!("You predicted {said}."),
    })
}

fn said(lesson: &Lesson, prediction: &Prediction) -> String {
    let words = prediction.words(&lesson.document);
    match prediction {
        Prediction::Choice(index) => format!("{} ({words})", letter(*index)),
        Prediction::Number(_) => words,
    }
}

/// The answer: its value, and which choice that is.
fn measured(lesson: &Lesson, answer: &Answer) -> String {
    let value = format!("{} is {}", answer.quantity, answer.value.words(answer.unit));
    let choice = answer
        .choice
        .and_then(|index| Some((index, lesson.document.prediction.choices.get(index)?)));
    match choice {
        Some((index, choice)) => format!("{value}, which is {} ({})", letter(index), choice.says),
        None => value,
    }
}
