//! *Exercises*: each model has a table of lines without which some cases fail. These tests try the first line of each table.
//!
//! One copy of the workspace has all these lines behind switches and is built once, with this suite in it. Then each test
//! turns one switch on, and runs the cases that the exercise offers as answers. Only the case that the table calls the
//! answer may fail.

use std::sync::LazyLock;

use echo_server::MODELS;
use libtest_mimic::{Failed, Trial};
use workshop::{Copy, Exercises, Keep, Suite, Switched, Tree, WorkshopError};

use crate::break_it::{DEADLINE, tree, unattended};
use crate::not_applicable::NotApplicable;
use crate::subjects;

/// The suite in the copy of the workspace with all switches; or why it could not be built.
static SWITCHED_SUITE: LazyLock<Result<Suite, String>> =
    LazyLock::new(|| build().map_err(|error| error.to_string()));

/// One test for each model that can run on this machine, `exercise/MODEL`, and the models that cannot.
pub fn trials() -> (Vec<Trial>, Vec<NotApplicable>) {
    let mut trials = Vec::new();
    let mut not_applicable = Vec::new();
    for (model, subject) in subjects::all() {
        let name = format!("exercise/{}", subject.name());
        match subjects::unsupported(model) {
            Some(reason) => not_applicable.push(NotApplicable { name, reason }),
            None => trials.push(Trial::test(name, move || {
                one_choice_fails(&subject.name()).map_err(Failed::from)
            })),
        }
    }
    (trials, not_applicable)
}

/// Passes if without the line of the first exercise only the answer fails.
fn one_choice_fails(model: &str) -> Result<(), String> {
    let exercises = Exercises::of(&tree(), model).map_err(|error| error.to_string())?;
    let exercise = exercises.list.first();
    let exercise = exercise.ok_or_else(|| format!("{model} has no exercise; {}", advice(model)))?;
    let suite = SWITCHED_SUITE.as_ref()?;
    let switch = Switched::name(model, 0);
    for (index, case) in exercise.choices.iter().enumerate() {
        let test = format!("/{model}/{case}");
        let outcome = suite.run(&["--exact", &test], Some(&switch), DEADLINE, &|| false);
        let outcome = outcome.map_err(|error| error.to_string())?;
        let fails = outcome.failed() == [case];
        let passes = outcome.passed() == [case];
        let is_answer = exercise.answer() == Some(index);
        if is_answer && !fails || !is_answer && !passes {
            let line = &exercise.line;
            let expected = if is_answer { "fail" } else { "pass" };
            return Err(format!(
                "without `{line}`, `{test}` must {expected}; {}\n{}",
                advice(model),
                outcome.text
            ));
        }
    }
    Ok(())
}

fn advice(model: &str) -> String {
    format!(
        "make {} again with `cargo run -p workshop --example find-exercises {model}`",
        Tree::exercises(model).display()
    )
}

/// Puts the lines of all valid tables behind switches. The tests of the other models fail with the reason.
fn build() -> Result<Suite, WorkshopError> {
    let tree = tree();
    let switched = Switched::of_all(&tree, MODELS.iter().map(|model| model.about().name))?;
    let copy = Copy::of(&tree, Exercises::COPY, switched.files(), Keep::No)?;
    unattended().run(&copy)?.suite()
}
