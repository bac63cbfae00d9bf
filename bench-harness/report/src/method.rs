//! How ratios and verdicts are made, in sentences: from rounds, or from trials with fresh processes.

use analysis::{Cell, Summary, detects, fewest_blocks, fewest_rounds};
use record::number::{counted, percent};
use record::plan::{ContenderId, LoadId};

use crate::phrases::SPINS;
use crate::words::zone;

/// How the intervals of these loads are made.
pub fn intervals(summary: &Summary, loads: &[LoadId]) -> String {
    let (paired, fresh): (Vec<_>, Vec<_>) = loads
        .iter()
        .copied()
        .partition(|&load| summary.is_paired(load));
    let baseline = &summary.contenders[summary.baseline].name;
    let in_trials = || {
        format!(
            "the exact Mann-Whitney interval around the Hodges-Lehmann estimate, from {} each",
            counted(summary.blocks, "trial")
        )
    };
    match (paired.first(), fresh.is_empty()) {
        (None, _) => format!("It is {}.", in_trials()),
        (Some(&load), _) if !is_of_the_plan(summary, load) => format!(
            "Model and {baseline} were both measured in rounds beside a third model; their ratios to it are compared, one a \
             sitting (Hodges-Lehmann estimate, exact Mann-Whitney interval)."
        ),
        (Some(_), is_all) => {
            let others = if is_all {
                String::new()
            } else {
                format!(" Without rounds it is {}.", in_trials())
            };
            format!(
                "A round compares a slice of the model with the two neighbouring slices of {baseline} (Hodges-Lehmann estimate, exact \
                 signed rank interval). If sittings differ more than their rounds predict, the sitting is the unit.{others}"
            )
        }
    }
}

/// True if the baseline is that of the plan, beside which all others were measured.
fn is_of_the_plan(summary: &Summary, load: LoadId) -> bool {
    summary.cell(summary.baseline, load).rounds.count() == 0
}

/// The rule that gives the words.
pub fn words(summary: &Summary) -> String {
    let has = |is_such: fn(&Cell) -> bool| {
        let mut cells = summary.cell_ids().map(|(id, load)| summary.cell(id, load));
        cells.any(is_such)
    };
    let behind = if has(|cell| cell.behind().is_some()) {
        " Behind: the server answered fewer requests than were offered, so it did not do the same work."
    } else {
        ""
    };
    let spins = if has(|cell| cell.spins) {
        format!(" Spins: it {SPINS}, so its CPU time is no cost of a request.")
    } else {
        String::new()
    };
    format!(
        "Faster, slower, cheaper, dearer: the interval is outside a zone of {} around 1, and the exact test is significant after \
         Holm's correction for all models of the column. Equivalent: the interval is inside the zone.{behind}{spins}",
        zone(summary.zone())
    )
}

/// The comparisons that this many rounds or trials can decide.
pub fn precision(summary: &Summary, loads: &[LoadId]) -> String {
    let is_compared = |contender: &ContenderId| {
        let is_baseline = *contender == summary.baseline;
        !is_baseline && summary.contenders[*contender].unsupported.is_none()
    };
    let comparisons = summary.models().filter(is_compared).count();
    let rounds = fewest(summary, loads);
    match rounds {
        Some(rounds) => of_rounds(rounds, comparisons),
        None => of_trials(summary, comparisons),
    }
}

/// The fewest rounds of a contender under one of these loads; `None` without rounds.
fn fewest(summary: &Summary, loads: &[LoadId]) -> Option<usize> {
    let cells = summary
        .models()
        .flat_map(|contender| loads.iter().map(move |&load| summary.cell(contender, load)));
    cells
        .map(|cell| cell.rounds.count())
        .filter(|rounds| *rounds > 0)
        .min()
}

fn of_rounds(rounds: usize, comparisons: usize) -> String {
    let needed = fewest_rounds(comparisons);
    let (rounds_in_words, comparisons) =
        (counted(rounds, "round"), counted(comparisons, "comparison"));
    if rounds < needed {
        format!("{rounds_in_words} cannot decide {comparisons} at once; {needed} can")
    } else {
        format!(
            "{rounds_in_words} or more of each model; {comparisons} at once need at least {needed}"
        )
    }
}

fn of_trials(summary: &Summary, comparisons: usize) -> String {
    let blocks = counted(summary.blocks, "block");
    match detects(summary.blocks, comparisons) {
        Some(share) => format!(
            "{blocks} can detect differences of about {}",
            percent(share)
        ),
        None => format!(
            "{blocks} cannot decide {} at once, however large the differences; at least {} are needed",
            counted(comparisons, "comparison"),
            fewest_blocks(comparisons, summary.twin().is_some())
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_rounds_are_said_to_be_too_few() {
        assert_eq!(
            of_rounds(3, 12),
            "3 rounds cannot decide 12 comparisons at once; 9 can"
        );
        assert_eq!(
            of_rounds(30, 12),
            "30 rounds or more of each model; 12 comparisons at once need at least 9"
        );
    }
}
