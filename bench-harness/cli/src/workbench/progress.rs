//! Shows how a build goes on: on a terminal in a line that changes, elsewhere in one line at the beginning.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::notes::note;

/// The line, which disappears when this is dropped.
pub struct Spinner(ProgressBar);

impl Spinner {
    /// A line on stderr; none if `quiet`.
    pub fn new(quiet: bool) -> Self {
        let target = if quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let style = ProgressStyle::with_template("{spinner} {msg}")
            .expect("indicatif accepts a spinner and a message");
        let bar = ProgressBar::with_draw_target(None, target).with_style(style);
        if !quiet && bar.is_hidden() {
            note("building a copy; the first time this takes some minutes");
        }
        Self(bar)
    }

    /// Shows the number of packages that are built, and the last of them.
    pub fn show(&self, built: usize, elapsed: Duration, package: Option<&str>) {
        if let Some(package) = package {
            self.0.set_prefix(package.to_owned());
        }
        let seconds = elapsed.as_secs();
        let last = self.0.prefix();
        self.0.set_message(format!(
            "building a copy: {built} packages, {seconds} s  {last}"
        ));
        self.0.tick();
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
