//! The first paragraphs of a report: what was found, what the run cannot say, and its warnings.

use analysis::{Summary, Warning};
use record::plan::{Load, LoadId};

use crate::done::capitalised;
use crate::phrases::{SPINS, all_of, any_of, situation};
use crate::questions::choices;

/// Models named in a sentence; more are counted.
const NAMED: usize = 4;

/// What the run shows, in two or three sentences: which models to take for few busy clients and for many silent ones.
pub fn what_was_found(summary: &Summary) -> String {
    let loads = summary.advised_loads();
    if loads.is_empty() {
        return "Nothing could be measured; see the reasons in the table of medians.".to_owned();
    }
    let (slices, all_slices) = summary.disturbed_slices();
    let is_disturbed = summary.disturbed() * 4 > summary.finished || slices * 4 > all_slices;
    let disturbed = is_disturbed.then(|| {
        "Other programs disturbed much of this run. Do not trust its figures; measure again."
            .to_owned()
    });
    let advice = loads.into_iter().map(|load| advice(summary, load));
    disturbed
        .into_iter()
        .chain(advice)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Which models to take for a load, how far the others are behind, and how sure that is.
fn advice(summary: &Summary, load: LoadId) -> String {
    let choice = summary.choice(load);
    let situation = situation(summary, load);
    if choice.good.is_empty() {
        return format!("With {situation}, no model served every client.");
    }
    let good = any_of(summary, &choice.good, NAMED);
    let certainty = choices::certainty(summary, &choice);
    let mut facts = vec![choices::behind(summary, &choice), certainty];
    if !choice.spinning.is_empty() {
        let spinning = all_of(summary, &choice.spinning, usize::MAX);
        facts.push(format!("{spinning} {SPINS}"));
    }
    format!("With {situation}, choose {good} ({}).", facts.join("; "))
}

/// What the run does not cover.
pub fn what_it_cannot_say(summary: &Summary) -> String {
    let lacks = |is_kind: fn(&Load) -> bool| !summary.loads.iter().any(is_kind);
    let missing = [
        (
            lacks(|load| load.active < load.connections),
            "idle or slow clients",
        ),
        (
            lacks(|load| load.rate.is_some()),
            "fixed request rates (open loop)",
        ),
        (
            lacks(|load| load.objective.is_some()),
            "the highest rate within an objective",
        ),
        (true, "real networks (loopback only)"),
    ];
    let missing = missing.into_iter().filter(|(is_missing, _)| *is_missing);
    let words: Vec<&str> = missing.map(|(_, words)| words).collect();
    format!("This run does not cover: {}.", words.join("; "))
}

/// A warning, with the number of trials that it concerns. The life of a server in a sitting counts as one.
pub fn warning(summary: &Summary, warning: &Warning) -> String {
    let things = if summary.has_rounds() {
        "sittings and trials of a server"
    } else {
        "trials"
    };
    match warning {
        Warning::Run(warning) => capitalised(&warning.to_string()),
        Warning::Trials {
            worst,
            count,
            trials,
        } => format!("In {count} of {trials} {things} (worst case): {worst}"),
    }
}
