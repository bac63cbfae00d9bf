//! A plan in words: how much is measured and how long it takes, the scenarios, the contenders, the order, and what the plan
//! cannot decide.

mod order;
mod scenarios;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::time::Duration;

use analysis::undecidable;
use record::number::{counted, grouped, percent, significant, waiting};
use record::plan::{Contender, ContenderId, LoadId, Plan, Scenario, Sitting};
use record::tally::Tally;

use order::order;
use scenarios::{scenario_text, steps};

use crate::paragraph::{hanging, wrapped};
use crate::words::zone;

/// The output of `echolab plan`, with the whole order if wanted.
pub fn plan(plan: &Plan, with_order: bool) -> String {
    let mut text = wrapped(&format!(
        "{}, about {}, {} of it under load",
        plan_parts(plan),
        waiting(plan.expected()),
        percent(plan.share_under_load()),
    ));
    text.push('\n');
    for (name, value) in settings(plan) {
        text += &hanging(&format!("{name:11}"), &value);
    }
    text += "\nscenarios\n";
    for scenario in &plan.scenarios {
        text += &scenario_text(plan, scenario);
    }
    text += "\nmodels\n";
    let width = width(plan);
    for (id, contender) in ContenderId::all(&plan.contenders).zip(&plan.contenders) {
        let line = format!("  {:width$}{}", contender.name, contender.family.name());
        writeln!(text, "{}", line.trim_end()).expect("a string takes all text");
        for remark in remarks(plan, id, contender) {
            text += &hanging("    ", &remark);
        }
    }
    if with_order {
        text += &order(plan, width);
    }
    for note in plan_notes(plan) {
        text.push('\n');
        text += &wrapped(&format!("note: {note}"));
    }
    text
}

/// The sittings and trials of a plan as part of a sentence. Trials of contenders that cannot take part do not count.
pub fn plan_parts(plan: &Plan) -> String {
    let planned = Tally::of(plan, &HashSet::new());
    let trials = counted(planned.trials.planned, "trial");
    if plan.sittings.is_empty() {
        return format!("{trials} with fresh processes");
    }
    let rounds = plan.sittings.iter().map(|sitting| sitting.rounds);
    let most = rounds.max().unwrap_or(0);
    let sittings = format!(
        "{} of {}",
        counted(plan.sittings.len(), "sitting"),
        counted(most, "round")
    );
    match planned.trials.planned {
        0 => sittings,
        _ => format!("{sittings} and {trials} with fresh processes"),
    }
}

/// What a plan can never decide, a sentence each.
pub fn plan_notes(plan: &Plan) -> Vec<String> {
    let measured = LoadId::all(&plan.loads).filter(|&load| !plan.is_probe(load));
    let all: Vec<LoadId> = measured.collect();
    let note = |found: analysis::Undecidable| {
        if found.loads == all {
            return found.reason.to_string();
        }
        let of = |scenario: &Scenario| {
            let loads = found.loads.iter().copied();
            let own: Vec<LoadId> = loads
                .filter(|&load| plan.loads[load].scenario == scenario.name)
                .collect();
            (!own.is_empty()).then(|| format!("{} {}", scenario.name, steps(plan, &own)))
        };
        let loads: Vec<String> = plan.scenarios.iter().filter_map(of).collect();
        format!("{}: {}", loads.join("; "), found.reason)
    };
    undecidable(plan).into_iter().map(note).collect()
}

/// What holds for the whole plan: names and values.
fn settings(plan: &Plan) -> Vec<(&'static str, String)> {
    let up_to = match plan.least_blocks {
        Some(least) => format!("{least} to "),
        None => String::new(),
    };
    let mut settings = vec![("blocks", format!("{up_to}{}", plan.most_blocks()))];
    if !plan.sittings.is_empty() {
        settings.push(("rounds", rounds(plan)));
    }
    if plan.sittings.is_empty() || plan.blocks.iter().any(|block| !block.is_empty()) {
        settings.push((
            "trial",
            format!("{} s warm-up", significant(plan.timing.warm_up_s)),
        ));
    }
    if let Some(budget) = plan.budget_s {
        let time = waiting(Duration::from_secs_f64(budget.clamp(0.0, 1e9)));
        settings.push((
            "time",
            format!("{time}; what is left at the end goes to undecided comparisons"),
        ));
    }
    settings.extend([
        (
            "zone",
            format!("{} around 1 counts as equal", zone(plan.zone)),
        ),
        ("baseline", plan.baseline.clone()),
        ("seed", plan.seed.to_string()),
    ]);
    settings
}

/// The rounds of a model under a load, and the slices of the whole plan.
fn rounds(plan: &Plan) -> String {
    let cells = ContenderId::all(&plan.contenders)
        .filter(|&id| plan.contenders[id].name != plan.baseline)
        .flat_map(|id| LoadId::all(&plan.loads).map(move |load| plan.rounds_of(id, load)));
    let rounds: Vec<usize> = cells.filter(|rounds| *rounds > 0).collect();
    let slices: usize = plan.sittings.iter().map(Sitting::slices).sum();
    format!(
        "{} of each model under each load; {} in all",
        range(&rounds),
        counted(slices, "slice")
    )
}

/// The lowest and the highest of some numbers, or the only one.
fn range(numbers: &[usize]) -> String {
    let [low, high] = [numbers.iter().min(), numbers.iter().max()]
        .map(|number| grouped(number.copied().unwrap_or(0) as u64));
    if low == high {
        return low;
    }
    format!("{low} to {high}")
}

/// Columns for the names of contenders, in characters.
fn width(plan: &Plan) -> usize {
    let names = plan.contenders.iter().map(|contender| contender.name.len());
    names.max().unwrap_or(0).max(22) + 2
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
    remarks.extend(ignored_options(plan, contender));
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

/// The scenarios whose server options have no effect on this contender; `None` if there are none.
fn ignored_options(plan: &Plan, contender: &Contender) -> Option<String> {
    contender.command.as_ref()?;
    let with_options = |scenario: &&Scenario| {
        let mut loads = plan.loads.iter();
        loads.any(|load| load.scenario == scenario.name && !load.server.is_default())
    };
    let scenarios = plan.scenarios.iter().filter(with_options);
    let names: Vec<&str> = scenarios.map(|scenario| scenario.name.as_str()).collect();
    (!names.is_empty()).then(|| {
        format!(
            "ignores the server options of {}; set them in its own command",
            names.join(", ")
        )
    })
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
