//! `echolab completions`: the words that a shell completes, generated from the options themselves.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use crate::failure::Failure;

/// Print completions for a shell
///
/// The script goes to stdout; save it where your shell looks for completions, as in the examples.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab completions bash > ~/.local/share/bash-completion/completions/echolab
  echolab completions fish > ~/.config/fish/completions/echolab.fish
  echolab completions zsh > ~/.zfunc/_echolab")]
pub struct CompletionsArgs {
    /// The shell that will read the completions
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs `echolab completions`.
///
/// # Errors
/// stdout is closed.
pub fn run(args: &CompletionsArgs, mut program: Command) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    generate(args.shell, &mut program, "echolab", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}
