//! `echolab plan`: what a comparison would do. Its options are those of `echolab compare`.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Args;
use record::foreign::visible;
use record::plan::BUILT_IN;

use crate::choice::ChoiceArgs;
use crate::failure::Failure;
use crate::http_args::HttpArgs;

/// Show what `compare` would do with the same options, and how long it would take
///
/// Nothing is measured. The plan also names each model that cannot take part, with the reason.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab plan
  echolab plan --models poll,epoll-level --connections 10,1000 --blocks 10 --order
  echolab plan --profile standard --scenarios rate,capacity --slo 'p99<5ms'
  echolab plan --show > own.toml
  echolab plan --seed 7 --json > plan.json

A file of scenarios has the format that --show prints; a name with a dot or a slash in it is a file.")]
pub struct PlanArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
    #[command(flatten)]
    http: HttpArgs,
    /// Also show the order of all trials
    #[arg(long)]
    order: bool,
    /// Print the plan as a JSON document
    #[arg(long, conflicts_with_all = ["order", "show"])]
    json: bool,
    /// Print the built-in scenarios in the format of a scenario file
    #[arg(long, conflicts_with = "order")]
    show: bool,
}

/// Runs `echolab plan`.
///
/// # Errors
/// The options make no plan, or stdout is closed.
pub fn run(args: &PlanArgs) -> Result<ExitCode, Failure> {
    let mut out = io::stdout().lock();
    if args.show {
        write!(out, "{BUILT_IN}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let plan = args.choice.plan(&args.http, &args.choice.pinning()?)?;
    if args.json {
        serde_json::to_writer_pretty(&mut out, &plan)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", visible(&report::plan(&plan, args.order)))?;
    }
    Ok(ExitCode::SUCCESS)
}
