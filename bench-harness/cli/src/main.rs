//! `echolab`: measures echo servers of every design side by side. This file is the table of contents.

use std::process::ExitCode;

use echolab::command;
use echolab::command_line::{Command, parse};
use echolab::commands::{
    break_it, calibrate, check, compare, completions, diff, exercise, export, lesson, lesson_step,
    list, load, man, plan, repair, report, runs, serve, site, watch,
};

fn main() -> ExitCode {
    let done = match parse() {
        Command::Lesson(args) => lesson::run(&args),
        Command::LessonStep(args) => lesson_step::run(args),
        Command::List(args) => list::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Watch(args) => watch::run(&args),
        Command::Break(args) => break_it::run(&args),
        Command::Repair(args) => repair::run(&args),
        Command::Exercise(args) => exercise::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Load(args) => load::run(&args),
        Command::Calibrate(args) => calibrate::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Runs(args) => runs::run(&args),
        Command::Site(args) => site::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Completions(args) => completions::run(&args, command()),
        Command::Man(args) => man::run(&args, command()),
    };
    done.unwrap_or_else(|failure| failure.report())
}
