//! `echolab runs`: lists the runs in a folder, newest last.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use jiff::tz::TimeZone;
use record::foreign::visible;
use record::store::{Overview, StoreError, overview};
use record::tally::Part;

use crate::failure::{Explain as _, Failure};
use crate::notes::note;

/// List the runs in a folder, newest last
///
/// Each line shows the name of the run, when it began, its finished and planned sittings and trials, its profile, its
/// size, and the machine.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab runs
  echolab runs --json | jq -r '.[] | select(.complete | not) | .name'")]
pub struct RunsArgs {
    /// Folder that holds the runs
    #[arg(default_value = "results")]
    folder: PathBuf,
    /// Print a JSON document
    #[arg(long)]
    json: bool,
}

/// Runs `echolab runs`.
///
/// # Errors
/// The folder cannot be read, or stdout is closed.
pub fn run(args: &RunsArgs) -> Result<ExitCode, Failure> {
    let (runs, unreadable) = find(&args.folder)?;
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &runs)?;
        writeln!(out)?;
    } else if runs.is_empty() {
        let folder = args.folder.display();
        writeln!(out, "no runs in `{folder}`; `echolab compare` makes one")?;
    } else {
        write!(out, "{}", visible(&table(&runs)))?;
    }
    for error in unreadable {
        note(format_args!("note: {error}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// The runs in a folder in the order in which they began, and the errors of unreadable runs.
pub(super) fn find(folder: &Path) -> Result<(Vec<Overview>, Vec<StoreError>), Failure> {
    let entries = fs::read_dir(folder).explain(
        format_args!("cannot read `{}`", folder.display()),
        "give the folder that holds your runs",
    )?;
    let (mut runs, mut unreadable) = (Vec::new(), Vec::new());
    for entry in entries.flatten().filter(|entry| entry.path().is_dir()) {
        match overview(&entry.path()) {
            Ok(run) => runs.push(run),
            // Other folders may stand beside the runs.
            Err(StoreError::NoRun(_)) => {}
            Err(error) => unreadable.push(error),
        }
    }
    runs.sort_by(|a, b| (a.started, &a.name).cmp(&(b.started, &b.name)));
    Ok((runs, unreadable))
}

fn table(runs: &[Overview]) -> String {
    let name = |run: &Overview| run.name.chars().count();
    let wide = runs.iter().map(name).max().unwrap_or(0).max("run".len());
    let head = [
        "run", "began", "state", "sittings", "trials", "profile", "what", "machine",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(runs.iter().map(row));
    let line = |[run, began, state, sittings, trials, profile, what, machine]: &[String; 8]| {
        format!(
            "{run:wide$}  {began:16}  {state:10}  {sittings:>9}  {trials:>11}  {profile:8}  {what:20}  {machine}\n"
        )
    };
    rows.iter().map(line).collect()
}

fn row(run: &Overview) -> [String; 8] {
    let began = run.started.to_zoned(TimeZone::system());
    let state = if run.complete {
        "complete"
    } else {
        "incomplete"
    };
    let part = |part: Part| match part.planned {
        0 => "–".to_owned(),
        planned => format!("{}/{planned}", part.finished),
    };
    [
        run.name.clone(),
        began.strftime("%Y-%m-%d %H:%M").to_string(),
        state.to_owned(),
        part(run.tally.sittings),
        part(run.tally.trials),
        run.profile.clone().unwrap_or_else(|| "custom".to_owned()),
        format!("{} models x {} loads", run.contenders, run.loads),
        run.machine.clone(),
    ]
}
