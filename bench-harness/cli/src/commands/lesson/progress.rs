//! The progress bar of a lesson.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use report::paragraph::{WIDTH, shortened};

/// Steps of the bar.
const STEPS: u64 = 1000;
/// Columns of the bar.
const BAR: usize = 24;
/// Columns of the message behind the bar and its per cent.
const MESSAGE: usize = WIDTH - BAR - 9;

/// A bar on stderr, which disappears when this is dropped. It is hidden if stderr is not a terminal. It changes only with the
/// experiment, because a bar that turns by itself would take CPU time from the measurement.
#[derive(Debug)]
pub struct Bar(ProgressBar);

impl Bar {
    /// A bar; hidden if `quiet`.
    pub fn new(quiet: bool) -> Self {
        let target = if quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let style = ProgressStyle::with_template(&format!("{{bar:{BAR}}} {{percent}} %  {{msg}}"))
            .expect("indicatif accepts a bar, a per cent and a message");
        Self(ProgressBar::with_draw_target(Some(STEPS), target).with_style(style))
    }

    /// Shows what is being done, and the share that is done.
    pub fn show(&self, text: &str, share: f64) {
        self.0.set_message(shortened(text, MESSAGE));
        self.0
            .set_position((share.clamp(0.0, 1.0) * STEPS as f64) as u64);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
