//! `echolab man`: man pages, generated from the options themselves.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, Command};
use clap_mangen::Man;

use crate::failure::Failure;

/// Print the man page of the program or of one command
///
/// The page goes to stdout in the format that `man -l` reads.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab man | man -l -
  echolab man compare > echolab-compare.1")]
pub struct ManArgs {
    /// Name of a command [default: the program itself]
    command: Option<String>,
}

/// Runs `echolab man`.
///
/// # Errors
/// stdout is closed. An unknown command ends the program with clap's message.
pub fn run(args: &ManArgs, mut program: Command) -> Result<ExitCode, Failure> {
    program.build();
    let page = match &args.command {
        None => program,
        Some(name) => match program.find_subcommand(name) {
            Some(command) => command.clone(),
            None => program
                .error(
                    ErrorKind::InvalidSubcommand,
                    format!("no command is called `{name}`; `echolab --help` lists all commands"),
                )
                .exit(),
        },
    };
    let mut text = Vec::new();
    Man::new(page).render(&mut text)?;
    io::stdout().lock().write_all(&text)?;
    Ok(ExitCode::SUCCESS)
}
