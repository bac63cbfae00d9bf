//! The exit codes of all commands: the numbers, and the text that every help shows.

use std::fmt::Write as _;
use std::process::ExitCode;

use measure::stop;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It did what was asked.
    Done,
    /// It could not do it, the server gave no reply or a wrong one, or a case found a fault in it.
    Failed,
    /// The command line makes no sense, or this machine cannot do what it asks for.
    WrongUse,
    /// Its own checks say that the figures or the outcomes cannot be trusted.
    Invalid,
    /// It measured, and this machine does not show what the lesson claims.
    NotShown,
    /// The server under load ended in the run.
    ServerDied,
    /// The user stopped it.
    Stopped,
}

impl Exit {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 7] = [
        Self::Done,
        Self::Failed,
        Self::WrongUse,
        Self::Invalid,
        Self::NotShown,
        Self::ServerDied,
        Self::Stopped,
    ];

    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::WrongUse => 2,
            Self::Invalid => 3,
            Self::NotShown => 4,
            Self::ServerDied => 5,
            Self::Stopped => stop::EXIT_CODE,
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed; `load`: no reply, or a wrong one; `check`: a case failed",
            Self::WrongUse => "wrong use, or this machine cannot do it",
            Self::Invalid => "invalid figures of `load` or `calibrate`; `check`: disturbed machine",
            Self::NotShown => "not shown: `lesson` measured something else on this machine",
            Self::ServerDied => "server died: the server of `load` ended in the run",
            Self::Stopped => "stopped with Ctrl-C",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The end of the help of every command.
pub fn help() -> String {
    let mut text = "Exit codes:\n".to_owned();
    for exit in Exit::ALL {
        writeln!(text, "  {:<4} {}", exit.code(), exit.meaning()).expect("a string takes all text");
    }
    text.trim_end().to_owned()
}
