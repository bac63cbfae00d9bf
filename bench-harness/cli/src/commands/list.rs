//! `echolab list`: the registry of models, for people or for programs.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Args;
use echo_server::{About, MODELS, Model, find};
use serde::Serialize;

/// Shows the models: how each waits for its clients, what it serves, what it cannot do, and where it comes from.
#[derive(Args, Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
#[command(after_help = "Examples:
  echolab list
  echolab list --claims
  echolab list --json | jq -r '.[] | select(.family == \"readiness\") | .name'")]
pub struct ListArgs {
    /// One model only, with what it says about itself
    #[arg(conflicts_with_all = ["json", "markdown", "names"])]
    model: Option<String>,

    /// Show too what each model says about itself, and `compare` checks
    #[arg(long, conflicts_with_all = ["json", "markdown", "names"])]
    claims: bool,

    /// Print one JSON document instead
    #[arg(long)]
    json: bool,

    /// Print the table of the README instead
    #[arg(long, conflicts_with = "json")]
    markdown: bool,

    /// Print the names alone, one a line, for scripts
    #[arg(long, conflicts_with_all = ["json", "markdown"])]
    names: bool,
}

/// A row of the JSON document.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    about: &'static About,
    /// The declared limit in a sentence.
    limit: &'static str,
    /// Whether it is a reference line: measured only where it is named, and never among those to take.
    reference_line: bool,
    /// Why it cannot run here; null where it can.
    unsupported: Option<String>,
}

/// Carries out `echolab list`.
///
/// # Errors
/// There is no model of that name, or stdout is closed.
pub fn run(args: &ListArgs) -> anyhow::Result<ExitCode> {
    let mut out = io::stdout().lock();
    if args.json {
        let rows: Vec<Row> = MODELS.iter().map(|model| row(*model)).collect();
        serde_json::to_writer_pretty(&mut out, &rows)?;
        writeln!(out)?;
    } else if args.markdown {
        write!(out, "{}", markdown())?;
    } else if args.names {
        for model in MODELS {
            writeln!(out, "{}", model.about().name)?;
        }
    } else if let Some(name) = &args.model {
        write_plain(&mut out, find(name)?, true)?;
    } else {
        for model in MODELS {
            write_plain(&mut out, *model, args.claims)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The table of models as the README shows it.
pub fn markdown() -> String {
    let heading = "| model | waits by | serves | in a sentence |\n|---|---|---|---|\n".to_string();
    let rows = MODELS.iter().map(|model| {
        let About {
            name,
            family,
            transport,
            summary,
            ..
        } = model.about();
        format!(
            "| [`{name}`](crates/models/{name}) | {} | {} | {summary} |\n",
            family.name(),
            transport.name()
        )
    });
    heading + &rows.collect::<String>()
}

fn write_plain(out: &mut impl io::Write, model: &dyn Model, claims: bool) -> io::Result<()> {
    let Row {
        about,
        limit,
        reference_line,
        unsupported,
    } = row(model);
    writeln!(out, "{:24}{}", about.name, about.summary)?;
    writeln!(
        out,
        "{:24}{}, {}; serves {limit}; {}",
        "",
        about.family.name(),
        about.transport.name(),
        about.source
    )?;
    if reference_line {
        writeln!(
            out,
            "{:24}a reference line, no model to take: echoes bytes over TCP and nothing else; `compare` measures it where \
             --models names it",
            ""
        )?;
    }
    if let Some(reason) = unsupported {
        writeln!(out, "{:24}cannot run here: {reason}", "")?;
    }
    for claim in about.claims.iter().filter(|_| claims) {
        writeln!(out, "{:24}- {} ({})", "", claim.says, claim.scenario)?;
    }
    Ok(())
}

fn row(model: &dyn Model) -> Row {
    let about = model.about();
    let unsupported = model.supported().err().map(|reason| reason.to_string());
    Row {
        about,
        limit: about.capacity.sentence(),
        reference_line: about.is_reference_line(),
        unsupported,
    }
}
