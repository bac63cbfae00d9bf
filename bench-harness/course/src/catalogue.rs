//! The lessons of the course, read from the documents that are embedded in the program, in the order of the course.

use record::nearest::nearest;
use thiserror::Error;

use crate::lesson::{Document, LESSONS};
use crate::text::{Text, TextError};
use crate::validate::validate;

/// A lesson: its document and its text.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// The name of its folder.
    pub name: String,
    /// What `lesson.toml` says.
    pub document: Document,
    /// What `README.md` says.
    pub text: Text,
}

/// A lesson cannot be used.
#[derive(Debug, Error)]
pub enum LessonError {
    /// There is no lesson of this name.
    #[error("there is no lesson `{name}`{}; `echolab lesson` lists all lessons", hint(.nearest.as_deref()))]
    Unknown {
        /// The name.
        name: String,
        /// The name that is most similar.
        nearest: Option<String>,
    },
    /// `lesson.toml` is not in the format.
    #[error("`crates/lessons/{lesson}/lesson.toml`{}: {reason}; correct the file and build again", at_line(*.line))]
    Document {
        /// The lesson.
        lesson: String,
        /// The line of the mistake, if it is known.
        line: Option<usize>,
        /// What is wrong.
        reason: String,
    },
    /// `README.md` is not in the format.
    #[error("`crates/lessons/{lesson}/README.md`: {source}")]
    Text {
        /// The lesson.
        lesson: String,
        /// What is wrong.
        source: TextError,
    },
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!(", did you mean `{name}`?"))
}

fn at_line(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(", line {line}"))
}

impl Lesson {
    /// Reads and checks a lesson.
    ///
    /// # Errors
    /// One of its files has a mistake.
    pub fn parse(name: &str, document: &str, text: &str) -> Result<Self, LessonError> {
        let wrong = |line, reason| LessonError::Document {
            lesson: name.to_owned(),
            line,
            reason,
        };
        let parsed: Document = toml::from_str(document).map_err(|error| {
            let line = error.span().map(|span| line_of(document, span.start));
            wrong(line, error.message().to_owned())
        })?;
        validate(&parsed).map_err(|reason| wrong(None, reason))?;
        let text = Text::parse(text, &parsed.title).map_err(|source| LessonError::Text {
            lesson: name.to_owned(),
            source,
        })?;
        Ok(Self {
            name: name.to_owned(),
            document: parsed,
            text,
        })
    }
}

fn line_of(text: &str, byte: usize) -> usize {
    let before = text.get(..byte).unwrap_or(text);
    before.matches('\n').count() + 1
}

/// All lessons, in the order of the course.
///
/// # Errors
/// A lesson has a mistake.
pub fn all() -> Result<Vec<Lesson>, LessonError> {
    let lessons = LESSONS
        .iter()
        .map(|(name, document, text)| Lesson::parse(name, document, text));
    let mut lessons = lessons.collect::<Result<Vec<_>, _>>()?;
    lessons.sort_by_key(|lesson| (lesson.document.chapter, lesson.document.place));
    Ok(lessons)
}

/// The lesson of this name.
///
/// # Errors
/// There is none, or it has a mistake.
pub fn find(name: &str) -> Result<Lesson, LessonError> {
    let mut lessons = LESSONS.iter();
    match lessons.find(|(known, _, _)| *known == name) {
        Some((name, document, text)) => Lesson::parse(name, document, text),
        None => Err(LessonError::Unknown {
            name: name.to_owned(),
            nearest: nearest(name, LESSONS.iter().map(|(known, _, _)| *known)).map(str::to_owned),
        }),
    }
}
