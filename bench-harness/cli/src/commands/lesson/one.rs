//! Runs one lesson: question, prediction, experiment, figure.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use course::catalogue::{self, Lesson};
use course::outcome::Outcome;
use course::terminal;

use super::measure::{Laboratory, earlier_prediction, keep};
use super::{LessonArgs, ask, exit};
use crate::browser;
use crate::failure::Failure;

/// Runs the lesson of this name.
///
/// # Errors
/// There is none, its experiment fails, or a prediction is missing.
pub fn run(args: &LessonArgs, name: &str) -> Result<ExitCode, Failure> {
    let lesson = catalogue::find(name)?;
    course::run::check_settings(&lesson, &args.settings())?;
    // Before Ctrl-C is handled: at the question it ends the program at once.
    let asked = ask::prediction(args, &lesson)?;
    // A prediction for the lesson as it is says nothing about a changed experiment.
    let is_changed = !args.set.is_empty();
    let earlier = || earlier_prediction(args, name).filter(|_| !is_changed);
    let prediction = asked.or_else(earlier);
    let outcome = Laboratory::open()?.measure(args, &lesson, prediction)?;
    let page = keep(args, &lesson, &outcome)?;
    show(args, &lesson, &outcome, &page)?;
    if let Some(next) = next(&lesson).filter(|_| !args.json) {
        let next = terminal::labelled("Next", &format!("echolab lesson {next}"));
        write!(io::stdout(), "{next}")?;
    }
    if args.open {
        browser::open(&page);
    }
    Ok(exit(outcome.shown))
}

/// Prints a result, for people or as JSON.
///
/// # Errors
/// Stdout is closed.
pub fn show(
    args: &LessonArgs,
    lesson: &Lesson,
    outcome: &Outcome,
    page: &Path,
) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(outcome)?)?;
    } else {
        let page = terminal::labelled("Page", &page.display().to_string());
        write!(out, "{}{page}", terminal::text(lesson, outcome))?;
    }
    Ok(())
}

/// The name of the lesson behind this one; `None` if it is the last.
fn next(lesson: &Lesson) -> Option<String> {
    let lessons = catalogue::all().ok()?;
    let mut after = lessons
        .into_iter()
        .skip_while(|other| other.name != lesson.name);
    after.nth(1).map(|lesson| lesson.name)
}
