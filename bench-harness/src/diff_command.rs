//! `echolab diff`: the same plan before and after a change.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use thiserror::Error;

use crate::analysis::{Metric, Ratio, Summary, ratio};
use crate::circumstances::{differences_of_machine, sentence};
use crate::number::significant;
use crate::plan::Plan;
use crate::store::Run;

/// Compares two runs of one plan on one machine, such as those before and after a change of the program.
///
/// A ratio is the second run's figure divided by the first's, with its 95 % interval.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab diff results/before results/after
  echolab diff results/before results/after --force     although the machine or the plan is not the same")]
pub struct DiffArgs {
    /// The folder of the first run
    before: PathBuf,
    /// The folder of the second run
    after: PathBuf,
    /// Compare although machine or plan differ; what differs is named
    #[arg(long)]
    force: bool,
}

/// Runs that are not to be compared.
#[derive(Debug, Error)]
pub enum DiffError {
    /// On other machines, or of other plans.
    #[error(
        "the runs differ in more than the program ({0}); compare them with --force if that does not matter"
    )]
    Incomparable(String),
    /// They have nothing in common.
    #[error("the runs have no model and load in common; measure again with the plan of the first")]
    NothingInCommon,
}

/// Carries out `echolab diff`.
///
/// # Errors
/// A folder holds no run, or the runs are not to be compared, or stdout is closed.
pub fn run(args: &DiffArgs) -> anyhow::Result<ExitCode> {
    let (before, after) = (Run::read(&args.before)?, Run::read(&args.after)?);
    let differing = differing(&before, &after);
    if !differing.is_empty() && !args.force {
        return Err(DiffError::Incomparable(differing.join("; ")).into());
    }
    let rows = rows(&Summary::of(&before), &Summary::of(&after));
    if rows.is_empty() {
        return Err(DiffError::NothingInCommon.into());
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{} against {}", after.name, before.name)?;
    for difference in differing {
        writeln!(out, "not the same: {difference}")?;
    }
    for row in rows {
        writeln!(out, "{row}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What is not the same about machine and plan, in words.
fn differing(before: &Run, after: &Run) -> Vec<String> {
    let machine = differences_of_machine(&before.environment, &after.environment);
    let machine = (!machine.is_empty()).then(|| sentence(&machine));
    let plan = plans(&before.plan, &after.plan);
    machine.into_iter().chain(plan).collect()
}

/// What is not the same about two plans. Order and number of blocks may differ: they make figures surer, and not others.
fn plans(before: &Plan, after: &Plan) -> Vec<String> {
    let mut found = Vec::new();
    if before.timing != after.timing {
        let [first, second] = [before, after].map(|plan| plan.timing);
        found.push(format!(
            "a trial: {} s after {} s of warm-up, then {} s after {} s",
            first.duration_s, first.warm_up_s, second.duration_s, second.warm_up_s
        ));
    }
    let names = |plan: &Plan| plan.contenders.iter().map(|c| c.name.clone()).collect();
    found.extend(only_in_one("models", names(before), names(after)));
    let loads = |plan: &Plan| {
        let label = |load: &crate::plan::Load| format!("{} {load:?}", load.scenario);
        plan.loads.iter().map(label).collect()
    };
    let [first, second]: [Vec<String>; 2] = [loads(before), loads(after)];
    let unlike = first.iter().filter(|load| !second.contains(load)).count()
        + second.iter().filter(|load| !first.contains(load)).count();
    if unlike > 0 {
        found.push(format!("loads: {unlike} are in one run only"));
    }
    found
}

fn only_in_one(what: &str, first: Vec<String>, second: Vec<String>) -> Option<String> {
    let one = first.iter().filter(|name| !second.contains(name));
    let other = second.iter().filter(|name| !first.contains(name));
    let names: Vec<&str> = one.chain(other).map(String::as_str).collect();
    (!names.is_empty()).then(|| format!("{what} in one run only: {}", names.join(", ")))
}

/// A line for each figure that both runs have.
fn rows(before: &Summary, after: &Summary) -> Vec<String> {
    let mut rows = Vec::new();
    for (c, who) in before.contenders.iter().enumerate() {
        let Some(d) = after
            .contenders
            .iter()
            .position(|other| other.name == who.name)
        else {
            continue;
        };
        for (l, load) in before.loads.iter().enumerate() {
            let Some(m) = after.loads.iter().position(|other| other == load) else {
                continue;
            };
            for metric in [Metric::Throughput, Metric::P99, Metric::Cpu] {
                let [first, second] =
                    [before.cell(c, l), after.cell(d, m)].map(|cell| cell.estimates.get(&metric));
                if let Some(found) = first
                    .zip(second)
                    .and_then(|(a, b)| ratio(&b.values, &a.values))
                {
                    rows.push(format!(
                        "{:24}{:24}{:12}{}",
                        who.name,
                        load.label(),
                        metric.heading(),
                        written(&found)
                    ));
                }
            }
        }
    }
    rows
}

fn written(ratio: &Ratio) -> String {
    match ratio.interval {
        Some((low, high)) => format!(
            "{} [{}, {}]",
            significant(ratio.estimate),
            significant(low),
            significant(high)
        ),
        None => significant(ratio.estimate),
    }
}
