//! `echolab lesson-step`: carries out one step of a lesson in a network namespace of its own. `echolab lesson` starts it.

use std::env;
use std::process::ExitCode;

use clap::Args;
use course::namespace;
use measure::stop::Stop;

use crate::failure::{Explain as _, Failure};

/// Carry out a step of a lesson in a network namespace of its own
///
/// Reads an order as one line of JSON from stdin. `echolab lesson` starts this command.
#[derive(Args, Clone, Copy, Debug)]
#[command(after_help = "Examples:
  echolab lesson time-wait       starts this command itself")]
pub struct LessonStepArgs {}

/// Runs `echolab lesson-step`.
///
/// # Errors
/// There is no order on stdin.
pub fn run(_args: LessonStepArgs) -> Result<ExitCode, Failure> {
    let stop = Stop::on_signals(|| ()).explain("cannot handle Ctrl-C", "try again")?;
    let program = env::current_exe().explain(
        "this program cannot find itself to start servers",
        "call it by its full path",
    )?;
    namespace::child(&program, &stop).explain(
        "there is no order on stdin",
        "start a lesson instead, for example `echolab lesson time-wait`",
    )?;
    Ok(ExitCode::SUCCESS)
}
