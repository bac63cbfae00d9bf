//! The first paragraphs of a report: what was done, what was found, what the run cannot say, and its warnings.

use analysis::{Summary, Warning};
use record::number::{counted, grouped, significant, times};
use record::plan::{Load, LoadId};
use record::store::Run;

use crate::phrases::{any_of, situation};
use crate::questions::choices;

/// Models named in a sentence; more are counted.
const NAMED: usize = 4;

/// What was done, in a few sentences.
pub fn what_was_done(run: &Run, summary: &Summary) -> String {
    let loads: Vec<LoadId> = summary.measured_loads().collect();
    let scenarios = summary.scenario_names();
    let kinds = if scenarios.len() > 1 {
        format!("of the scenarios {}", scenarios.join(", "))
    } else {
        let connections = loads.iter().map(|&load| summary.loads[load].connections);
        let connections = connections.map(|count| grouped(count as u64));
        format!("{} connections", connections.collect::<Vec<_>>().join(", "))
    };
    let payload = loads.first().map_or(0, |&load| summary.loads[load].payload);
    format!(
        "This run measured {}{} under {} ({kinds}). Messages had {payload} bytes, and every echo was verified. Each model ran \
         {} for {} s under each load, in random order; {} of {} trials are finished. Every trial had a new server process and a \
         new generator process; {}.",
        counted(summary.models().count(), "model"),
        measured_twice(summary),
        counted(loads.len(), "load"),
        times(summary.blocks),
        significant(run.plan.timing.duration_s),
        summary.finished,
        summary.planned,
        run.environment.pinning.sentence(),
    )
}

/// Which model was measured a second time, if one was.
fn measured_twice(summary: &Summary) -> String {
    match summary.control() {
        Some((first, _)) if first == summary.baseline => {
            ", and the baseline a second time as the control,".to_owned()
        }
        Some((first, _)) => format!(
            ", and {} a second time as the control,",
            summary.contenders[first].name
        ),
        None => String::new(),
    }
}

/// What the run shows, in two or three sentences: which models to take for few busy clients and for many silent ones.
pub fn what_was_found(summary: &Summary) -> String {
    let loads = summary.advised_loads();
    if loads.is_empty() {
        return "Nothing could be measured; see the reasons in the table of medians.".to_owned();
    }
    let is_disturbed = summary.disturbed() * 4 > summary.finished;
    let disturbed = is_disturbed.then(|| {
        "Other programs disturbed many trials of this run. Do not trust its figures; measure again."
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
    let behind = choices::behind(summary, &choice);
    let certainty = choices::certainty(summary, &choice);
    format!("With {situation}, choose {good} ({behind}; {certainty}).")
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

/// A warning, with the number of trials that it concerns.
pub fn warning(warning: &Warning) -> String {
    match warning {
        Warning::Run(warning) => capitalised(&warning.to_string()),
        Warning::Trials {
            worst,
            count,
            trials,
        } => format!("In {count} of {trials} trials (worst case): {worst}"),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
