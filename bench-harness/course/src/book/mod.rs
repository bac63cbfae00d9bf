//! The book: makes the sources of an mdBook from what the source tree already holds.
//!
//! ```text
//! crates/book/src ── introduction, chapters, kit, teachers ─┐
//! crates/models/* ── README, code, questions ───────────────┤
//! crates/lessons/* and results/sample-course ───────────────┼─► pages ─► links ─► OUT/src/*.md, OUT/src/SUMMARY.md
//! METHODOLOGY.md, BIAS.md, CONTRIBUTING.md, results/sample ─┤
//! crates/conformance ── list of cases, texts ───────────────┤
//! crates/book/assignment ── text and files for students ────┘
//! ```
//!
//! It reads whatever models, lessons and results exist, and lists nothing by hand. `scripts/book` runs it, then mdBook,
//! then [`check`].

mod assignment;
mod cases;
pub mod check;
mod contents;
mod difference;
mod item;
mod lesson_page;
mod links;
mod model_page;
pub mod questions;
mod tree;

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::catalogue::LessonError;
use crate::store::KeepError;

/// The book cannot be made.
#[derive(Debug, Error)]
pub enum BookError {
    /// A file cannot be read.
    #[error("cannot read `{path}` ({source}); run `scripts/book` in a complete source tree")]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write `{path}` ({source}); give a folder that you may write to")]
    Write {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A source has a mistake.
    #[error("`{file}`: {mistake}; correct the file")]
    Mistake {
        /// The file, from the root of the source tree.
        file: String,
        /// What is wrong.
        mistake: String,
    },
    /// A lesson has a mistake.
    #[error(transparent)]
    Lesson(#[from] LessonError),
    /// A committed result cannot be used.
    #[error(transparent)]
    Result(#[from] KeepError),
}

impl BookError {
    fn mistake(file: impl Into<String>, mistake: impl Into<String>) -> Self {
        Self::Mistake {
            file: file.into(),
            mistake: mistake.into(),
        }
    }
}

/// A page of the book.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its path below `src`: `models/iterative.md`.
    pub path: String,
    /// Its name in the table of contents.
    pub name: String,
    /// Its depth in the table of contents, from 0.
    pub depth: usize,
    /// The heading above it in the table of contents, if it begins a part.
    pub part: Option<&'static str>,
    /// The file that its relative links start from, from the root of the source tree.
    pub source: String,
    /// Its text in Markdown.
    pub text: String,
}

/// A file that is not a page, such as a figure.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Its path below `src`.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The sources of the book.
#[derive(Clone, Debug, Default)]
pub struct Book {
    /// All pages, in the order of the table of contents.
    pub pages: Vec<Page>,
    /// Figures and the sample report.
    pub attachments: Vec<Attachment>,
}

impl Book {
    /// Makes the book of a source tree.
    ///
    /// # Errors
    /// A file is missing, or has a mistake.
    pub fn of(root: &Path) -> Result<Self, BookError> {
        let tree = tree::Tree::read(root)?;
        let mut book = contents::collect(&tree)?;
        links::rewrite(&tree, &mut book)?;
        Ok(book)
    }

    /// Writes the sources for mdBook into a folder, which must be empty or hold an older version of them.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(&self, root: &Path, out: &Path) -> Result<(), BookError> {
        for file in ["book.toml", "theme/book.css"] {
            let text = read(&root.join("crates/book").join(file))?;
            write(&out.join(file), text.as_bytes())?;
        }
        let src = out.join("src");
        write(&src.join("SUMMARY.md"), self.summary().as_bytes())?;
        for page in &self.pages {
            write(&src.join(&page.path), page.text.as_bytes())?;
        }
        for attachment in &self.attachments {
            write(&src.join(&attachment.path), &attachment.bytes)?;
        }
        Ok(())
    }

    /// The table of contents as mdBook reads it.
    fn summary(&self) -> String {
        let mut out = String::from("# Summary\n\n");
        for (index, page) in self.pages.iter().enumerate() {
            if let Some(part) = page.part {
                _ = write!(out, "\n# {part}\n\n");
            }
            let bullet = if index == 0 { "" } else { "- " };
            let indent = "  ".repeat(page.depth);
            _ = writeln!(out, "{indent}{bullet}[{}]({})", page.name, page.path);
        }
        out
    }
}

fn read(path: &Path) -> Result<String, BookError> {
    fs::read_to_string(path).map_err(|source| BookError::Read {
        path: path.to_owned(),
        source,
    })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), BookError> {
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder
        .and_then(|()| fs::write(path, bytes))
        .map_err(|source| BookError::Write {
            path: path.to_owned(),
            source,
        })
}
