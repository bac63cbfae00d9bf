//! A plan in words: who, under what, in which order, for how long.

use std::fmt::Write as _;

use crate::number::{counted, significant, waiting};
use crate::plan::{Contender, Plan};

/// What `echolab plan` prints; with the whole order if wanted.
pub fn plan(plan: &Plan, with_order: bool) -> String {
    let labels: Vec<_> = plan.loads.iter().map(crate::plan::Load::label).collect();
    let timing = &plan.timing;
    let mut text = format!(
        "{}: {} x {} x {}, about {}\n\nloads      {}\ntrial      {} s warm-up, {} s measured\n\
         baseline   {}\nseed       {}\n\nmodels\n",
        counted(plan.trials().count(), "trial"),
        counted(plan.contenders.len(), "model"),
        counted(plan.loads.len(), "load"),
        counted(plan.blocks.len(), "block"),
        waiting(plan.expected()),
        labels.join(", "),
        significant(timing.warm_up_s),
        significant(timing.duration_s),
        plan.baseline,
        plan.seed
    );
    for (index, contender) in plan.contenders.iter().enumerate() {
        let line = format!(
            "  {:24}{:12} {}",
            contender.name,
            contender.family,
            expectation(plan, index, contender)
        );
        writeln!(text, "{}", line.trim_end()).expect("a string takes all text");
    }
    if with_order {
        text += &order(plan);
    }
    text
}

/// What is known about a contender before it begins.
fn expectation(plan: &Plan, index: usize, contender: &Contender) -> String {
    if let Some(reason) = &contender.unsupported {
        return format!("cannot run here: {reason}");
    }
    let waiting = (0..plan.loads.len())
        .map(|load| plan.declared_waiting(index, load))
        .max()
        .unwrap_or(0);
    match (contender.capacity, waiting) {
        (Some(capacity), 1..) => format!("serves {capacity} at once: up to {waiting} clients wait"),
        _ => String::new(),
    }
}

fn order(plan: &Plan) -> String {
    let mut text = String::new();
    let mut block = None;
    for trial in plan.trials() {
        if block != Some(trial.block) {
            block = Some(trial.block);
            writeln!(text, "\nblock {}", trial.block + 1).expect("a string takes all text");
        }
        let (who, load) = (&plan.contenders[trial.contender], &plan.loads[trial.load]);
        writeln!(text, "  {:24}{}", who.name, load.label()).expect("a string takes all text");
    }
    text
}
