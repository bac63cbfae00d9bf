//! `echolab`: echo servers of every design, measured side by side. This file is the table of contents.

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use echolab::commands::{
    calibrate, compare, diff, export, list, load, plan, report, runs, serve, shell,
};
use echolab::failure;

/// Echo servers of every design, measured side by side.
///
/// One program serves, drives and compares. `compare` starts a fresh server and a fresh generator for every trial, and ends
/// in a report.
#[derive(Parser)]
#[command(
    name = "echolab",
    version,
    propagate_version = false,
    arg_required_else_help = true
)]
#[command(after_help = "Examples:
  echolab list                              the models, and what each teaches
  echolab serve epoll-level                 one server, for `nc` or any other client
  echolab load 127.0.0.1:7007               drive any echo server, verify every byte
  echolab calibrate                         how good the load generator is on this machine
  echolab plan                              what `compare` would do, and for how long
  echolab compare                           measure all models on this machine, about six minutes
  echolab report results/RUN                draw the report of a run again
  echolab runs                              what was measured here
  echolab diff results/RUN results/RUN      before and after a change

Exit code: 0 done, 1 failed, 2 wrong use, 130 stopped with Ctrl-C.")]
struct Echolab {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(list::ListArgs),
    Serve(serve::ServeArgs),
    Load(Box<load::LoadArgs>),
    Calibrate(calibrate::CalibrateArgs),
    Plan(plan::PlanArgs),
    Compare(compare::CompareArgs),
    Report(report::ReportArgs),
    Runs(runs::RunsArgs),
    Export(export::ExportArgs),
    Diff(diff::DiffArgs),
    Completions(shell::CompletionsArgs),
    Man(shell::ManArgs),
}

fn main() -> ExitCode {
    let done = match Echolab::parse().command {
        Command::List(args) => list::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Load(args) => load::run(&args),
        Command::Calibrate(args) => calibrate::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Runs(args) => runs::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Completions(args) => shell::completions(&args, Echolab::command()),
        Command::Man(args) => shell::man(&args, Echolab::command()),
    };
    done.unwrap_or_else(|error| failure::tell(&error))
}
