//! `echolab runs`: what was measured here, newest last.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use jiff::tz::TimeZone;
use record::store::{Overview, StoreError, overview};

/// Lists the runs in a folder: name, when, how far, what, where.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab runs
  echolab runs --json | jq -r '.[] | select(.complete | not) | .name'")]
pub struct RunsArgs {
    /// The folder that holds the runs
    #[arg(default_value = "results")]
    folder: PathBuf,
    /// Print one JSON document instead
    #[arg(long)]
    json: bool,
}

/// Carries out `echolab runs`.
///
/// # Errors
/// The folder cannot be read, or stdout is closed.
pub fn run(args: &RunsArgs) -> anyhow::Result<ExitCode> {
    let (runs, unreadable) = find(&args.folder)?;
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &runs)?;
        writeln!(out)?;
    } else if runs.is_empty() {
        let folder = args.folder.display();
        writeln!(out, "no runs in `{folder}`; `echolab compare` makes one")?;
    } else {
        write!(out, "{}", table(&runs))?;
    }
    for error in unreadable {
        eprintln!("note: {error}");
    }
    Ok(ExitCode::SUCCESS)
}

/// The runs in a folder by the time of their beginning, and those that cannot be read.
fn find(folder: &Path) -> anyhow::Result<(Vec<Overview>, Vec<StoreError>)> {
    let entries = fs::read_dir(folder).with_context(|| {
        let folder = folder.display();
        format!("`{folder}` cannot be read; give the folder that holds your runs")
    })?;
    let (mut runs, mut unreadable) = (Vec::new(), Vec::new());
    for entry in entries.flatten().filter(|entry| entry.path().is_dir()) {
        match overview(&entry.path()) {
            Ok(run) => runs.push(run),
            // A folder of something else is nobody's fault.
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
    let head = ["run", "began", "trials", "profile", "what", "machine"];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(runs.iter().map(row));
    let line = |[run, began, trials, profile, what, machine]: &[String; 6]| {
        format!("{run:wide$}  {began:16}  {trials:>22}  {profile:8}  {what:22}  {machine}\n")
    };
    rows.iter().map(line).collect()
}

fn row(run: &Overview) -> [String; 6] {
    let began = run.started.to_zoned(TimeZone::system());
    let complete = if run.complete { "" } else { "incomplete " };
    [
        run.name.clone(),
        began.strftime("%Y-%m-%d %H:%M").to_string(),
        format!("{complete}{}/{}", run.finished, run.planned),
        run.profile.clone().unwrap_or_else(|| "own".to_owned()),
        format!("{} models x {} loads", run.contenders, run.loads),
        run.machine.clone(),
    ]
}
