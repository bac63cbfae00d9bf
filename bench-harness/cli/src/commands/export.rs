//! `echolab export`: a run as a table, for R, pandas and spreadsheets.

mod slices;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use analysis::Metric;
use clap::Args;
use record::foreign::cell;
use record::sample::Sample;
use record::store::Run;

use crate::activity::Activity;
use crate::failure::{Explain as _, Failure};
use crate::notes::note;

pub use slices::write_slices;

/// The columns of trials with their descriptions, as the help shows them.
const COLUMNS: [(&str, &str); 16] = [
    ("run", "name of the folder"),
    ("trial", "number of the trial in the plan, from 0"),
    ("block", "number of its block, from 0"),
    (
        "attempt",
        "0, or 1, 2… for repeats; use the first undisturbed one, or the last",
    ),
    ("contender", "the server that was measured"),
    ("scenario", "kind of load"),
    (
        "connections",
        "number of clients that are connected at a time",
    ),
    ("payload", "bytes in a request"),
    ("pipeline", "most requests that a client has in flight"),
    ("protocol", "echo or framed"),
    ("started", "when the trial began (RFC 3339, UTC)"),
    ("disturbed", "true if other programs disturbed the trial"),
    ("failure", "why the trial failed; empty if it did not fail"),
    ("metric", "name of the figure"),
    ("unit", "its unit"),
    ("value", "the figure; empty if the trial has none"),
];

/// Export a run as a table with one row per trial and metric, or per slice
///
/// The table is made for R, pandas and spreadsheets. The life of a server in a sitting is a trial of its own.
#[derive(Args, Clone, Debug)]
#[command(after_help = help())]
pub struct ExportArgs {
    /// Folder of the run
    run: PathBuf,
    /// Write comma-separated values (RFC 4180) with a header line
    #[arg(long, required = true)]
    csv: bool,
    /// One row per slice, with its log ratios to its neighbours
    #[arg(long)]
    slices: bool,
    /// File to write [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs `echolab export`.
///
/// # Errors
/// The folder holds no run, or the file cannot be written.
pub fn run(args: &ExportArgs) -> Result<ExitCode, Failure> {
    let activity = Activity::spinning(false);
    activity.step("reading the run");
    let run = Run::read(&args.run)?;
    drop(activity);
    match &args.out {
        None => write(&run, args.slices, io::stdout().lock())?,
        Some(path) => File::create(path)
            .and_then(|file| write(&run, args.slices, file))
            .explain(
                format_args!("cannot write `{}`", path.display()),
                "check its folder and the space on its disk",
            )?,
    }
    for warning in &run.warnings {
        note(format_args!("note: {warning}"));
    }
    Ok(ExitCode::SUCCESS)
}

fn write(run: &Run, has_slices: bool, out: impl Write) -> io::Result<()> {
    if has_slices {
        write_slices(run, out)
    } else {
        write_csv(run, out)
    }
}

fn help() -> String {
    let list = |columns: &[(&str, &str)]| {
        let line = |(name, description): &(&str, &str)| format!("  {name:21}{description}\n");
        columns.iter().map(line).collect::<String>()
    };
    format!(
        "Columns:\n{}
Columns with --slices:\n{}
Examples:
  echolab export results/20260314-150926 --csv > run.csv
  echolab export results/20260314-150926 --csv --out run.csv
  echolab export results/20260314-150926 --csv --slices > slices.csv",
        list(&COLUMNS),
        list(&slices::COLUMNS)
    )
}

/// Writes all rows of a run as a table.
///
/// # Errors
/// `out` cannot be written.
pub fn write_csv(run: &Run, out: impl Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(BufWriter::new(out));
    table
        .write_record(COLUMNS.map(|(name, _)| name))
        .map_err(io_error)?;
    for sample in &run.samples {
        let first = trial_columns(run, sample);
        for metric in Metric::ALL {
            let value = metric.value_in(sample).filter(|value| value.is_finite());
            let value = value.map_or_else(String::new, |value| value.to_string());
            let last = [metric.name(), metric.unit().name(), &value];
            let row = first.iter().map(String::as_str).chain(last);
            table.write_record(row).map_err(io_error)?;
        }
    }
    table.flush()
}

/// The error of the system, so that a reader of stdout that has ended is recognised.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// The columns that all rows of a trial begin with.
fn trial_columns(run: &Run, sample: &Sample) -> [String; 13] {
    let load = &sample.load;
    let failure = sample.failure.as_ref();
    [
        cell(&run.name).into_owned(),
        sample.trial.to_string(),
        sample.block.to_string(),
        sample.attempt.to_string(),
        cell(&sample.contender).into_owned(),
        cell(&load.scenario).into_owned(),
        load.connections.to_string(),
        load.payload.to_string(),
        load.depth().to_string(),
        load.protocol.to_string(),
        sample.started.to_string(),
        sample.disturbed().to_string(),
        failure.map_or_else(String::new, |failure| cell(&failure.reason).into_owned()),
    ]
}
