//! Runs all lessons, writes the page of the course, and says what was shown.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use course::catalogue::{self, Lesson};
use course::outcome::Outcome;
use course::{page, store, terminal};
use record::number::counted;
use report::paragraph::hanging;
use serde_json::json;

use super::measure::{Laboratory, earlier_prediction, keep};
use super::{LessonArgs, ask, exit, one};
use crate::browser;
use crate::exit_codes::Exit;
use crate::failure::{Failure, Fault};

/// What came out of a lesson.
type Ended = Result<Outcome, Failure>;

/// Runs `echolab lesson --all`. A lesson that fails or is not shown does not end the course.
///
/// # Errors
/// The user does not want to begin, or stops it, or the results cannot be kept.
pub fn run(args: &LessonArgs) -> Result<ExitCode, Failure> {
    let lessons = catalogue::all()?;
    ask::whether_to_begin(args, &lessons)?;
    let laboratory = Laboratory::open()?;
    let mut ended: Vec<Ended> = Vec::new();
    for (index, lesson) in lessons.iter().enumerate() {
        if !args.json {
            let heading = format!("{} of {}: {}", index + 1, lessons.len(), lesson.name);
            let question = terminal::question(lesson);
            writeln!(io::stdout(), "\n{heading}\n\n{question}")?;
        }
        let prediction = earlier_prediction(args, &lesson.name);
        let outcome = match laboratory.measure(args, lesson, prediction) {
            Err(failure) if failure.fault == Fault::Stopped => {
                write_page(args, &lessons, &ended)?;
                return Err(failure);
            }
            outcome => outcome,
        };
        show(args, lesson, &outcome)?;
        ended.push(outcome);
    }
    conclude(args, &lessons, &ended)
}

/// Keeps and prints the result of a lesson, or why it failed.
fn show(args: &LessonArgs, lesson: &Lesson, ended: &Ended) -> Result<(), Failure> {
    match ended {
        Ok(outcome) => {
            let page = keep(args, lesson, outcome)?;
            one::show(args, lesson, outcome, &page)
        }
        Err(failure) if args.json => {
            let line = json!({"lesson": lesson.name, "failed": failure.to_string()});
            Ok(writeln!(io::stdout(), "{line}")?)
        }
        Err(failure) => Ok(writeln!(io::stdout(), "failed: {failure}")?),
    }
}

fn conclude(args: &LessonArgs, lessons: &[Lesson], ended: &[Ended]) -> Result<ExitCode, Failure> {
    let path = write_page(args, lessons, ended)?;
    if !args.json {
        let summary = summary(lessons, ended);
        write!(io::stdout(), "\n{summary}page    {}\n", path.display())?;
    }
    if args.open {
        browser::open(&path);
    }
    if ended.iter().any(Result::is_err) {
        return Ok(Exit::Failed.into());
    }
    Ok(exit(ended.iter().flatten().all(|outcome| outcome.shown)))
}

/// Writes the page of the course. Lessons that were not reached or failed have no result on it.
fn write_page(args: &LessonArgs, lessons: &[Lesson], ended: &[Ended]) -> Result<PathBuf, Failure> {
    let outcomes = ended.iter().map(|ended| ended.as_ref().ok());
    let outcomes = outcomes.chain(std::iter::repeat(None));
    let results: Vec<(&Lesson, Option<&Outcome>)> = lessons.iter().zip(outcomes).collect();
    let path = args.out.join(store::COURSE);
    store::write_page(&path, &page::course(&results))?;
    Ok(path)
}

/// The number of lessons that were shown, and the others with the reason.
fn summary(lessons: &[Lesson], ended: &[Ended]) -> String {
    let shown = ended.iter().flatten().filter(|outcome| outcome.shown);
    let shown = shown.count();
    let seconds: f64 = ended.iter().flatten().map(|outcome| outcome.seconds).sum();
    let mut out = format!(
        "{shown} of {} shown on this machine, in {seconds:.0} s\n",
        counted(ended.len(), "lesson")
    );
    for (lesson, ended) in lessons.iter().zip(ended) {
        let name = &lesson.name;
        match ended {
            Ok(outcome) => {
                if let Some(reason) = &outcome.reason {
                    out += &hanging("  ", &format!("{name} is not shown: {reason}"));
                }
            }
            Err(failure) => out += &hanging("  ", &format!("{name} failed: {failure}")),
        }
    }
    out
}
