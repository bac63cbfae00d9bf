//! The comparison once more, with other baselines: which ones, and under which loads.

use analysis::Summary;

use super::super::words::telling;
use super::{Figure, Room, ratios};

/// The comparison with some other baselines, with their names. Two questions are asked besides the plan's: what any of the designs gains
/// over the simplest one, which serves one client at a time; and what is given up with any other than the one that is most often
/// among those to take. Whoever has another question gives `echolab report` a baseline.
pub fn baselines(summary: &Summary) -> Vec<(String, Figure)> {
    let loads = loads(summary);
    let simplest = summary
        .contenders
        .iter()
        .position(|who| who.capacity == Some(1));
    let mut others: Vec<usize> = simplest.into_iter().chain(most_taken(summary)).collect();
    others.retain(|&contender| contender != summary.baseline);
    others.dedup();
    let figure = |contender: usize| {
        let other = summary.against(contender, &loads);
        let name = other.contenders[contender].name.clone();
        Some((name, ratios::of(&other, &loads)?))
    };
    others.into_iter().filter_map(figure).collect()
}

/// All that the plan's baseline is shown under; where there is little room, those that the first sentences are about.
fn loads(summary: &Summary) -> Vec<usize> {
    match Room::of(summary) {
        Room::Plenty => ratios::drawn(summary),
        Room::Little => telling(summary),
    }
}

/// Who is most often among those to take; of several the first.
fn most_taken(summary: &Summary) -> Option<usize> {
    let mut taken = vec![0_usize; summary.contenders.len()];
    let asked = ratios::every(summary);
    for contender in asked.into_iter().flat_map(|load| summary.choice(load).good) {
        taken[contender] += 1;
    }
    let most = taken.iter().max().filter(|most| **most > 0)?;
    taken.iter().position(|times| times == most)
}
