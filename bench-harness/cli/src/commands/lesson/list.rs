//! Lists the course by chapters, with what has been done.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use course::catalogue::{self, Lesson};
use course::lesson::Chapter;
use course::outcome::Outcome;
use course::store;
use report::paragraph::{WIDTH, columns, shortened};
use serde::Serialize;

use super::LessonArgs;
use crate::failure::Failure;
use crate::notes::note;

/// What is known of a lesson's result.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Open,
    Shown,
    PredictedRight,
    PredictedOther,
    NotShown,
}

/// A lesson as JSON.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    chapter: usize,
    place: u32,
    title: &'a str,
    seconds: u32,
    state: State,
}

impl State {
    fn of(outcome: Option<&Outcome>) -> Self {
        let Some(outcome) = outcome else {
            return Self::Open;
        };
        match (outcome.shown, outcome.right) {
            (false, _) => Self::NotShown,
            (true, None) => Self::Shown,
            (true, Some(true)) => Self::PredictedRight,
            (true, Some(false)) => Self::PredictedOther,
        }
    }

    const fn mark(self) -> char {
        match self {
            Self::Open => ' ',
            Self::Shown => '•',
            Self::PredictedRight => '✓',
            Self::PredictedOther => '○',
            Self::NotShown => '–',
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::Open => "not done",
            Self::Shown => "done without a prediction",
            Self::PredictedRight => "predicted right",
            Self::PredictedOther => "predicted something else",
            Self::NotShown => "not shown on this machine",
        }
    }
}

/// Runs `echolab lesson` without a name.
///
/// # Errors
/// A lesson has a mistake, or stdout is closed.
pub fn run(args: &LessonArgs) -> Result<ExitCode, Failure> {
    let lessons = catalogue::all()?;
    let states: Vec<State> = lessons.iter().map(|lesson| state(args, lesson)).collect();
    let mut out = io::stdout().lock();
    if args.json {
        for (lesson, state) in lessons.iter().zip(&states) {
            writeln!(out, "{}", serde_json::to_string(&row(lesson, *state))?)?;
        }
    } else {
        write!(out, "{}", text(&lessons, &states, out.is_terminal()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The state of a lesson. A damaged result is named, and the lesson counts as not done.
fn state(args: &LessonArgs, lesson: &Lesson) -> State {
    match store::read(&args.out, &lesson.name) {
        Ok(outcome) => State::of(outcome.as_ref()),
        Err(error) => {
            note(format_args!("note: {error}"));
            State::Open
        }
    }
}

fn row(lesson: &Lesson, state: State) -> Row<'_> {
    let document = &lesson.document;
    Row {
        name: &lesson.name,
        chapter: document.chapter.number(),
        place: document.place,
        title: &document.title,
        seconds: document.seconds,
        state,
    }
}

fn text(lessons: &[Lesson], states: &[State], is_narrow: bool) -> String {
    let widest = lessons.iter().map(|lesson| columns(&lesson.name)).max();
    let next = states.iter().position(|state| *state == State::Open);
    let mut out = String::new();
    for chapter in Chapter::ALL {
        let numbered = lessons.iter().enumerate();
        let of_chapter: Vec<(usize, &Lesson)> = numbered
            .filter(|(_, lesson)| lesson.document.chapter == chapter)
            .collect();
        if of_chapter.is_empty() {
            continue;
        }
        out += &heading(chapter);
        for (index, lesson) in of_chapter {
            let mark = if next == Some(index) {
                '▸'
            } else {
                states[index].mark()
            };
            let line = line(lesson, mark, widest.unwrap_or(0));
            let line = if is_narrow {
                shortened(&line, WIDTH)
            } else {
                line
            };
            out += &line;
            out.push('\n');
        }
    }
    out + &foot(lessons, states, next)
}

fn heading(chapter: Chapter) -> String {
    format!("Chapter {}  {}\n", chapter.number(), chapter.title())
}

fn line(lesson: &Lesson, mark: char, widest: usize) -> String {
    let document = &lesson.document;
    format!(
        "  {mark} {:<widest$}  {:>2} s  {}",
        lesson.name, document.seconds, document.title
    )
}

/// The meaning of the marks that are in use, and the command for the next lesson.
fn foot(lessons: &[Lesson], states: &[State], next: Option<usize>) -> String {
    let marks = [
        State::PredictedRight,
        State::PredictedOther,
        State::Shown,
        State::NotShown,
    ];
    let used = marks.into_iter().filter(|state| states.contains(state));
    let legend: Vec<String> = used
        .map(|state| format!("{} {}", state.mark(), state.meaning()))
        .collect();
    let legend = if legend.is_empty() {
        String::new()
    } else {
        format!("{}\n", legend.join("   "))
    };
    let next = next.map_or_else(String::new, |index| {
        format!("next: echolab lesson {}\n", lessons[index].name)
    });
    format!("\n{legend}{next}")
}
