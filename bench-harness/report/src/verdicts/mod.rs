//! Questions beside the cost tables: the predicted peak, the capacity, the memory of a connection, and the claims.

mod capacity;
mod claims;
mod connection;
mod peak;
mod section;

use analysis::Summary;
use record::plan::LoadId;

use crate::detail::Detail;

pub use claims::section as claims;
pub use section::Section;

/// The questions about costs that this run can answer, and that the cost tables do not.
pub fn beside_costs(summary: &Summary) -> Vec<Section> {
    let loads: Vec<LoadId> = match Detail::of(summary) {
        Detail::Full => summary.load_ids().collect(),
        Detail::Reduced => vec![summary.shown_load()],
    };
    let mut sections = vec![
        peak::section(summary, &loads),
        capacity::section(summary),
        connection::section(summary),
    ];
    sections.retain(|section| !section.tables.is_empty());
    sections
}
