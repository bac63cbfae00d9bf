//! How much of a run fits on one page: a small run is shown whole; of a large one the page shows what decides, and `summary.csv` the rest.

use analysis::{Metric, Summary};

use super::{absent, written};

/// Cells (models times loads) of which everything is shown: more do not fit into 400 KB.
const CELLS: usize = 120;

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Everything.
    Plenty,
    /// Of each scenario what decides there, and the costs of the main one.
    Little,
}

impl Room {
    /// The room of this run, which all its figures and tables have in common.
    pub fn of(summary: &Summary) -> Self {
        let asked = summary.loads.iter().filter(|load| !load.is_probe());
        if asked.count() * summary.contenders.len() <= CELLS {
            Self::Plenty
        } else {
            Self::Little
        }
    }

    /// This many, or only so few.
    pub const fn panels(self, all: usize, few: usize) -> usize {
        match self {
            Self::Plenty => all,
            Self::Little => few,
        }
    }

    /// A figure in a table, with its range where there is room, or why it is not there.
    pub fn written(
        self,
        summary: &Summary,
        contender: usize,
        load: usize,
        metric: Metric,
    ) -> String {
        match (self, summary.median(contender, load, metric)) {
            (Self::Plenty, _) => written(summary, contender, load, metric),
            (Self::Little, Some(median)) => metric.unit().write(median),
            (Self::Little, None) => absent(summary, contender, load).to_owned(),
        }
    }

    /// What a caption says about the figures of its table.
    pub const fn of_trials(self) -> &'static str {
        match self {
            Self::Plenty => "median [lowest – highest trial]",
            Self::Little => "median (the range of the trials stands in summary.csv)",
        }
    }
}
