//! `echolab report`: draws the report of a run again, from its raw rows.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::analysis::Summary;
use crate::report;
use crate::store::Run;

/// Writes `report.html`, `report.md` and the figures of a run again, also of one that stopped early.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab report results/20260314-150926
  xdg-open results/20260314-150926/report.html")]
pub struct ReportArgs {
    /// The folder of the run
    run: PathBuf,
}

/// Carries out `echolab report`.
///
/// # Errors
/// The folder holds no run, or cannot be written.
pub fn run(args: &ReportArgs) -> anyhow::Result<ExitCode> {
    let run = Run::read(&args.run)?;
    let summary = Summary::of(&run);
    let page = report::write(&args.run, &run, &summary)?;
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{}\nreport  {}",
        report::terminal(&summary),
        page.display()
    )?;
    Ok(ExitCode::SUCCESS)
}
