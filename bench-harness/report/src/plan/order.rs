//! The order of a plan in words, block by block.

use std::fmt::Write as _;

use record::number::counted;
use record::plan::{ContenderId, Plan, Sitting, Trial};

use crate::paragraph::hanging;

/// The sittings and the trials of each block, in the order in which they run.
pub fn order(plan: &Plan, width: usize) -> String {
    let mut text = String::new();
    for block in 0..plan.blocks.len() {
        let name = match block.checked_sub(plan.first_block()) {
            Some(number) => format!("block {}", number + 1),
            None => format!("probe {}", block + 1),
        };
        writeln!(text, "\n{name}").expect("a string takes all text");
        for (_, sitting) in plan.sittings_of(block) {
            text += &sitting_line(plan, sitting);
        }
        let takes_part = |trial: &Trial| {
            let reason = plan.unsupported_reason(trial.contender, trial.load);
            reason.is_none()
        };
        for trial in plan.trials_of(block).filter(takes_part) {
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
fn sitting_line(plan: &Plan, sitting: &Sitting) -> String {
    let name = |&contender: &ContenderId| plan.contenders[contender].name.as_str();
    let others: Vec<&str> = sitting.others().iter().map(name).collect();
    let load = &plan.loads[sitting.load];
    let what = format!(
        "{}, {}: {} beside {}",
        load.label(),
        counted(sitting.rounds, "round"),
        others.join(", "),
        plan.baseline
    );
    hanging(&format!("  {:11}", load.scenario), &what)
}
