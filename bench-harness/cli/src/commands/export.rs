//! `echolab export`: a run as a tidy table, for R, pandas and spreadsheets.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use analysis::Metric;
use anyhow::Context as _;
use clap::Args;
use record::sample::Sample;
use record::store::Run;

/// The columns, each with what it holds.
const COLUMNS: [(&str, &str); 15] = [
    ("run", "name of the folder"),
    ("trial", "number of the trial in the plan, from 0"),
    ("block", "its block, from 0"),
    (
        "attempt",
        "0, or which repeat of a disturbed trial; count the first undisturbed one of a trial, else the last",
    ),
    ("contender", "who served"),
    ("scenario", "kind of load"),
    ("connections", "clients connected at a time"),
    ("payload", "bytes in a request"),
    ("protocol", "echo or framed"),
    ("started", "when the trial began (RFC 3339, UTC)"),
    ("disturbed", "true where something else interfered"),
    (
        "failure",
        "why the trial does not count; empty where it does",
    ),
    ("metric", "what was measured"),
    ("unit", "its unit"),
    ("value", "the figure; empty where the trial does not tell"),
];

/// Writes a run as a table with one row for each trial and metric.
#[derive(Args, Clone, Debug)]
#[command(after_help = help())]
pub struct ExportArgs {
    /// The folder of the run
    run: PathBuf,
    /// Comma-separated values (RFC 4180) with a header
    #[arg(long, required = true)]
    csv: bool,
    /// The file to write [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Carries out `echolab export`.
///
/// # Errors
/// The folder holds no run, or the file cannot be written.
pub fn run(args: &ExportArgs) -> anyhow::Result<ExitCode> {
    let run = Run::read(&args.run)?;
    match &args.out {
        None => write_csv(&run, io::stdout().lock())?,
        Some(path) => {
            let failed = || {
                let path = path.display();
                format!("`{path}` cannot be written; check its folder and the space on its disk")
            };
            let file = File::create(path).with_context(failed)?;
            write_csv(&run, file).with_context(failed)?;
        }
    }
    for warning in &run.warnings {
        eprintln!("note: {warning}");
    }
    Ok(ExitCode::SUCCESS)
}

fn help() -> String {
    let columns = COLUMNS.map(|(name, what)| format!("  {name:12}{what}\n"));
    format!(
        "Columns:\n{}
Examples:
  echolab export results/20260314-150926 --csv > run.csv
  echolab export results/20260314-150926 --csv --out run.csv",
        columns.concat()
    )
}

/// Writes all rows of a run as a table.
///
/// # Errors
/// `out` does not take it.
pub fn write_csv(run: &Run, out: impl Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(BufWriter::new(out));
    table
        .write_record(COLUMNS.map(|(name, _)| name))
        .map_err(plain)?;
    for sample in &run.samples {
        let head = head(run, sample);
        for metric in Metric::ALL {
            let value = metric.value_in(sample).filter(|value| value.is_finite());
            let value = value.map_or_else(String::new, |value| value.to_string());
            let tail = [metric.name(), metric.unit().name(), &value];
            let row = head.iter().map(String::as_str).chain(tail);
            table.write_record(row).map_err(plain)?;
        }
    }
    table.flush()
}

/// What the system said, so that a reader who has gone is known as such.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// What all rows of a trial begin with.
fn head(run: &Run, sample: &Sample) -> [String; 12] {
    let load = &sample.load;
    let failure = sample.failure.as_ref();
    [
        run.name.clone(),
        sample.trial.to_string(),
        sample.block.to_string(),
        sample.attempt.to_string(),
        sample.contender.clone(),
        load.scenario.clone(),
        load.connections.to_string(),
        load.payload.to_string(),
        load.protocol.to_string(),
        sample.started.to_string(),
        sample.disturbed().to_string(),
        failure.map_or_else(String::new, |failure| failure.reason.clone()),
    ]
}
