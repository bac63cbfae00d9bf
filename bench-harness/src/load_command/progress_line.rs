//! One line on the terminal that says how a load run is going.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use loadgen::{Moment, Phase, Progress};

use crate::number;

/// How often the line changes.
const EVERY: Duration = Duration::from_secs(1);

/// The progress line on stderr; nothing of it when that is not a terminal.
pub struct ProgressLine {
    bar: ProgressBar,
    start: Instant,
    next: Duration,
    before: (Duration, u64),
}

impl ProgressLine {
    /// A line that is not there yet, and stays away where the user wants it `quiet`.
    pub fn new(quiet: bool) -> Self {
        let bar = if quiet {
            ProgressBar::hidden()
        } else {
            ProgressBar::no_length()
        };
        let style = ProgressStyle::with_template("{msg}")
            .expect("the template is a constant that indicatif accepts");
        Self {
            bar: bar.with_style(style),
            start: Instant::now(),
            next: EVERY,
            before: (Duration::ZERO, 0),
        }
    }

    /// Writes the line anew, once a second.
    pub fn show(&mut self, progress: &Progress) {
        let at = self.start.elapsed();
        if self.bar.is_hidden() || at < self.next {
            return;
        }
        let now = progress.now();
        let (then, requests) = self.before;
        let rate = (now.requests - requests) as f64 / at.saturating_sub(then).as_secs_f64();
        self.bar
            .set_message(words(progress.phase(), at, rate, &now));
        self.bar.tick();
        self.next = at + EVERY;
        self.before = (at, now.requests);
    }

    /// Takes the line away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// The words of the progress line.
fn words(phase: Phase, at: Duration, rate: f64, now: &Moment) -> String {
    let doing = match phase {
        Phase::Connecting => "connecting",
        Phase::WarmingUp => "warming up",
        Phase::Measuring => "measuring",
    };
    let seconds = number::waiting(at);
    let (open, errors) = (number::grouped(now.open), number::grouped(now.errors));
    let rate = number::grouped(rate.round() as u64);
    format!("{seconds:>6}  {doing:<10}  {rate:>9} requests/s  {open} open  {errors} errors")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_progress_line_says_what_is_going_on() {
        let now = Moment {
            open: 64,
            errors: 2,
            ..Moment::default()
        };
        let line = words(Phase::Measuring, Duration::from_secs(3), 183_204.4, &now);
        assert_eq!(
            line,
            "   3 s  measuring     183,204 requests/s  64 open  2 errors"
        );
    }
}
