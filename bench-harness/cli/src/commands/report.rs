//! `echolab report`: draws the report of a run again, from its raw rows.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use analysis::Summary;
use clap::Args;
use record::store::Run;
use thiserror::Error;

/// Writes `report.html`, `report.md` and the figures of a run again, also of one that stopped early.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab report results/20260314-150926
  echolab report results/20260314-150926 --open
  echolab report results/20260314-150926 --baseline poll --models poll,epoll-level")]
pub struct ReportArgs {
    /// The folder of the run
    run: PathBuf,
    /// Show the page in the browser that the system prefers
    #[arg(long)]
    open: bool,
    /// Hold the others against this one instead; that the run measures equals alike is still shown by its own baseline
    #[arg(long, value_name = "NAME")]
    baseline: Option<String>,
    /// Show these only; the baseline stays, and verdicts stay those of the whole run
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    models: Vec<String>,
}

/// The report cannot be drawn so.
#[derive(Debug, Error)]
pub enum ReportArgsError {
    /// Nobody of that name took part.
    #[error("`{name}` took no part in this run; there are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// Who took part.
        known: String,
    },
    /// There is no way to show a page.
    #[error("`xdg-open` cannot be started ({0}); open {1} in a browser yourself")]
    Open(io::Error, String),
}

/// Carries out `echolab report`.
///
/// # Errors
/// The folder holds no run, or cannot be written.
pub fn run(args: &ReportArgs) -> anyhow::Result<ExitCode> {
    let mut run = Run::read(&args.run)?;
    for name in args.baseline.iter().chain(&args.models) {
        known(&run, name)?;
    }
    if let Some(baseline) = &args.baseline {
        run.plan.baseline.clone_from(baseline);
    }
    let mut summary = Summary::of(&run);
    if !args.models.is_empty() {
        summary = summary.with_models(&args.models);
    }
    let page = report::write(&args.run, &run, &summary)?;
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{}\nreport  {}",
        report::terminal(&summary),
        page.display()
    )?;
    if args.open {
        show(&page)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn known(run: &Run, name: &str) -> Result<(), ReportArgsError> {
    let contenders = &run.plan.contenders;
    if contenders.iter().any(|contender| contender.name == name) {
        return Ok(());
    }
    let all = contenders.iter().map(|contender| contender.name.as_str());
    Err(ReportArgsError::Unknown {
        name: name.to_owned(),
        known: all.collect::<Vec<_>>().join(", "),
    })
}

/// Hands a page to the system's browser, and does not wait for it.
///
/// # Errors
/// There is no `xdg-open`.
pub fn show(page: &Path) -> Result<(), ReportArgsError> {
    let failed = |error| ReportArgsError::Open(error, page.display().to_string());
    let quiet = || Stdio::null();
    let browser = Command::new("xdg-open")
        .arg(page)
        .stdin(quiet())
        .stdout(quiet())
        .stderr(quiet())
        .spawn();
    browser.map(drop).map_err(failed)
}
