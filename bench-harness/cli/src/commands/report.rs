//! `echolab report`: writes the report of a run again, from its raw rows.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use analysis::Summary;
use clap::Args;
use record::foreign::visible;
use record::plan::LoadId;
use record::store::Run;
use thiserror::Error;

use crate::activity::Activity;
use crate::browser;
use crate::failure::Failure;
use crate::lessons;

/// Write the report of a run again
///
/// Writes `report.html`, `report.md` and the figures into the folder of the run, also if the run was stopped early.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab report results/20260314-150926
  echolab report results/20260314-150926 --open
  echolab report results/20260314-150926 --baseline poll --models poll,epoll-level")]
pub struct ReportArgs {
    /// Folder of the run
    run: PathBuf,
    /// Open the page in your browser
    #[arg(long)]
    open: bool,
    /// Compare against this model instead
    ///
    /// The control is still the run's own baseline, which was measured twice.
    #[arg(long, value_name = "NAME")]
    baseline: Option<String>,
    /// Show only these models
    ///
    /// The baseline is always shown. The verdicts are those of the whole run.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    models: Vec<String>,
}

/// The options name a model that the run did not measure.
#[derive(Debug, Error)]
#[error("`{name}` took no part in this run; choose one of {known}")]
pub struct NotInRun {
    name: String,
    known: String,
}

/// Runs `echolab report`.
///
/// # Errors
/// The folder holds no run, or cannot be written.
pub fn run(args: &ReportArgs) -> Result<ExitCode, Failure> {
    let activity = Activity::spinning(false);
    activity.step("analysing the run");
    let mut run = Run::read(&args.run)?;
    lessons::fill_in(&mut run);
    for name in args.baseline.iter().chain(&args.models) {
        check_took_part(&run, name)?;
    }
    let mut summary = match &args.baseline {
        Some(name) => against(&mut run, name),
        None => Summary::of(&run),
    };
    if !args.models.is_empty() {
        summary = summary.with_models(&args.models);
    }
    activity.step("writing the report");
    let page = report::write(&args.run, &run, &summary)?;
    drop(activity);
    let table = report::terminal(&summary);
    let table = visible(&table);
    writeln!(io::stdout(), "{table}\nreport  {}", page.display())?;
    if args.open {
        browser::open(&page);
    }
    Ok(ExitCode::SUCCESS)
}

/// The summary with another baseline. Rounds were measured beside the baseline of the plan, which therefore stays in the plan.
fn against(run: &mut Run, name: &str) -> Summary {
    if run.slices.is_empty() {
        name.clone_into(&mut run.plan.baseline);
        return Summary::of(run);
    }
    let summary = Summary::of(run);
    let loads: Vec<LoadId> = summary.measured_loads().collect();
    match summary.find_contender(|contender| contender.name == name) {
        Some(baseline) if baseline != summary.baseline => summary.against(baseline, &loads),
        Some(_) | None => summary,
    }
}

fn check_took_part(run: &Run, name: &str) -> Result<(), NotInRun> {
    let contenders = &run.plan.contenders;
    if contenders.iter().any(|contender| contender.name == name) {
        return Ok(());
    }
    let names: Vec<&str> = contenders
        .iter()
        .map(|contender| contender.name.as_str())
        .collect();
    Err(NotInRun {
        name: name.to_owned(),
        known: names.join(", "),
    })
}
