//! `echolab list`: the registry of models, for people or for programs.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Args;
use echo_server::{About, MODELS, Model};
use serde::Serialize;

/// Shows the models: how each waits for its clients, what it cannot do, and where it comes from.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab list
  echolab list --json | jq -r '.[] | select(.family == \"readiness\") | .name'")]
pub struct ListArgs {
    /// Print one JSON document instead
    #[arg(long)]
    json: bool,
}

/// A row of the JSON document.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    about: &'static About,
    /// The declared limit in a sentence.
    limit: &'static str,
    /// Why it cannot run here; null where it can.
    unsupported: Option<String>,
}

/// Carries out `echolab list`.
///
/// # Errors
/// stdout is closed.
pub fn run(args: &ListArgs) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    if args.json {
        let rows: Vec<Row> = MODELS.iter().map(|model| row(*model)).collect();
        serde_json::to_writer_pretty(&mut out, &rows)?;
        writeln!(out)?;
        return Ok(ExitCode::SUCCESS);
    }
    for model in MODELS {
        let Row {
            about,
            limit,
            unsupported,
        } = row(*model);
        writeln!(out, "{:24}{}", about.name, about.summary)?;
        writeln!(
            out,
            "{:24}{}; serves {limit}; {}",
            "",
            about.family.name(),
            about.source
        )?;
        if let Some(reason) = unsupported {
            writeln!(out, "{:24}cannot run here: {reason}", "")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn row(model: &dyn Model) -> Row {
    let about = model.about();
    let unsupported = model.supported().err().map(|reason| reason.to_string());
    Row {
        about,
        limit: about.capacity.sentence(),
        unsupported,
    }
}
