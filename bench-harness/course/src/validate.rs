//! Checks a lesson's document beyond its syntax: choices that leave no gap, checks with a bound, steps that exist.

use crate::lesson::{Check, Choice, Document};
use crate::quantity::Quantity;
use crate::step::STEPS;

/// Checks a document.
///
/// # Errors
/// The first mistake, as a sentence without a remedy.
pub fn validate(document: &Document) -> Result<(), String> {
    require(document.place > 0, || {
        "`place` is 0; places count from 1".to_owned()
    })?;
    let title = document.title.trim();
    require(!title.is_empty() && !title.ends_with('.'), || {
        "`title` is empty or ends with a full stop".to_owned()
    })?;
    require((1..=15).contains(&document.seconds), || {
        format!(
            "`seconds` is {}; a lesson takes 1 to 15 s",
            document.seconds
        )
    })?;
    require(!document.question.trim().is_empty(), || {
        "`question` is empty".to_owned()
    })?;
    steps(document)?;
    Quantity::parse(&document.prediction.quantity)?;
    choices(&document.prediction.choices)?;
    require(!document.check.is_empty(), || {
        "there is no `[[check]]`".to_owned()
    })?;
    document.check.iter().try_for_each(check)
}

fn require(holds: bool, mistake: impl Fn() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(mistake()) }
}

fn steps(document: &Document) -> Result<(), String> {
    require(!document.step.is_empty(), || {
        "there is no `[[step]]`".to_owned()
    })?;
    for (index, step) in document.step.iter().enumerate() {
        let name = step.get("do").and_then(toml::Value::as_str);
        let name = name.ok_or_else(|| format!("step {} has no text `do`", index + 1))?;
        require(STEPS.iter().any(|(known, _)| *known == name), || {
            let known: Vec<&str> = STEPS.iter().map(|(name, _)| *name).collect();
            format!(
                "there is no step `{name}`; choose one of {}",
                known.join(", ")
            )
        })?;
    }
    Ok(())
}

/// The ranges follow each other without a gap, from the lowest to the highest value, so that exactly one choice is right.
fn choices(choices: &[Choice]) -> Result<(), String> {
    require(choices.len() != 1, || {
        "one choice is no choice; write two or more, or none to ask for a number".to_owned()
    })?;
    require(choices.len() <= 6, || {
        "more than six choices are too many to read".to_owned()
    })?;
    let mut sorted: Vec<&Choice> = choices.iter().collect();
    let low = |choice: &Choice| choice.from.unwrap_or(f64::NEG_INFINITY);
    sorted.sort_by(|a, b| low(a).total_cmp(&low(b)));
    if let (Some(first), Some(last)) = (sorted.first(), sorted.last()) {
        require(first.from.is_none() && last.to.is_none(), || {
            "the lowest choice has a `from`, or the highest one has a `to`; leave these out"
                .to_owned()
        })?;
    }
    for pair in sorted.windows(2) {
        require(pair[0].to.is_some() && pair[0].to == pair[1].from, || {
            format!(
                "`{}` does not begin where `{}` ends; `from` of the one equals `to` of the other",
                pair[1].says, pair[0].says
            )
        })?;
    }
    Ok(())
}

fn check(check: &Check) -> Result<(), String> {
    Quantity::parse(&check.quantity)?;
    require(check.above.is_some() || check.below.is_some(), || {
        format!("the check `{}` has neither `above` nor `below`", check.says)
    })?;
    require(!check.otherwise.trim().is_empty(), || {
        format!("the check `{}` has an empty `otherwise`", check.says)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Lesson;
    use crate::fixture::{DOCUMENT, TEXT};

    fn mistake(from: &str, to: &str) -> String {
        assert!(DOCUMENT.contains(from));
        let document: Document = toml::from_str(&DOCUMENT.replace(from, to)).unwrap();
        validate(&document).unwrap_err()
    }

    #[test]
    fn a_step_that_does_not_exist_is_named_with_those_that_do() {
        let error = mistake("\"compare\"", "\"compair\"");
        assert!(
            error.starts_with("there is no step `compair`; choose one of"),
            "{error}"
        );
    }

    #[test]
    fn mistakes_are_named() {
        for (from, to, expected) in [
            (
                "place = 2",
                "place = 0",
                "`place` is 0; places count from 1",
            ),
            (
                "seconds = 12",
                "seconds = 40",
                "`seconds` is 40; a lesson takes 1 to 15 s",
            ),
            (
                "socket\"",
                "socket.\"",
                "`title` is empty or ends with a full stop",
            ),
        ] {
            assert_eq!(mistake(from, to), expected);
        }
    }

    #[test]
    fn choices_leave_no_gap_and_checks_have_a_bound() {
        let document: Document = toml::from_str(DOCUMENT).unwrap();
        assert_eq!(choices(&document.prediction.choices), Ok(()));
        let mut gap = document.prediction.choices.clone();
        gap[1].from = Some(1.2);
        let error = choices(&gap).unwrap_err();
        assert!(
            error.contains("does not begin where `about the same` ends"),
            "{error}"
        );
        let error = choices(&gap[..1]).unwrap_err();
        assert!(error.starts_with("one choice is no choice"), "{error}");
        let mut unbounded = document.check[0].clone();
        unbounded.above = None;
        assert!(
            check(&unbounded)
                .unwrap_err()
                .ends_with("neither `above` nor `below`")
        );
    }

    #[test]
    fn a_mistake_in_the_syntax_is_named_with_its_line() {
        let document = DOCUMENT.replace("place = 2", "place = two");
        let error = Lesson::parse("x", &document, TEXT).unwrap_err().to_string();
        assert!(
            error.starts_with("`crates/lessons/x/lesson.toml`, line 3: "),
            "{error}"
        );
        assert!(
            error.ends_with("correct the file and build again"),
            "{error}"
        );
    }
}
