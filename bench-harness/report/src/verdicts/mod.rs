//! Questions that tables answer: the verdicts, the differences between starts, the peak, the capacity, the memory of a connection, and
//! the claims.

mod capacity;
mod claims;
mod comparison;
mod connection;
mod peak;
mod section;
mod starts;

use analysis::Summary;
use record::plan::LoadId;

use crate::detail::Detail;

pub use section::Section;

/// The questions that this run can answer.
pub fn sections(summary: &Summary) -> Vec<Section> {
    let loads: Vec<LoadId> = match Detail::of(summary) {
        Detail::Full => summary.load_ids().collect(),
        Detail::Reduced => vec![summary.shown_load()],
    };
    sections_at(summary, &loads)
}

/// The same questions, with verdicts under these loads only.
pub fn sections_at(summary: &Summary, loads: &[LoadId]) -> Vec<Section> {
    let mut sections = vec![
        comparison::section(summary, loads),
        starts::section(summary),
        peak::section(summary, loads),
        capacity::section(summary),
        connection::section(summary),
    ];
    sections.retain(|section| !section.tables.is_empty());
    sections.extend(claims::section(summary));
    sections
}
