//! `echolab completions` and `echolab man`: what a shell and `man` want to know, made from the options themselves.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::{Shell, generate};
use clap_mangen::Man;

/// Prints completions for a shell.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab completions bash > ~/.local/share/bash-completion/completions/echolab
  echolab completions fish > ~/.config/fish/completions/echolab.fish")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the man page of the program, or of one of its commands.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab man | man -l -
  echolab man compare > echolab-compare.1")]
pub struct ManArgs {
    /// One of the commands [default: the program itself]
    command: Option<String>,
}

/// Carries out `echolab completions`.
///
/// # Errors
/// stdout is closed.
pub fn completions(args: &CompletionsArgs, mut program: Command) -> anyhow::Result<ExitCode> {
    let mut text = Vec::new();
    generate(args.shell, &mut program, "echolab", &mut text);
    io::stdout().lock().write_all(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Carries out `echolab man`.
///
/// # Errors
/// There is no such command, or stdout is closed.
pub fn man(args: &ManArgs, mut program: Command) -> anyhow::Result<ExitCode> {
    program.build();
    let page = match &args.command {
        None => program,
        Some(name) => match program.find_subcommand(name) {
            Some(command) => command.clone(),
            None => program
                .error(
                    clap::error::ErrorKind::InvalidSubcommand,
                    format!("there is no command `{name}`; `echolab --help` lists them"),
                )
                .exit(),
        },
    };
    let mut text = Vec::new();
    Man::new(page).render(&mut text)?;
    io::stdout().lock().write_all(&text)?;
    Ok(ExitCode::SUCCESS)
}
