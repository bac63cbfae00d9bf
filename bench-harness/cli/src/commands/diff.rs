//! `echolab diff`: compares two runs of the same plan, before and after a change.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use analysis::{Change, Diff, Ratio, Verdict, diff};
use clap::Args;
use record::circumstances::sentence;
use record::foreign::visible;
use record::number::significant;
use record::store::Run;
use report::paragraph::{hanging, wrapped};
use report::reasons::by_kind;
use thiserror::Error;

use crate::activity::Activity;
use crate::browser;
use crate::failure::Failure;

/// Compare two runs of one plan, such as before and after a change
///
/// Both runs must come from the same machine. A ratio is the second run's figure divided by the first run's, with its
/// 95 % interval; the verdicts are those of a report.
#[derive(Args, Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
#[command(after_help = "Examples:
  echolab diff results/before results/after
  echolab diff results/before results/after --all
  echolab diff results/before results/after --out what-changed --open
  echolab diff results/before results/after --force     even if the machine or the plan differs")]
pub struct DiffArgs {
    /// Folder of the first run
    before: PathBuf,
    /// Folder of the second run
    after: PathBuf,
    /// Also show the figures that did not change
    #[arg(long)]
    all: bool,
    /// Print a JSON document with every figure
    #[arg(long)]
    json: bool,
    /// Compare even if machine or plan differ; the differences are shown
    #[arg(long)]
    force: bool,
    /// Also write `diff.html` and `diff.md` into this folder
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Open the page in your browser
    #[arg(long, requires = "out")]
    open: bool,
}

/// Runs that cannot be compared.
#[derive(Debug, Error)]
pub enum DiffError {
    /// The machine or the plan differs.
    #[error(
        "the runs differ in more than the program ({0}); compare them with --force if the difference does not matter"
    )]
    Incomparable(String),
    /// No model was measured under the same load in both runs.
    #[error(
        "the runs measured no model under the same load; measure again with the models and scenarios of the first run"
    )]
    NothingInCommon,
}

/// Runs `echolab diff`.
///
/// # Errors
/// A folder holds no run, or the runs cannot be compared, or stdout is closed.
pub fn run(args: &DiffArgs) -> Result<ExitCode, Failure> {
    let activity = Activity::spinning(false);
    activity.step("comparing the runs");
    let (before, after) = (Run::read(&args.before)?, Run::read(&args.after)?);
    let result = diff(&before, &after);
    drop(activity);
    check_comparable(&result, args.force)?;
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &result)?;
        writeln!(out)?;
    } else {
        writeln!(
            out,
            "{} against {}\n",
            visible(&after.name),
            visible(&before.name)
        )?;
        write!(out, "{}", visible(&text(&result, args.all)))?;
    }
    if let Some(folder) = &args.out {
        let page = report::write_diff(folder, &before, &after, &result)?;
        if !args.json {
            writeln!(out, "report  {}", page.display())?;
        }
        if args.open {
            browser::open(&page);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn check_comparable(result: &Diff, force: bool) -> Result<(), DiffError> {
    let differences = [&*result.environment, &*result.plan].concat();
    if !differences.is_empty() && !force {
        return Err(DiffError::Incomparable(sentence(&differences)));
    }
    if result.changes.is_empty() {
        return Err(DiffError::NothingInCommon);
    }
    Ok(())
}

/// The differences in machine, plan and program, the figures that changed, and the number of unchanged figures.
fn text(result: &Diff, all: bool) -> String {
    let differences = [&result.environment, &result.plan, &result.program];
    let mut lines: Vec<String> = differences
        .into_iter()
        .flatten()
        .map(|difference| {
            wrapped(&format!("not the same: {difference}"))
                .trim_end()
                .to_owned()
        })
        .collect();
    let mut heading = String::new();
    for change in &result.changes {
        if !all && !is_clear(&change.compared.verdict) {
            continue;
        }
        let load = format!("{}, {}", change.scenario, change.load);
        if load != heading {
            lines.push(format!("\n{load}"));
            heading = load;
        }
        lines.push(line(change));
    }
    lines.extend(counts(result));
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
    let ratio = ratio_text(&compared.ratio);
    format!("  {:24}{heading:14}{ratio:24}{word}", change.contender)
}

/// A ratio, with its interval if there is one.
fn ratio_text(ratio: &Ratio) -> String {
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

/// The number of figures for each verdict, and for each kind of reason why a verdict is not clear.
fn counts(result: &Diff) -> Vec<String> {
    let mut words: BTreeMap<&str, usize> = BTreeMap::new();
    for change in &result.changes {
        let word = change.compared.verdict.word(change.metric);
        *words.entry(word).or_default() += 1;
    }
    let words: Vec<String> = words
        .iter()
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    let all = format!("of {} figures: {}", result.changes.len(), words.join(", "));
    let verdicts = result.changes.iter().map(|change| &change.compared.verdict);
    let why = |(count, reason)| format!("{count} without a clear verdict: {reason}");
    let reasons = by_kind(verdicts).into_iter().map(why);
    let paragraphs = [all].into_iter().chain(reasons);
    let lines = paragraphs.map(|text| hanging("", &text).trim_end().to_owned());
    [String::new()].into_iter().chain(lines).collect()
}
