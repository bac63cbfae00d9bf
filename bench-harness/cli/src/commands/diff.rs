//! `echolab diff`: the same plan before and after a change.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use analysis::{Change, Diff, Ratio, Verdict, diff};
use clap::Args;
use record::circumstances::sentence;
use record::number::significant;
use record::store::Run;
use thiserror::Error;

use crate::commands::report::show;

/// Compares two runs of one plan on one machine, such as those before and after a change of the program.
///
/// A ratio is the second run's figure divided by the first's, with its 95 % interval; the words are those of a report.
#[derive(Args, Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
#[command(after_help = "Examples:
  echolab diff results/before results/after
  echolab diff results/before results/after --all
  echolab diff results/before results/after --out what-changed --open
  echolab diff results/before results/after --force     although the machine or the plan is not the same")]
pub struct DiffArgs {
    /// The folder of the first run
    before: PathBuf,
    /// The folder of the second run
    after: PathBuf,
    /// Show every figure, also those that did not change
    #[arg(long)]
    all: bool,
    /// Print one JSON document instead, with every figure
    #[arg(long)]
    json: bool,
    /// Compare although machine or plan differ; what differs is named
    #[arg(long)]
    force: bool,
    /// Write `diff.html` and `diff.md` into this folder too
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Show the page in the browser that the system prefers
    #[arg(long, requires = "out")]
    open: bool,
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
    #[error(
        "the runs have no measured model and load in common; measure again with the plan of the first"
    )]
    NothingInCommon,
}

/// Carries out `echolab diff`.
///
/// # Errors
/// A folder holds no run, or the runs are not to be compared, or stdout is closed.
pub fn run(args: &DiffArgs) -> anyhow::Result<ExitCode> {
    let (before, after) = (Run::read(&args.before)?, Run::read(&args.after)?);
    let found = diff(&before, &after);
    let unlike = [&*found.environment, &*found.plan].concat();
    if !unlike.is_empty() && !args.force {
        return Err(DiffError::Incomparable(sentence(&unlike)).into());
    }
    if found.changes.is_empty() {
        return Err(DiffError::NothingInCommon.into());
    }
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &found)?;
        writeln!(out)?;
    } else {
        writeln!(out, "{} against {}\n", after.name, before.name)?;
        write!(out, "{}", text(&found, args.all))?;
    }
    if let Some(folder) = &args.out {
        let page = report::write_diff(folder, &before, &after, &found)?;
        if !args.json {
            writeln!(out, "report  {}", page.display())?;
        }
        if args.open {
            show(&page)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What is not the same, the figures that changed, and how many did not.
fn text(found: &Diff, all: bool) -> String {
    let unlike = [&found.environment, &found.plan, &found.program];
    let unlike = unlike.into_iter().flatten();
    let mut lines: Vec<String> = unlike.map(|one| format!("not the same: {one}")).collect();
    let mut under = String::new();
    for change in &found.changes {
        if !all && !is_clear(&change.compared.verdict) {
            continue;
        }
        let load = format!("{}, {}", change.scenario, change.load);
        if load != under {
            lines.push(format!("\n{load}"));
            under = load;
        }
        lines.push(line(change));
    }
    lines.extend(counts(found));
    lines.join("\n") + "\n"
}

const fn is_clear(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Better | Verdict::Worse)
}

fn line(change: &Change) -> String {
    let compared = &change.compared;
    let (heading, word) = (
        change.metric.heading(),
        compared.verdict.word(change.metric),
    );
    let ratio = written(&compared.ratio);
    format!("  {:24}{heading:14}{ratio:24}{word}", change.contender)
}

/// A ratio with its interval, where there is one.
fn written(ratio: &Ratio) -> String {
    let short = |x: f64| {
        if x < 10.0 {
            return format!("{x:.2}");
        }
        significant(x)
    };
    let estimate = short(ratio.estimate);
    match ratio.interval {
        Some((low, high)) => format!("{estimate} [{}, {}]", short(low), short(high)),
        None => estimate,
    }
}

/// How often each word was said, and why there was no clear one.
fn counts(found: &Diff) -> Vec<String> {
    let mut words: BTreeMap<&str, usize> = BTreeMap::new();
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for change in &found.changes {
        let verdict = &change.compared.verdict;
        *words.entry(verdict.word(change.metric)).or_default() += 1;
        if let Some(reason) = verdict.because() {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    let words: Vec<String> = words
        .iter()
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    let all = format!("\nof {} figures: {}", found.changes.len(), words.join(", "));
    let why = |(reason, count)| format!("{count} without a clear word: {reason}");
    [all]
        .into_iter()
        .chain(reasons.into_iter().map(why))
        .collect()
}
