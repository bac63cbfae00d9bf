//! What was done, in a few sentences: models, loads, and the rounds or trials.

use std::collections::BTreeSet;

use analysis::Summary;
use record::number::{counted, grouped, significant, times};
use record::plan::{LoadId, Sitting};
use record::store::Run;

/// What was done.
pub fn what_was_done(run: &Run, summary: &Summary) -> String {
    let loads: Vec<LoadId> = summary.measured_loads().collect();
    let payload = loads.first().map_or(0, |&load| summary.loads[load].payload);
    let (paired, fresh): (Vec<_>, Vec<_>) = loads
        .iter()
        .copied()
        .partition(|&load| run.plan.is_paired(load));
    let mut sentences = vec![format!(
        "This run measured {}{} under {} ({}). Messages had {payload} bytes, and every echo was verified.",
        counted(summary.models().count(), "model"),
        measured_twice(summary),
        counted(loads.len(), "load"),
        kinds(summary, &loads),
    )];
    if !paired.is_empty() {
        sentences.push(in_rounds(run));
    }
    if !fresh.is_empty() {
        sentences.push(in_trials(run, summary, fresh.len(), paired.is_empty()));
    }
    sentences.push(capitalised(&run.environment.pinning.sentence()) + ".");
    sentences.join(" ")
}

/// The scenarios, or the steps of the only one.
fn kinds(summary: &Summary, loads: &[LoadId]) -> String {
    let scenarios = summary.scenario_names();
    if scenarios.len() > 1 {
        return format!("of the scenarios {}", scenarios.join(", "));
    }
    let connections = loads.iter().map(|&load| summary.loads[load].connections);
    let mut connections: Vec<String> = connections.map(|count| grouped(count as u64)).collect();
    connections.dedup();
    format!("{} connections", connections.join(", "))
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

/// Sittings, rounds and slices.
fn in_rounds(run: &Run) -> String {
    let sittings = &run.plan.sittings;
    let rounds = range(
        sittings.iter().map(|sitting| sitting.rounds as f64),
        |rounds| grouped(rounds as u64),
    );
    let extra = sittings.iter().filter(|sitting| sitting.extra).count();
    let extra = match extra {
        0 => String::new(),
        extra => format!(
            ", {} of them for comparisons that were still undecided",
            grouped(extra as u64)
        ),
    };
    format!(
        "It had {} of {rounds} rounds each{extra}. A sitting starts new processes: a few servers, each with a generator of its own. A \
         round measures each server in a slice between two slices of the baseline, in random order. {}",
        finished(run, sittings),
        slices(run)
    )
}

fn finished(run: &Run, sittings: &[Sitting]) -> String {
    let begun: BTreeSet<usize> = run.slices.iter().map(|slice| slice.place.sitting).collect();
    let planned = counted(sittings.len(), "sitting");
    if begun.len() < sittings.len() {
        format!("{} of {planned}", begun.len())
    } else {
        planned
    }
}

fn slices(run: &Run) -> String {
    if run.slices.is_empty() {
        return "No slice is finished.".to_owned();
    }
    let windows = run.slices.iter().map(|slice| slice.clients.window_s * 1e3);
    let disturbed = run.slices.iter().filter(|slice| slice.disturbed()).count();
    format!(
        "A slice took {} ms; {} of {} were disturbed and repeated.",
        range(windows, |ms| significant(ms.round())),
        grouped(disturbed as u64),
        counted(run.slices.len(), "slice")
    )
}

/// The lowest and the highest value, or the only one.
fn range(values: impl Iterator<Item = f64>, write: fn(f64) -> String) -> String {
    let (low, high) = values.fold((f64::INFINITY, 0.0_f64), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let (low, high) = (write(low), write(high));
    if low == high {
        low
    } else {
        format!("{low} to {high}")
    }
}

/// Trials with fresh processes, under all loads or under this number of them.
fn in_trials(run: &Run, summary: &Summary, loads: usize, is_all: bool) -> String {
    let (blocks, seconds) = (
        times(summary.blocks),
        significant(run.plan.timing.duration_s),
    );
    if is_all {
        format!(
            "Each model ran {blocks} for {seconds} s under each load, in random order; {} of {} trials are finished. Every trial had a new \
             server process and a new generator process.",
            summary.finished, summary.planned
        )
    } else {
        format!(
            "Under {} each model ran {blocks} for {seconds} s instead, each time with new processes, because starting or connecting \
             is the question there.",
            counted(loads, "load")
        )
    }
}

/// The text with a capital at its start.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
