//! The error that ends a command: its text for the user, and its exit code for the shell.
//!
//! Every command returns a [`Failure`]. The operator `?` makes one from each error type that implements [`Blame`], which
//! decides between wrong use and failure. A command that returns another error type does not compile.

mod blame;

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use crate::exit_codes::Exit;
use crate::notes::note;

/// What an error means for the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The command line makes no sense, or this machine cannot do what it asks for.
    WrongUse,
    /// The command makes sense, and failed.
    Failed,
    /// The user stopped it with Ctrl-C.
    Stopped,
    /// The reader of stdout has ended, as in `echolab list | head -1`: no message, and no failure.
    ReaderGone,
}

/// An error type that knows what it means for the exit code.
pub trait Blame: Error {
    /// Decides between wrong use and failure.
    fn fault(&self) -> Fault;

    /// The error as a sentence that ends with a remedy. Our own error types are such sentences already.
    fn sentence(&self) -> String {
        self.to_string()
    }
}

/// An error as the user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Decides the exit code.
    pub fault: Fault,
    text: String,
}

impl Failure {
    /// The user asked for something that makes no sense.
    pub fn wrong_use(text: impl Into<String>) -> Self {
        Self::new(Fault::WrongUse, text)
    }

    /// The command failed.
    pub fn failed(text: impl Into<String>) -> Self {
        Self::new(Fault::Failed, text)
    }

    /// The user stopped the command before it had a result.
    pub fn stopped(text: impl Into<String>) -> Self {
        Self::new(Fault::Stopped, text)
    }

    fn new(fault: Fault, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { fault, text }
    }

    /// The same failure, with the name of what it is about before its text.
    #[must_use]
    pub fn about(mut self, subject: impl fmt::Display) -> Self {
        self.text = format!("{subject}: {}", self.text);
        self
    }

    /// Writes the text to stderr, and gives the exit code.
    pub fn report(&self) -> ExitCode {
        if self.fault != Fault::ReaderGone {
            note(format_args!("echolab: {self}"));
        }
        let exit = match self.fault {
            Fault::WrongUse => Exit::WrongUse,
            Fault::Failed => Exit::Failed,
            Fault::Stopped => Exit::Stopped,
            Fault::ReaderGone => Exit::Done,
        };
        exit.into()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<E: Blame> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(error.fault(), error.sentence())
    }
}

/// Puts an error of the system into a sentence.
pub trait Explain<T> {
    /// Says what did not work, why (the error itself), and what the user can do: `problem (error); remedy`. Only errors of
    /// stdout need no explanation, so a broken pipe here is another one, and a failure.
    ///
    /// # Errors
    /// The error itself, in that sentence.
    fn explain(self, problem: impl fmt::Display, remedy: &str) -> Result<T, Failure>;
}

impl<T, E: Blame> Explain<T> for Result<T, E> {
    fn explain(self, problem: impl fmt::Display, remedy: &str) -> Result<T, Failure> {
        self.map_err(|error| {
            let fault = match error.fault() {
                Fault::ReaderGone => Fault::Failed,
                fault => fault,
            };
            Failure::new(fault, format!("{problem} ({error}); {remedy}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use echo_server::ServeError;

    use super::*;

    #[test]
    fn an_explained_error_names_problem_cause_and_remedy() {
        let failure = Err::<(), _>(io::Error::other("no space"))
            .explain("cannot write `a`", "free some space")
            .unwrap_err();
        assert_eq!(
            failure.to_string(),
            "cannot write `a` (no space); free some space"
        );
        assert_eq!(failure.fault, Fault::Failed);
        let failure = failure.about("server `b`");
        assert!(failure.to_string().starts_with("server `b`: cannot"));
    }

    #[test]
    fn a_closed_pipe_to_anything_but_stdout_is_a_failure() {
        let closed = || io::Error::from(io::ErrorKind::BrokenPipe);
        let explained = Err::<(), _>(closed()).explain("cannot write `a`", "free some space");
        assert_eq!(explained.unwrap_err().fault, Fault::Failed);
        let of_a_server = ServeError::Failed {
            model: "prefork",
            source: closed(),
        };
        assert_eq!(Failure::from(of_a_server).fault, Fault::Failed);
    }

    #[test]
    fn a_closed_pipe_is_no_failure_of_the_command() {
        let closed = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert_eq!(Failure::from(closed()).fault, Fault::ReaderGone);
        let from_json = serde_json::Error::io(closed());
        assert_eq!(Failure::from(from_json).fault, Fault::ReaderGone);
        let full = Failure::from(io::Error::from(io::ErrorKind::StorageFull));
        assert_eq!(full.fault, Fault::Failed);
        assert!(full.to_string().ends_with("with enough space"), "{full}");
    }
}
