//! A server of any language as a contender: its name, and the command that starts it.

use std::env;
use std::path::Path;
use std::str::FromStr;

use record::plan::{Contender, Family};
use thiserror::Error;

/// Where the command takes its port.
const PORT: &str = "{port}";
/// Longest name, so that tables stay tables.
const LONGEST_NAME: usize = 32;
/// Characters that mean something to a shell and nothing to a program.
const SHELL: &str = "|&;<>()$`*?[]#~!{}";

/// A server that was given as `NAME=COMMAND`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct External {
    /// What reports call it.
    pub name: String,
    /// What starts it, with `{port}` where it takes its port.
    pub command: String,
}

/// A server that cannot be started as it was given.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ExternalError {
    /// There is no name.
    #[error("`{0}` names no command; give it as NAME='COMMAND {{port}}'")]
    Form(String),
    /// The name is not fit for tables and file names.
    #[error(
        "`{}` is no name for a server; use up to {LONGEST_NAME} letters, digits, `-`, `_`, `.`, `+` and spaces between them",
        .0.escape_debug()
    )]
    Name(String),
    /// The command is not told its port.
    #[error(
        "the command `{0}` is not told where to listen; write {{port}} where it takes its port"
    )]
    NoPort(String),
    /// The quotes of the command do not match.
    #[error("the command `{0}` opens a quote that it does not close; close it")]
    Quotes(String),
    /// There is no such program.
    #[error("there is no program `{0}`; install it, or give its whole path")]
    NoProgram(String),
    /// Two contenders would have one name.
    #[error("two contenders are called `{0}`; give each --external a name of its own")]
    Twice(String),
}

impl FromStr for External {
    type Err = ExternalError;

    fn from_str(text: &str) -> Result<Self, ExternalError> {
        let form = || ExternalError::Form(text.to_owned());
        let (name, command) = text.split_once('=').ok_or_else(form)?;
        if !is_name(name) {
            return Err(ExternalError::Name(name.to_owned()));
        }
        if command.trim().is_empty() {
            return Err(form());
        }
        if !command.contains(PORT) {
            return Err(ExternalError::NoPort(command.to_owned()));
        }
        let words = words(command, 0)?;
        if !is_program(&words[0]) {
            return Err(ExternalError::NoProgram(words[0].clone()));
        }
        let (name, command) = (name.to_owned(), command.to_owned());
        Ok(Self { name, command })
    }
}

impl External {
    /// This server as the contender with that place in its family.
    pub fn contender(&self, place: usize) -> Contender {
        Contender {
            place,
            summary: format!("A server from outside, started with `{}`.", self.command),
            echo_only: true,
            command: Some(self.command.clone()),
            ..Contender::new(&self.name, Family::External)
        }
    }
}

/// Checks that every contender has a name of its own.
///
/// # Errors
/// Two have the same.
pub fn check_names(contenders: &[Contender]) -> Result<(), ExternalError> {
    for (index, contender) in contenders.iter().enumerate() {
        let before = contenders[..index].iter();
        if before.into_iter().any(|other| other.name == contender.name) {
            return Err(ExternalError::Twice(contender.name.clone()));
        }
    }
    Ok(())
}

/// The command as program and arguments, told to listen on this port. A shell is asked only where the command holds
/// something that only a shell understands: it is one more process, which signals and costs would have to go through.
///
/// # Errors
/// A quote is not closed.
pub fn words(command: &str, port: u16) -> Result<Vec<String>, ExternalError> {
    let command = command.replace(PORT, &port.to_string());
    let quotes = || ExternalError::Quotes(command.clone());
    let words = shlex::split(&command).filter(|words| !words.is_empty());
    let words = words.ok_or_else(quotes)?;
    let sets_variable = words[0].contains('=');
    if sets_variable || command.contains(|c| SHELL.contains(c) || c == '\n') {
        return Ok(["sh", "-c", &command].map(str::to_owned).to_vec());
    }
    Ok(words)
}

fn is_name(name: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || "-_.+ ".contains(c);
    let ends = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    name.chars().count() <= LONGEST_NAME
        && name.chars().all(inside)
        && ends(name.chars().next())
        && name.chars().next_back().is_some_and(|c| c != ' ')
        && !["all", "none"].contains(&name)
}

/// Whether a program is there: by its path, or in one of the folders of `PATH`.
fn is_program(name: &str) -> bool {
    if name.contains('/') {
        return Path::new(name).is_file();
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).any(|folder| folder.join(name).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        text.parse::<External>().unwrap_err().to_string()
    }

    #[test]
    fn a_name_and_a_command_are_a_server() {
        let external: External = "mine 2.0=env LANG=C cat {port}".parse().unwrap();
        assert_eq!(external.name, "mine 2.0");
        let contender = external.contender(1);
        assert_eq!((contender.place, contender.family), (1, Family::External));
        assert_eq!(contender.command.unwrap(), "env LANG=C cat {port}");
    }

    #[test]
    fn what_cannot_be_started_is_refused_with_a_remedy() {
        assert!(refused("cat {port}").ends_with("give it as NAME='COMMAND {port}'"));
        assert!(refused("a=").ends_with("give it as NAME='COMMAND {port}'"));
        assert!(refused("a=cat").ends_with("write {port} where it takes its port"));
        assert!(refused("a=cat '{port}").ends_with("close it"));
        assert!(refused("a=no-such-program-here {port}").ends_with("or give its whole path"));
    }

    #[test]
    fn names_that_would_break_a_table_are_refused() {
        for name in ["", "a|b", "a\nb", "-x", "a ", "<b>", "all", &"x".repeat(33)] {
            let error = refused(&format!("{name}=cat {{port}}"));
            assert!(error.contains("is no name for a server"), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_shell_is_asked_only_where_one_is_needed() {
        let words = |command| words(command, 7).unwrap();
        assert_eq!(words("cat -n 'a b' {port}"), ["cat", "-n", "a b", "7"]);
        assert_eq!(words("cat {port} 2>&1"), ["sh", "-c", "cat 7 2>&1"]);
        assert_eq!(words("LANG=C cat {port}"), ["sh", "-c", "LANG=C cat 7"]);
    }

    #[test]
    fn no_two_contenders_have_one_name() {
        let external: External = "a=cat {port}".parse().unwrap();
        let twice = [external.contender(0), external.contender(1)];
        let error = check_names(&twice).unwrap_err().to_string();
        assert!(error.ends_with("a name of its own"), "{error}");
        assert_eq!(check_names(&twice[..1]), Ok(()));
    }
}
