//! `echolab list`: lists the models, for people or for programs.

mod plain;
pub mod rooms;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use echo_server::{About, MODELS, Model, find, find_room};
use serde::Serialize;

use crate::failure::Failure;

/// List the models by family, or show what one of them teaches
///
/// With a name, or with --long, each entry shows what the model serves, its limits, its lesson, and the source of the
/// design.
#[derive(Args, Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
#[command(after_help = "Examples:
  echolab list
  echolab list epoll-level
  echolab list --long --claims
  echolab list --rooms
  echolab list --json | jq -r '.[] | select(.family == \"readiness\") | .name'")]
pub struct ListArgs {
    /// Show only this model, with its claims, or this chat server
    #[arg(conflicts_with_all = ["json", "markdown", "names"])]
    model: Option<String>,

    /// Show each model with what it teaches, its limits, and its lesson
    #[arg(short, long, conflicts_with_all = ["json", "markdown", "names"])]
    long: bool,

    /// Also show the claims of each model, which `compare` checks
    #[arg(long, conflicts_with_all = ["json", "markdown", "names"])]
    claims: bool,

    /// List the chat servers, in which one conversation wakes another
    #[arg(long, conflicts_with_all = ["model", "long", "claims"])]
    rooms: bool,

    /// Print a JSON document
    #[arg(long)]
    json: bool,

    /// Print the table that the README shows
    #[arg(long, conflicts_with = "json")]
    markdown: bool,

    /// Print only the names, one per line, for scripts
    #[arg(long, conflicts_with_all = ["json", "markdown"])]
    names: bool,
}

/// A row of the JSON document.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    about: &'static About,
    /// The limit that the model declares, in words.
    limit: &'static str,
    /// True for a reference line: measured only if it is named, and never recommended.
    reference_line: bool,
    /// Why the model cannot run here; null if it can.
    unsupported: Option<String>,
}

/// Runs `echolab list`.
///
/// # Errors
/// No model has that name, or stdout is closed.
pub fn run(args: &ListArgs) -> Result<ExitCode, Failure> {
    let mut out = io::stdout().lock();
    if args.rooms {
        return list_rooms(args, out);
    }
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
        let entry = match find_room(name)? {
            Some(room) => rooms::entry(&rooms::row(room)),
            None => plain::entry(&row(find(name)?), true),
        };
        write!(out, "{entry}")?;
    } else {
        let rows: Vec<Row> = MODELS.iter().map(|model| row(*model)).collect();
        let is_long = args.long || args.claims;
        let text = if is_long {
            plain::long(&rows, args.claims)
        } else {
            plain::short(&rows)
        };
        write!(out, "{text}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Lists the chat servers in the form that the options ask for.
fn list_rooms(args: &ListArgs, mut out: impl Write) -> Result<ExitCode, Failure> {
    if args.json {
        serde_json::to_writer_pretty(&mut out, &rooms::rows())?;
        writeln!(out)?;
    } else if args.markdown {
        write!(out, "{}", rooms::markdown())?;
    } else if args.names {
        write!(out, "{}", rooms::names())?;
    } else {
        write!(out, "{}", rooms::long(&rooms::rows()))?;
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
