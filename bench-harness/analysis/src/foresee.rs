//! Says before a run which comparisons its plan can never decide.

use std::fmt;

use record::number::counted;
use record::plan::{ContenderId, LoadId, Plan};

use crate::family::{fewest_blocks, fewest_rounds};

/// Loads whose comparisons can never become `faster` or `slower`, however large the differences are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecidable {
    /// The loads.
    pub loads: Vec<LoadId>,
    /// Why.
    pub reason: Shortage,
}

/// What a plan has too little of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortage {
    /// The baseline is not measured a second time.
    Control,
    /// Rounds.
    Rounds(Lack),
    /// Trials with fresh processes.
    Blocks(Lack),
}

/// A number that is too small for a number of comparisons at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lack {
    /// The planned number.
    pub planned: usize,
    /// Models compared with the baseline.
    pub comparisons: usize,
    /// The number that is enough.
    pub needed: usize,
}

/// The loads of a plan that can never be decided, those with the same reason together.
pub fn undecidable(plan: &Plan) -> Vec<Undecidable> {
    let mut found: Vec<Undecidable> = Vec::new();
    for load in LoadId::all(&plan.loads).filter(|&load| !plan.is_probe(load)) {
        let Some(reason) = shortage(plan, load) else {
            continue;
        };
        match found.iter_mut().find(|known| known.reason == reason) {
            Some(known) => known.loads.push(load),
            None => found.push(Undecidable {
                loads: vec![load],
                reason,
            }),
        }
    }
    found
}

/// What is missing under a load; `None` if nothing is, or if there is nothing to compare.
fn shortage(plan: &Plan, load: LoadId) -> Option<Shortage> {
    let is_compared = |&id: &ContenderId| {
        let contender = &plan.contenders[id];
        let is_other = contender.twin_of.is_none() && contender.name != plan.baseline;
        is_other && plan.unsupported_reason(id, load).is_none()
    };
    let compared: Vec<ContenderId> = ContenderId::all(&plan.contenders)
        .filter(is_compared)
        .collect();
    let comparisons = compared.len();
    let has_twin = plan.contenders.iter().any(|one| one.twin_of.is_some());
    if comparisons == 0 {
        return None;
    }
    if !has_twin {
        return Some(Shortage::Control);
    }
    let lack = |planned, needed| {
        let lack = Lack {
            planned,
            comparisons,
            needed,
        };
        (planned < needed).then_some(lack)
    };
    if plan.is_paired(load) {
        let rounds = compared.iter().map(|&id| plan.rounds_of(id, load)).min()?;
        return lack(rounds, fewest_rounds(comparisons)).map(Shortage::Rounds);
    }
    lack(plan.most_blocks(), fewest_blocks(comparisons, true)).map(Shortage::Blocks)
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lack, thing, option) = match self {
            Self::Control => {
                return f.write_str(
                    "without a control no model gets a verdict; remove --no-twin, so that the baseline is measured twice",
                );
            }
            Self::Rounds(lack) => (lack, "round", "--rounds or --blocks"),
            Self::Blocks(lack) => (lack, "block", "--blocks"),
        };
        let Lack {
            planned,
            comparisons,
            needed,
        } = lack;
        write!(
            f,
            "{} cannot decide {}; {needed} can: give more with {option}",
            counted(*planned, thing),
            counted(*comparisons, "comparison")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shortage_ends_with_what_to_do() {
        let lack = Lack {
            planned: 3,
            comparisons: 12,
            needed: 9,
        };
        assert_eq!(
            Shortage::Rounds(lack).to_string(),
            "3 rounds cannot decide 12 comparisons; 9 can: give more with --rounds or --blocks"
        );
        for shortage in [
            Shortage::Control,
            Shortage::Rounds(lack),
            Shortage::Blocks(lack),
        ] {
            assert!(shortage.to_string().contains("; "), "{shortage}");
        }
    }
}
