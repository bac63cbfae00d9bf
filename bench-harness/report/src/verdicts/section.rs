//! A question that tables answer.

use crate::table::Table;

/// A question with its tables.
pub struct Section {
    /// Its anchor.
    pub id: &'static str,
    /// The question.
    pub question: String,
    /// How to read the tables.
    pub how_to_read: String,
    /// The answers; empty if this run has none.
    pub tables: Vec<Table>,
}
