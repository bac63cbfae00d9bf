//! How much detail of a run fits on one page: a small run is shown whole; of a large one the page shows what decides, and
//! `summary.csv` has the rest.

use analysis::Summary;
use record::plan::LoadId;

use crate::words::unit;

/// Number of cells (models times loads) up to which everything is shown: more do not fit into 600 KB.
const CELLS: usize = 120;

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Everything.
    Full,
    /// For each scenario only what decides, and the costs under a few loads.
    Reduced,
}

impl Detail {
    /// The detail for this run, the same in all its figures and tables.
    pub fn of(summary: &Summary) -> Self {
        if summary.measured_loads().count() * summary.contenders.len() <= CELLS {
            Self::Full
        } else {
            Self::Reduced
        }
    }

    /// What a caption says about the figures of its table.
    pub fn of_values(self, summary: &Summary, loads: &[LoadId]) -> String {
        let unit = unit(summary, loads);
        match self {
            Self::Full => format!("median [lowest – highest {unit}]"),
            Self::Reduced => format!("median (for the range of the {unit}s see summary.csv)"),
        }
    }
}
