//! Keeps results: one folder a lesson, with `result.json` in it. A reader's progress is what these files say.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::catalogue::Lesson;
use crate::outcome::Outcome;
use crate::page;

/// The folder of results, below the current one.
pub const FOLDER: &str = "results/course";

/// The page of a lesson, beside its result.
pub const PAGE: &str = "lesson.html";

/// The figure of a lesson as a picture, for slides.
pub const PICTURE: &str = "figure.svg";

/// The page of the course, in the folder of results.
pub const COURSE: &str = "course.html";

const FILE: &str = "result.json";

/// A result cannot be written or read.
#[derive(Debug, Error)]
pub enum KeepError {
    /// The system refuses.
    #[error("cannot write `{path}` ({source}); give a folder that you may write to with --out")]
    Write {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The file is not a result, or cannot be read.
    #[error("cannot read `{path}` ({reason}); delete the file, and run `echolab lesson {lesson}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// The lesson.
        lesson: String,
        /// What is wrong.
        reason: String,
    },
}

/// The folder of a result and its page: that of the lesson, or one inside of it if the reader changed parameters.
pub fn folder(results: &Path, outcome: &Outcome) -> PathBuf {
    let folder = results.join(&outcome.lesson);
    if outcome.settings.is_empty() {
        return folder;
    }
    let settings = outcome.settings.iter();
    let settings: Vec<String> = settings
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "=.,-_".contains(letter);
    let name: String = settings.join(",");
    let name = name
        .chars()
        .map(|letter| if is_plain(letter) { letter } else { '_' });
    folder.join(name.collect::<String>())
}

/// Makes the folder of results, and checks that it can be written: before an experiment, which would be lost otherwise.
///
/// # Errors
/// The folder cannot be written.
pub fn prepare(results: &Path) -> Result<(), KeepError> {
    let made = fs::create_dir_all(results).and_then(|()| tempfile_in(results));
    made.map_err(|source| KeepError::Write {
        path: results.to_owned(),
        source,
    })
}

/// Writes and removes a file. The mode of a folder does not say whether its file system takes files.
fn tempfile_in(folder: &Path) -> io::Result<()> {
    let path = folder.join(".writable");
    fs::write(&path, "")?;
    fs::remove_file(path)
}

/// Keeps a result. A result of an earlier run stays whole until the new one is written.
///
/// # Errors
/// The folder cannot be written.
pub fn write(results: &Path, outcome: &Outcome) -> Result<PathBuf, KeepError> {
    let path = folder(results, outcome).join(FILE);
    let json = serde_json::to_string_pretty(outcome).map_err(io::Error::from);
    let written = json.and_then(|json| replace(&path, &(json + "\n")));
    match written {
        Ok(()) => Ok(path),
        Err(source) => Err(KeepError::Write { path, source }),
    }
}

/// Writes the page and the picture of a result into its folder. Returns the path of the page.
///
/// # Errors
/// The folder cannot be written.
pub fn write_pages(
    results: &Path,
    lesson: &Lesson,
    outcome: &Outcome,
) -> Result<PathBuf, KeepError> {
    let folder = folder(results, outcome);
    let path = folder.join(PAGE);
    write_page(&path, &page::lesson(lesson, outcome))?;
    if let Some(picture) = page::picture(lesson, outcome) {
        write_page(&folder.join(PICTURE), &picture)?;
    }
    Ok(path)
}

/// Writes a page.
///
/// # Errors
/// The folder cannot be written.
pub fn write_page(path: &Path, page: &str) -> Result<(), KeepError> {
    replace(path, page).map_err(|source| KeepError::Write {
        path: path.to_owned(),
        source,
    })
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = path.with_extension("new");
    fs::write(&new, text)?;
    fs::rename(&new, path)
}

/// The result of a lesson; `None` if there is none.
///
/// # Errors
/// The file is damaged or of a newer version.
pub fn read(results: &Path, lesson: &str) -> Result<Option<Outcome>, KeepError> {
    let path = results.join(lesson).join(FILE);
    let wrong = |reason: String| KeepError::Read {
        path: path.clone(),
        lesson: lesson.to_owned(),
        reason,
    };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong(error.to_string())),
    };
    let outcome: Outcome = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    if outcome.schema > Outcome::SCHEMA {
        return Err(wrong("a newer version of this program wrote it".to_owned()));
    }
    Ok(Some(outcome))
}
