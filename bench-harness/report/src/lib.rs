//! Exporters: they draw and write what `analysis` found, and compute nothing about it.
//!
//! ```text
//! summary ──> shown (questions) ──> figure (kinds of drawings) ──> svg (axes, marks, labels)
//!                │                                                  │
//!                └────────> page · markdown · terminal · data <─────┘
//! ```

pub mod data;
pub mod figure;
mod markdown;
mod page;
mod plan;
mod shown;
pub mod svg;
mod table;
mod terminal;
mod verdicts;
mod words;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use analysis::{Diff, Summary};
use record::store::Run;
use thiserror::Error;

pub use plan::plan;
pub use terminal::terminal;

/// A report cannot be written.
#[derive(Debug, Error)]
#[error(
    "cannot write `{path}` ({source}); check the permissions of the folder and the space on its disk"
)]
pub struct ReportError {
    path: PathBuf,
    source: io::Error,
}

/// Writes `report.html`, `report.md`, `summary.json`, `summary.csv` and the figures as files of their own into the folder, and says where the page is.
///
/// # Errors
/// The folder cannot be written.
pub fn write(folder: &Path, run: &Run, summary: &Summary) -> Result<PathBuf, ReportError> {
    let figures = shown::all(summary);
    let page = folder.join("report.html");
    write_file(&page, &page::html(run, summary, &figures))?;
    write_file(
        &folder.join("report.md"),
        &markdown::text(run, summary, &figures),
    )?;
    let found = data::Document::of(run, summary);
    write_file(&folder.join("summary.json"), &found.json())?;
    write_file(&folder.join("summary.csv"), &found.csv())?;
    let drawings = folder.join("figures");
    make(&drawings)?;
    for figure in &figures {
        let picture = svg::panel::file(&figure.question, &figure.panels);
        write_file(&drawings.join(format!("{}.svg", figure.id)), &picture)?;
    }
    Ok(page)
}

/// Writes `diff.html`, `diff.md` and their figure about two runs into the folder, which is made where there is none, and says where
/// the page is.
///
/// # Errors
/// The folder cannot be written.
pub fn write_diff(
    folder: &Path,
    before: &Run,
    after: &Run,
    found: &Diff,
) -> Result<PathBuf, ReportError> {
    make(&folder.join("figures"))?;
    let page = folder.join("diff.html");
    write_file(&page, &page::diff::html(before, after, found))?;
    write_file(
        &folder.join("diff.md"),
        &markdown::diff(before, after, found),
    )?;
    if let Some(figure) = shown::change::figure(found, &before.plan.contenders) {
        let picture = svg::panel::file(&figure.question, &figure.panels);
        write_file(&folder.join("figures/change.svg"), &picture)?;
    }
    Ok(page)
}

fn make(folder: &Path) -> Result<(), ReportError> {
    fs::create_dir_all(folder).map_err(|source| ReportError {
        path: folder.to_owned(),
        source,
    })
}

fn write_file(path: &Path, text: &str) -> Result<(), ReportError> {
    fs::write(path, text).map_err(|source| ReportError {
        path: path.to_owned(),
        source,
    })
}
