//! Shows stored results and writes their pages, without measuring.

use std::io::{self, Write as _};
use std::process::ExitCode;

use course::catalogue::{self, Lesson};
use course::outcome::Outcome;
use course::{page, store};
use record::number::counted;

use super::{LessonArgs, exit, one};
use crate::browser;
use crate::failure::Failure;

/// Shows the stored result of a lesson.
///
/// # Errors
/// There is no such lesson or no result, or the page cannot be written.
pub fn one(args: &LessonArgs, name: &str) -> Result<ExitCode, Failure> {
    let lesson = catalogue::find(name)?;
    let Some(outcome) = store::read(args.stored(), name)? else {
        return Err(Failure::wrong_use(format!(
            "`{}` holds no result of the lesson `{name}`; run `echolab lesson {name}` first",
            args.stored().display()
        )));
    };
    let path = store::write_pages(&args.out, &lesson, &outcome)?;
    one::show(args, &lesson, &outcome, &path)?;
    if args.open {
        browser::open(&path);
    }
    Ok(exit(outcome.shown))
}

/// Writes the pages of all stored results, and the page of the course.
///
/// # Errors
/// There is no result, or a page cannot be written.
pub fn all(args: &LessonArgs) -> Result<ExitCode, Failure> {
    let lessons = catalogue::all()?;
    let outcomes = lessons
        .iter()
        .map(|lesson| store::read(args.stored(), &lesson.name));
    let outcomes: Vec<Option<Outcome>> = outcomes.collect::<Result<_, _>>()?;
    if outcomes.iter().all(Option::is_none) {
        return Err(Failure::wrong_use(format!(
            "`{}` holds no result of a lesson; run `echolab lesson --all --yes` first",
            args.stored().display()
        )));
    }
    for (lesson, outcome) in lessons.iter().zip(&outcomes) {
        if let Some(outcome) = outcome {
            let path = store::write_pages(&args.out, lesson, outcome)?;
            if args.json {
                one::show(args, lesson, outcome, &path)?;
            }
        }
    }
    let results: Vec<(&Lesson, Option<&Outcome>)> = lessons
        .iter()
        .zip(outcomes.iter().map(Option::as_ref))
        .collect();
    let path = args.out.join(store::COURSE);
    store::write_page(&path, &page::course(&results))?;
    if !args.json {
        let pages = counted(outcomes.iter().flatten().count(), "lesson");
        writeln!(io::stdout(), "page    {}  ({pages})", path.display())?;
    }
    if args.open {
        browser::open(&path);
    }
    Ok(exit(outcomes.iter().flatten().all(|outcome| outcome.shown)))
}
