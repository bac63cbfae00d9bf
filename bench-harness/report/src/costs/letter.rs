//! The word of a comparison as a letter, with its meaning for the legend.

use analysis::{Cell, Metric, Verdict};

use crate::words::zone;

/// A word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    Cheaper,
    Dearer,
    Faster,
    Slower,
    Equivalent,
    Undecided,
    Spins,
    NoVerdict,
}

impl Letter {
    /// All letters, in the order of the legend.
    pub const ALL: [Self; 8] = [
        Self::Cheaper,
        Self::Dearer,
        Self::Faster,
        Self::Slower,
        Self::Equivalent,
        Self::Undecided,
        Self::Spins,
        Self::NoVerdict,
    ];

    /// The letter of a contender in this figure; `None` for the baseline and the control, or without a comparison.
    pub fn of(cell: &Cell, metric: Metric) -> Option<Self> {
        let is_cost = metric
            .words()
            .is_some_and(|(better, _)| better == "cheaper");
        Some(match cell.compared.get(&metric)?.verdict {
            Verdict::Better if is_cost => Self::Cheaper,
            Verdict::Worse if is_cost => Self::Dearer,
            Verdict::Better => Self::Faster,
            Verdict::Worse => Self::Slower,
            Verdict::Equivalent => Self::Equivalent,
            Verdict::Inconclusive(_) => Self::Undecided,
            Verdict::Barred(_) if cell.spins && metric == Metric::Cpu => Self::Spins,
            Verdict::Barred(_) => Self::NoVerdict,
            Verdict::Control => return None,
        })
    }

    /// The letter.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::Cheaper => "C",
            Self::Dearer => "D",
            Self::Faster => "F",
            Self::Slower => "S",
            Self::Equivalent => "E",
            Self::Undecided => "U",
            Self::Spins => "P",
            Self::NoVerdict => "N",
        }
    }

    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cheaper => "cheaper",
            Self::Dearer => "dearer",
            Self::Faster => "faster",
            Self::Slower => "slower",
            Self::Equivalent => "equivalent",
            Self::Undecided => "undecided",
            Self::Spins => "spins",
            Self::NoVerdict => "no verdict",
        }
    }

    /// The word, and what it means in a run with this zone of indifference.
    pub fn meaning(self, zone_of_indifference: f64) -> String {
        match self {
            Self::Cheaper | Self::Dearer | Self::Faster | Self::Slower => self.word().to_owned(),
            Self::Equivalent => format!(
                "equivalent: no difference of {} shown",
                zone(zone_of_indifference)
            ),
            Self::Undecided => "undecided: more rounds may decide it".to_owned(),
            Self::Spins => "spins: uses a whole CPU even if no client asks".to_owned(),
            Self::NoVerdict => "no verdict, for the reason below the table".to_owned(),
        }
    }
}
