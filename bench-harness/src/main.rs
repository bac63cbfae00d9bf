//! `echolab`: echo servers of every design, measured side by side. This file is the table of contents.

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use echolab::{
    calibrate_command, compare_command, diff_command, export_command, failure, list_command,
    load_command, plan_command, report_command, runs_command, serve_command, shell_command,
};

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
    List(list_command::ListArgs),
    Serve(serve_command::ServeArgs),
    Load(Box<load_command::LoadArgs>),
    Calibrate(calibrate_command::CalibrateArgs),
    Plan(plan_command::PlanArgs),
    Compare(compare_command::CompareArgs),
    Report(report_command::ReportArgs),
    Runs(runs_command::RunsArgs),
    Export(export_command::ExportArgs),
    Diff(diff_command::DiffArgs),
    Completions(shell_command::CompletionsArgs),
    Man(shell_command::ManArgs),
}

fn main() -> ExitCode {
    let done = match Echolab::parse().command {
        Command::List(args) => list_command::run(&args),
        Command::Serve(args) => serve_command::run(&args),
        Command::Load(args) => load_command::run(&args),
        Command::Calibrate(args) => calibrate_command::run(&args),
        Command::Plan(args) => plan_command::run(&args),
        Command::Compare(args) => compare_command::run(&args),
        Command::Report(args) => report_command::run(&args),
        Command::Runs(args) => runs_command::run(&args),
        Command::Export(args) => export_command::run(&args),
        Command::Diff(args) => diff_command::run(&args),
        Command::Completions(args) => shell_command::completions(&args, Echolab::command()),
        Command::Man(args) => shell_command::man(&args, Echolab::command()),
    };
    done.unwrap_or_else(|error| failure::tell(&error))
}
