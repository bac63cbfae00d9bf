//! An external server, written in any language, as a contender: its name, and the command that starts it.

use std::env;
use std::path::Path;
use std::str::FromStr;

use record::plan::{Contender, Family};
use thiserror::Error;

/// The placeholder of the port in a command.
const PORT: &str = "{port}";
/// Maximum length of a name in characters: a longer one would break the layout of tables.
const LONGEST_NAME: usize = 32;
/// Characters that are special to a shell.
const SHELL: &str = "|&;<>()$`*?[]#~!{}";

/// An external server, given as `NAME=COMMAND`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct External {
    /// Its name in reports.
    pub name: String,
    /// The command that starts it, with the placeholder `{port}`.
    pub command: String,
}

/// The option `--external` cannot be used as it was given.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ExternalError {
    /// There is no name, or no command.
    #[error("`{0}` is not a name and a command; write NAME='COMMAND {{port}}'")]
    Form(String),
    /// The name does not fit into tables and file names.
    #[error(
        "`{}` is not a valid name for a server; use at most {LONGEST_NAME} letters, digits, `-`, `_`, `.`, `+` and inner spaces, and begin with a letter or digit",
        .0.escape_debug()
    )]
    Name(String),
    /// The command has no placeholder for its port.
    #[error(
        "the command `{0}` does not say which port to use; write {{port}} in place of the port number"
    )]
    NoPort(String),
    /// A quote in the command is not closed.
    #[error("a quote in the command `{0}` is not closed; add the missing quote")]
    Quotes(String),
    /// The program does not exist.
    #[error("there is no program `{0}`; install it, or give its full path")]
    NoProgram(String),
    /// Two contenders have the same name.
    #[error("two contenders have the name `{0}`; give each --external its own name")]
    SameName(String),
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
    /// This server as a contender. `place` is its place in the family of external servers.
    pub fn contender(&self, place: usize) -> Contender {
        Contender {
            place,
            summary: format!("An external server, started with `{}`.", self.command),
            echo_only: true,
            command: Some(self.command.clone()),
            ..Contender::new(&self.name, Family::External)
        }
    }
}

/// Checks that no two contenders have the same name.
///
/// # Errors
/// Two have the same name.
pub fn check_names(contenders: &[Contender]) -> Result<(), ExternalError> {
    for (index, contender) in contenders.iter().enumerate() {
        let mut earlier = contenders[..index].iter();
        if earlier.any(|other| other.name == contender.name) {
            return Err(ExternalError::SameName(contender.name.clone()));
        }
    }
    Ok(())
}

/// Program and arguments of the command, with this port.
///
/// A shell runs the command only if it has characters that need a shell. A shell is one more process: it would receive the
/// signals in place of the server, and its cost would count as the server's.
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

/// True if this program exists, by its path or in a folder of `PATH`.
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

    fn error_of(text: &str) -> String {
        text.parse::<External>().unwrap_err().to_string()
    }

    #[test]
    fn a_name_and_a_command_make_a_contender() {
        let external: External = "mine 2.0=env LANG=C cat {port}".parse().unwrap();
        assert_eq!(external.name, "mine 2.0");
        let contender = external.contender(1);
        assert_eq!((contender.place, contender.family), (1, Family::External));
        assert_eq!(contender.command.unwrap(), "env LANG=C cat {port}");
    }

    #[test]
    fn a_wrong_command_is_refused_with_a_remedy() {
        assert!(error_of("cat {port}").ends_with("write NAME='COMMAND {port}'"));
        assert!(error_of("a=").ends_with("write NAME='COMMAND {port}'"));
        assert!(error_of("a=cat").ends_with("write {port} in place of the port number"));
        assert!(error_of("a=cat '{port}").ends_with("add the missing quote"));
        assert!(error_of("a=no-such-program-here {port}").ends_with("or give its full path"));
    }

    #[test]
    fn a_name_that_would_break_a_table_is_refused() {
        for name in ["", "a|b", "a\nb", "-x", "a ", "<b>", "all", &"x".repeat(33)] {
            let error = error_of(&format!("{name}=cat {{port}}"));
            assert!(
                error.contains("is not a valid name for a server"),
                "{error}"
            );
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn a_shell_runs_the_command_only_if_it_needs_one() {
        let words = |command| words(command, 7).unwrap();
        assert_eq!(words("cat -n 'a b' {port}"), ["cat", "-n", "a b", "7"]);
        assert_eq!(words("cat {port} 2>&1"), ["sh", "-c", "cat 7 2>&1"]);
        assert_eq!(words("LANG=C cat {port}"), ["sh", "-c", "LANG=C cat 7"]);
    }

    #[test]
    fn two_contenders_with_the_same_name_are_refused() {
        let external: External = "a=cat {port}".parse().unwrap();
        let twice = [external.contender(0), external.contender(1)];
        let error = check_names(&twice).unwrap_err().to_string();
        assert!(error.ends_with("its own name"), "{error}");
        assert_eq!(check_names(&twice[..1]), Ok(()));
    }
}
