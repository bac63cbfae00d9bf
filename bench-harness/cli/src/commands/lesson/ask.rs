//! Asks for the prediction of a lesson, and whether to run the whole course.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::time::Duration;

use course::catalogue::Lesson;
use course::predict::{Prediction, letter};
use course::terminal;
use record::number::{counted, waiting};

use super::LessonArgs;
use crate::failure::{Explain as _, Failure};

/// The prediction: from the command line, or asked for on the terminal; `None` if the reader makes none.
///
/// # Errors
/// The option holds no prediction for this lesson, or there is no terminal to ask on.
pub fn prediction(args: &LessonArgs, lesson: &Lesson) -> Result<Option<Prediction>, Failure> {
    if let Some(text) = &args.predict {
        let prediction = Prediction::parse(text, &lesson.document)?;
        show_question(args, lesson)?;
        return Ok(Some(prediction));
    }
    if args.skip {
        show_question(args, lesson)?;
        return Ok(None);
    }
    if args.json || !io::stdin().is_terminal() {
        return Err(Failure::wrong_use(format!(
            "the lesson `{}` asks for a prediction, and there is no terminal to ask on; give one with --predict {}, or add --skip",
            lesson.name,
            example(lesson)
        )));
    }
    show_question(args, lesson)?;
    ask(lesson)
}

fn show_question(args: &LessonArgs, lesson: &Lesson) -> Result<(), Failure> {
    if !args.json {
        writeln!(io::stdout(), "{}", terminal::question(lesson))?;
    }
    Ok(())
}

/// Asks until there is a prediction, or the reader skips it with an empty line or Ctrl-D.
fn ask(lesson: &Lesson) -> Result<Option<Prediction>, Failure> {
    let mut out = io::stdout();
    loop {
        write!(
            out,
            "your prediction ({}; Enter to skip)> ",
            choices(lesson)
        )?;
        out.flush()?;
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        let read = read.explain("cannot read the prediction", "give it with --predict")?;
        if read == 0 || line.trim().is_empty() {
            writeln!(out)?;
            return Ok(None);
        }
        match Prediction::parse(&line, &lesson.document) {
            Ok(prediction) => {
                writeln!(out)?;
                return Ok(Some(prediction));
            }
            Err(error) => writeln!(out, "{error}")?,
        }
    }
}

/// What can be written: `a to c`, or `a number`.
fn choices(lesson: &Lesson) -> String {
    match lesson.document.prediction.choices.len() {
        0 => "a number".to_owned(),
        n => format!("a to {}", letter(n - 1)),
    }
}

fn example(lesson: &Lesson) -> &'static str {
    if lesson.document.prediction.choices.is_empty() {
        "NUMBER"
    } else {
        "LETTER"
    }
}

/// Asks whether to run all lessons, unless --yes says so.
///
/// # Errors
/// The user does not want to, or there is no terminal to ask on.
pub fn whether_to_begin(args: &LessonArgs, lessons: &[Lesson]) -> Result<(), Failure> {
    if args.yes {
        return Ok(());
    }
    if args.json || !io::stdin().is_terminal() {
        return Err(Failure::wrong_use(
            "there is no terminal to ask whether to run the whole course; add --yes",
        ));
    }
    let seconds: u32 = lessons.iter().map(|lesson| lesson.document.seconds).sum();
    let time = waiting(Duration::from_secs(u64::from(seconds)));
    let what = counted(lessons.len(), "lesson");
    let mut out = io::stdout();
    write!(
        out,
        "run {what} without predictions, in about {time}? (y to begin)> "
    )?;
    out.flush()?;
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    read.explain("cannot read the answer", "add --yes")?;
    match line.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(Failure::stopped(
            "nothing was run; begin with `echolab lesson --all --yes`, or with one lesson",
        )),
    }
}
