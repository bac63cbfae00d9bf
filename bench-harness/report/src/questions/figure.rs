//! A figure with all that belongs to it: its question, how to read it, what it does not show, drawings, and data.

use crate::svg::Panel;
use crate::table::Table;

/// One question and its answer.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Its anchor and file name.
    pub id: String,
    /// Its subject in a word or two, for the table of contents.
    pub short: String,
    /// The question that it answers.
    pub question: String,
    /// How to read it.
    pub how_to_read: String,
    /// What it does not show.
    pub not_shown: String,
    /// The drawings, one or several side by side.
    pub panels: Vec<Panel>,
    /// The data.
    pub table: Table,
}
