//! A plan in words: contenders, loads, order and duration.

use std::fmt::Write as _;
use std::time::Duration;

use analysis::fewest_rounds;
use record::number::{counted, grouped, percent, significant, waiting};
use record::plan::{Contender, ContenderId, Load, LoadId, Plan, Scenario, Sitting};

use crate::words::zone;

/// The output of `echolab plan`, with the whole order if wanted.
pub fn plan(plan: &Plan, with_order: bool) -> String {
    let timing = &plan.timing;
    let up_to = match plan.least_blocks {
        Some(least) => format!("{least} to "),
        None => String::new(),
    };
    let mut text = format!(
        "{}: {} x {} x {up_to}{}, about {}, {} of it under load\n\ntrial      {} s warm-up, {} s measured\n{}\
         baseline   {}\nseed       {}\n\nscenarios\n",
        counted(plan.trials().count(), "trial"),
        counted(plan.contenders.len(), "model"),
        counted(plan.loads.len(), "load"),
        counted(plan.rounds(), "block"),
        waiting(plan.expected()),
        percent(plan.share_under_load()),
        significant(timing.warm_up_s),
        significant(timing.duration_s),
        sittings(plan),
        plan.baseline,
        plan.seed
    );
    for scenario in &plan.scenarios {
        text += &scenario_text(plan, scenario);
    }
    text += "\nmodels\n";
    let width = width(plan);
    for (id, contender) in ContenderId::all(&plan.contenders).zip(&plan.contenders) {
        let line = format!("  {:width$}{}", contender.name, contender.family.name());
        writeln!(text, "{}", line.trim_end()).expect("a string takes all text");
        for remark in remarks(plan, id, contender) {
            writeln!(text, "    {remark}").expect("a string takes all text");
        }
    }
    if with_order {
        text += &order(plan);
    }
    text
}

/// The sittings and what they can decide; empty if there are none.
fn sittings(plan: &Plan) -> String {
    let Some(rounds) = plan.sittings.iter().map(|sitting| sitting.rounds).max() else {
        return String::new();
    };
    let paired = LoadId::all(&plan.loads).filter(|&load| plan.is_paired(load));
    let windows = paired.map(|load| plan.slicing(load, None).window);
    let (shortest, longest) = windows
        .fold((Duration::MAX, Duration::ZERO), |(low, high), window| {
            (low.min(window), high.max(window))
        });
    let slices = if shortest == longest {
        format!("{} ms", shortest.as_millis())
    } else {
        format!("{} to {} ms", shortest.as_millis(), longest.as_millis())
    };
    format!(
        "sittings   {} of {}, in slices of {slices}\nzone       {} around 1 counts as equal\n{}",
        grouped(plan.sittings.len() as u64),
        counted(rounds, "round"),
        zone(plan.zone),
        too_few(plan, rounds).unwrap_or_default()
    )
}

/// A warning if the rounds can never decide this many comparisons.
fn too_few(plan: &Plan, rounds_of_sitting: usize) -> Option<String> {
    let takes_part =
        |contender: &&Contender| contender.twin_of.is_none() && contender.unsupported.is_none();
    let comparisons = plan
        .contenders
        .iter()
        .filter(takes_part)
        .count()
        .saturating_sub(1);
    let (rounds, needed) = (
        rounds_of_sitting * plan.rounds(),
        fewest_rounds(comparisons),
    );
    (rounds < needed).then(|| {
        format!(
            "warning    {} cannot decide {}; {needed} can: use more --rounds or --blocks\n",
            counted(rounds, "round"),
            counted(comparisons, "comparison")
        )
    })
}

/// Columns for the names of contenders, in characters.
fn width(plan: &Plan) -> usize {
    let names = plan.contenders.iter().map(|contender| contender.name.len());
    names.max().unwrap_or(0).max(22) + 2
}

/// A scenario: its question, its steps, and the label of its last load.
fn scenario_text(plan: &Plan, scenario: &Scenario) -> String {
    let loads = || {
        plan.loads
            .iter()
            .filter(|load| load.scenario == scenario.name)
    };
    let steps: Vec<_> = loads().map(|load| significant(load.step)).collect();
    let last = loads().next_back().map_or(String::new(), Load::label);
    format!(
        "  {:11}{}\n  {:11}{}: {} (the last: {last})\n",
        scenario.name,
        scenario.question,
        "",
        scenario.axis,
        steps.join(", "),
    )
}

/// What is known about a contender before the run.
fn remarks(plan: &Plan, id: ContenderId, contender: &Contender) -> Vec<String> {
    let mut remarks = Vec::new();
    if contender.reference_line {
        remarks.push("a reference line: never recommended".to_owned());
    }
    if let Some(reason) = &contender.unsupported {
        remarks.push(format!("cannot run here: {reason}"));
        return remarks;
    }
    if contender.datagrams {
        remarks.push("serves datagrams (UDP)".to_owned());
    }
    if let Some(twin) = &contender.twin_of {
        remarks.push(format!("the control: {twin} a second time"));
    }
    let scenarios = plan.scenarios.iter();
    remarks.extend(scenarios.filter_map(|scenario| not_measured(plan, id, scenario)));
    let measured =
        LoadId::all(&plan.loads).filter(|&load| plan.unsupported_reason(id, load).is_none());
    let waiting = measured.map(|load| plan.declared_waiting(id, load)).max();
    if let (Some(capacity), Some(waiting @ 1..)) = (contender.capacity, waiting) {
        remarks.push(format!(
            "serves at most {} at once: up to {} clients wait",
            grouped(capacity as u64),
            grouped(waiting as u64)
        ));
    }
    remarks
}

/// The steps of a scenario in which a contender is not measured, with the reason; `None` if there are none.
fn not_measured(plan: &Plan, id: ContenderId, scenario: &Scenario) -> Option<String> {
    let loads = LoadId::all(&plan.loads);
    let is_out = |&load: &LoadId| {
        plan.loads[load].scenario == scenario.name && plan.unsupported_reason(id, load).is_some()
    };
    let reason = plan.unsupported_reason(id, loads.clone().find(is_out)?)?;
    let steps = loads.filter(is_out);
    let steps: Vec<_> = steps
        .map(|load| significant(plan.loads[load].step))
        .collect();
    Some(format!(
        "not in {} {}: {reason}",
        scenario.name,
        steps.join(", ")
    ))
}

fn order(plan: &Plan) -> String {
    let mut text = String::new();
    let width = width(plan);
    for block in 0..plan.blocks.len() {
        let name = match block.checked_sub(plan.first_block()) {
            Some(round) => format!("block {}", round + 1),
            None => format!("probe {}", block + 1),
        };
        writeln!(text, "\n{name}").expect("a string takes all text");
        for (_, sitting) in plan.sittings_of(block) {
            text += &sitting_text(plan, sitting);
        }
        for trial in plan.trials_of(block) {
            let (contender, load) = (&plan.contenders[trial.contender], &plan.loads[trial.load]);
            writeln!(
                text,
                "  {:width$}{:11}{}",
                contender.name,
                load.scenario,
                load.label()
            )
            .expect("a string takes all text");
        }
    }
    text
}

/// A sitting: its load, its rounds, and its contenders.
fn sitting_text(plan: &Plan, sitting: &Sitting) -> String {
    let load = &plan.loads[sitting.load];
    let names = sitting.contenders.iter();
    let names: Vec<&str> = names
        .map(|&contender| plan.contenders[contender].name.as_str())
        .collect();
    format!(
        "  {} of {}, {}: {}\n",
        counted(sitting.rounds, "round"),
        load.scenario,
        load.label(),
        names.join(", ")
    )
}
