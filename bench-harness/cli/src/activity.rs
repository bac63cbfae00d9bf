//! Shows which step a command is at, for the steps that may take longer than two seconds.

use std::borrow::Cow;
use std::time::Duration;

use indicatif::ProgressBar;

use crate::notes::note;

/// How often a spinner turns.
const TURN: Duration = Duration::from_millis(100);

/// The current step, on stderr; it disappears when this is dropped.
#[derive(Debug)]
pub struct Activity {
    bar: ProgressBar,
    lines: bool,
}

impl Activity {
    /// A spinner that turns by itself. It shows nothing if `quiet`, or if stderr is not a terminal.
    pub fn spinning(quiet: bool) -> Self {
        let bar = bar(quiet);
        bar.enable_steady_tick(TURN);
        Self { bar, lines: false }
    }

    /// A line that changes only with the step, because a spinner would take CPU time from a measurement. If stderr is
    /// not a terminal, each step is a line of its own.
    pub fn still(quiet: bool) -> Self {
        let bar = bar(quiet);
        let lines = !quiet && bar.is_hidden();
        Self { bar, lines }
    }

    /// Shows the next step.
    pub fn step(&self, text: impl Into<Cow<'static, str>>) {
        let text = text.into();
        if self.lines {
            note(&text);
        }
        self.bar.set_message(text);
        self.bar.tick();
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn bar(quiet: bool) -> ProgressBar {
    if quiet {
        ProgressBar::hidden()
    } else {
        ProgressBar::new_spinner()
    }
}
