//! The command line of the program: all commands with their options, as clap parses them.

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::commands::{
    break_it, calibrate, check, compare, completions, diff, exercise, export, lesson, lesson_step,
    list, load, man, plan, repair, report, runs, serve, site, watch,
};
use crate::exit_codes;

/// Compare server concurrency models with one load generator
///
/// One program serves, generates load, and compares. `compare` starts a fresh server and a fresh generator for every
/// trial, and writes a report at the end.
#[derive(Parser)]
#[command(
    name = "echolab",
    version,
    propagate_version = false,
    arg_required_else_help = true
)]
#[command(after_help = "Examples:
  echolab lesson                            list the lessons of the course, and what you have done
  echolab list                              list the models, and what each one teaches
  echolab serve epoll-level                 run one server, for `nc` or any other client
  echolab watch iterative                   watch a server and three clients, one line an event
  echolab break epoll-level                 break a model as its page says, and see who notices
  echolab check 127.0.0.1:7007              check any echo server, and say what is wrong with it
  echolab load 127.0.0.1:7007               load-test any echo server, and check every byte
  echolab calibrate                         measure how accurate the load generator is here
  echolab plan                              show what `compare` would do, and how long it takes
  echolab compare                           compare all models on this machine in six minutes
  echolab report results/RUN                write the report of a run again
  echolab runs                              list the runs in ./results
  echolab site --out site                   make a web site of all runs in ./results
  echolab diff results/RUN results/RUN      compare a run before a change with one after it")]
pub struct Echolab {
    /// The command that the user gave.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands, in the order of the help.
#[derive(Subcommand)]
#[expect(
    missing_docs,
    reason = "each command documents itself; a text here would replace its help"
)]
pub enum Command {
    Lesson(lesson::LessonArgs),
    #[command(hide = true)]
    LessonStep(lesson_step::LessonStepArgs),
    List(list::ListArgs),
    Serve(serve::ServeArgs),
    Watch(watch::WatchArgs),
    Break(break_it::BreakArgs),
    Repair(repair::RepairArgs),
    Exercise(exercise::ExerciseArgs),
    Check(check::CheckArgs),
    Load(Box<load::LoadArgs>),
    Calibrate(calibrate::CalibrateArgs),
    Plan(plan::PlanArgs),
    Compare(compare::CompareArgs),
    Report(report::ReportArgs),
    Runs(runs::RunsArgs),
    Site(site::SiteArgs),
    Export(export::ExportArgs),
    Diff(diff::DiffArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// The command line as clap's own description, from which help, completions, man pages and tests are made.
pub fn command() -> clap::Command {
    with_exit_codes(Echolab::command()).mut_subcommands(with_exit_codes)
}

/// The same command, with the exit codes below the examples of its help.
fn with_exit_codes(command: clap::Command) -> clap::Command {
    let examples = command.get_after_help().map(ToString::to_string);
    let texts = examples.into_iter().chain([exit_codes::help()]);
    let help = texts.collect::<Vec<_>>().join("\n\n");
    command.after_help(help)
}

/// The command that the user gave. Wrong use ends the program here, with advice.
pub fn parse() -> Command {
    let matches = command().get_matches();
    let parsed = Echolab::from_arg_matches(&matches);
    parsed.unwrap_or_else(|error| error.exit()).command
}
