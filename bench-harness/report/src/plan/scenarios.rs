//! The scenarios of a plan in words: the question, the steps, and how each load is measured.

use record::number::{counted, significant};
use record::plan::{Load, LoadId, Plan, Scenario};

use super::range;
use crate::paragraph::hanging;

/// Space below the name of a scenario.
const INDENT: &str = "             ";

/// A scenario: its question, its steps, the label of its last load, and how it is measured.
pub fn scenario_text(plan: &Plan, scenario: &Scenario) -> String {
    let is_own = |&load: &LoadId| plan.loads[load].scenario == scenario.name;
    let loads: Vec<LoadId> = LoadId::all(&plan.loads).filter(is_own).collect();
    let last = loads.last().map(|&load| &plan.loads[load]);
    let mut text = hanging(&format!("  {:11}", scenario.name), &scenario.question);
    let details = format!(
        "{}: {} (the last: {})",
        scenario.axis,
        steps(plan, &loads),
        last.map_or(String::new(), Load::label),
    );
    text += &hanging(INDENT, &details);
    let (paired, fresh): (Vec<_>, Vec<_>) = loads
        .iter()
        .copied()
        .partition(|&load| plan.is_paired(load));
    let is_mixed = !paired.is_empty() && !fresh.is_empty();
    for (loads, how) in [
        (paired, in_rounds as fn(&Plan, &[LoadId]) -> _),
        (fresh, in_trials),
    ] {
        let which = if is_mixed {
            format!("{}: ", steps(plan, &loads))
        } else {
            String::new()
        };
        if !loads.is_empty() {
            text += &hanging(INDENT, &format!("{which}{}", how(plan, &loads)));
        }
    }
    text
}

/// The steps of these loads as a list.
pub fn steps(plan: &Plan, loads: &[LoadId]) -> String {
    let steps = loads.iter().map(|&load| significant(plan.loads[load].step));
    steps.collect::<Vec<_>>().join(", ")
}

/// How loads are measured in rounds.
fn in_rounds(plan: &Plan, loads: &[LoadId]) -> String {
    let windows = loads.iter().map(|&load| plan.slicing(load, None).window);
    let windows: Vec<usize> = windows.map(|window| window.as_millis() as usize).collect();
    // The length of a slice follows from its rate, which the probe finds.
    let depends = loads.iter().any(|&load| plan.loads[load].needs_peak());
    let about = if depends { "about " } else { "" };
    format!("in rounds, slices of {about}{} ms", range(&windows))
}

/// How loads are measured with fresh processes.
fn in_trials(plan: &Plan, loads: &[LoadId]) -> String {
    let trials = |&load: &LoadId| {
        let of_load = plan.fresh_trials().filter(|trial| trial.load == load);
        let mut blocks: Vec<usize> = of_load.map(|trial| trial.block).collect();
        blocks.dedup();
        blocks.len()
    };
    let most = loads.iter().map(trials).max().unwrap_or(0);
    let seconds = loads
        .first()
        .map_or(0.0, |&load| plan.timing_of(load).duration_s);
    format!(
        "fresh processes, {} of {} s each",
        counted(most, "trial"),
        significant(seconds)
    )
}
