//! Writes what `analysis` found, for people: a page, Markdown, a table for the terminal, and figures. The only arithmetic here is
//! about places on a page.
//!
//! ```text
//! summary ──> questions ──> figure (kinds of drawings) ──> svg (axes, marks, labels)
//!                 │
//!                 └──> answer · verdicts ──> page · markdown · terminal · data
//! ```
//!
//! Underneath are `phrases`, `values`, `words`, `method` and `table`, which all of them use.

pub mod answer;
pub mod causes;
mod costs;
pub mod data;
mod detail;
mod done;
mod explain;
pub mod figure;
mod handout;
mod machine;
mod markdown;
mod method;
mod next;
mod notes;
mod page;
pub mod paragraph;
mod phrases;
mod plan;
pub mod prices;
mod questions;
mod readme;
pub mod reasons;
pub mod site;
pub mod svg;
mod table;
mod terminal;
mod undecided;
mod values;
mod verdicts;
mod words;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use analysis::{Diff, Summary};
use record::store::Run;
use thiserror::Error;

pub use explain::prose;
pub use machine::of_environment;
pub use page::document::{animated_document, still_document};
pub use plan::{plan, plan_notes, plan_parts};
pub use readme::readme;
pub use table::Table;
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

/// Writes `report.html`, `report.md`, `summary.json`, `summary.csv` and the figures as separate files into the folder. Returns the
/// path of the page.
///
/// # Errors
/// The folder cannot be written.
pub fn write(folder: &Path, run: &Run, summary: &Summary) -> Result<PathBuf, ReportError> {
    let figures = questions::all(&questions::drawn::with_details(run, summary));
    let page = folder.join("report.html");
    write_file(&page, &page::html(run, summary, &figures))?;
    write_file(
        &folder.join("report.md"),
        &markdown::text(run, summary, &figures),
    )?;
    let document = data::Document::of(run, summary);
    write_file(&folder.join("summary.json"), &document.json())?;
    write_file(&folder.join("summary.csv"), &document.csv())?;
    let drawings = folder.join("figures");
    create(&drawings)?;
    if let Some(picture) = answer::picture(summary) {
        let picture = svg::panel::file(answer::QUESTION, &[picture]);
        write_file(&drawings.join("answer.svg"), &picture)?;
    }
    for figure in &figures {
        let picture = svg::panel::file(&figure.question, &figure.panels);
        write_file(&drawings.join(format!("{}.svg", figure.id)), &picture)?;
    }
    Ok(page)
}

/// Writes `diff.html`, `diff.md` and their figure about two runs into the folder, which is created if it does not exist. Returns the
/// path of the page.
///
/// # Errors
/// The folder cannot be written.
pub fn write_diff(
    folder: &Path,
    before: &Run,
    after: &Run,
    diff: &Diff,
) -> Result<PathBuf, ReportError> {
    create(&folder.join("figures"))?;
    let page = folder.join("diff.html");
    write_file(&page, &page::diff::html(before, after, diff))?;
    write_file(
        &folder.join("diff.md"),
        &markdown::diff(before, after, diff),
    )?;
    if let Some(figure) = questions::change::figure(diff, &before.plan.contenders) {
        let picture = svg::panel::file(&figure.question, &figure.panels);
        write_file(&folder.join("figures/change.svg"), &picture)?;
    }
    Ok(page)
}

fn create(folder: &Path) -> Result<(), ReportError> {
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
