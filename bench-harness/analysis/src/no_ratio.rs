//! Why a contender that was measured in rounds has no ratio to the baseline.

use std::fmt;

use record::number::counted;
use record::plan::{ContenderId, LoadId};

use crate::summary::Summary;

/// Why there is no ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRatio {
    /// Other programs disturbed all of its slices.
    AllDisturbed {
        /// The number of slices.
        slices: usize,
    },
    /// Other programs disturbed all slices of the baseline beside those that count.
    NoNeighbours {
        /// The number of slices that count.
        slices: usize,
    },
}

impl Summary {
    /// Why this contender has no ratio to the baseline in the figure that decides under this load, although it was measured in rounds;
    /// `None` if it has one, or if it has none for another reason.
    pub fn no_ratio(&self, contender: ContenderId, load: LoadId) -> Option<NoRatio> {
        let cell = self.cell(contender, load);
        let has_ratio =
            contender == self.baseline || cell.compared.contains_key(&self.deciding(load));
        let slices = cell.rounds.slices;
        if has_ratio || !cell.is_paired() || cell.rounds.count() > 0 {
            return None;
        }
        Some(match slices {
            0 => NoRatio::AllDisturbed {
                slices: cell.rounds.disturbed,
            },
            slices => NoRatio::NoNeighbours { slices },
        })
    }
}

impl fmt::Display for NoRatio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::AllDisturbed { slices } => write!(
                f,
                "other programs disturbed all of its {}; close them and measure again",
                counted(slices, "slice")
            ),
            Self::NoNeighbours { slices } => write!(
                f,
                "other programs disturbed the baseline beside all of its {}; close them and measure again",
                counted(slices, "slice")
            ),
        }
    }
}
