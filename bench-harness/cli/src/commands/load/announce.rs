//! What the generator tells a program that started it with `--announce`, in lines on stdout, while it runs.
//!
//! ```text
//! answered REQUESTS NANOSECONDS   about every ten milliseconds of the warm-up, first when asking begins, and once more when the window
//!                                 has ended: requests answered since the first connect, and when that was (CLOCK_MONOTONIC)
//! measuring                       once, when the measured window begins
//! measured                        once, when it has ended; the clients stay connected until stdin ends, but not for long
//! ```
//!
//! In that last pause it can be asked what the server holds, which takes the server's time, and would take it from the window.

use std::io;
use std::os::fd::AsFd as _;

use loadgen::{Phase, Progress};
use measure::cost::Answered;
use measure::generator::{MEASURED, MEASURING};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// How long clients stay connected after the window for whoever wants to look, in milliseconds.
const PAUSE: u16 = 500;

/// Whoever announces.
#[derive(Debug, Default)]
pub struct Herald {
    said: Phase,
}

impl Herald {
    /// Says what is to be said now.
    pub fn announce(&mut self, progress: &Progress) {
        let Some(lines) = self.lines(progress.phase(), progress.now().requests) else {
            return;
        };
        println!("{lines}");
        if lines.ends_with(MEASURED) {
            wait_for_end_of_stdin();
        }
    }

    fn lines(&mut self, phase: Phase, requests: u64) -> Option<String> {
        let said = std::mem::replace(&mut self.said, phase);
        match phase {
            Phase::WarmingUp => Some(Answered::now(requests).line()),
            Phase::Measuring if said < phase => Some(MEASURING.to_owned()),
            Phase::Over if said == Phase::Measuring => {
                Some(Answered::now(requests).line() + "\n" + MEASURED)
            }
            _ => None,
        }
    }
}

/// Nobody writes to it, so that whatever happens there is its end.
fn wait_for_end_of_stdin() {
    let stdin = io::stdin();
    let mut end = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
    // A signal ends the pause early, and nothing is lost.
    let _ = poll(&mut end, PollTimeout::from(PAUSE));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_in_the_warm_up_and_at_the_end_and_the_window_once() {
        let mut herald = Herald::default();
        assert_eq!(herald.lines(Phase::Connecting, 0), None);
        for requests in [0, 7] {
            let line = herald.lines(Phase::WarmingUp, requests).unwrap();
            assert_eq!(Answered::parse(&line).unwrap().requests, requests);
        }
        assert_eq!(
            herald.lines(Phase::Measuring, 9).as_deref(),
            Some("measuring")
        );
        assert_eq!(herald.lines(Phase::Measuring, 10), None);
        let last = herald.lines(Phase::Over, 11).unwrap();
        let (answered, measured) = last.split_once('\n').unwrap();
        assert_eq!(Answered::parse(answered).unwrap().requests, 11);
        assert_eq!(measured, "measured");
        assert_eq!(herald.lines(Phase::Over, 11), None);
    }

    #[test]
    fn who_was_stopped_before_the_window_has_not_measured() {
        let mut herald = Herald::default();
        herald.lines(Phase::WarmingUp, 0);
        assert_eq!(herald.lines(Phase::Over, 0), None);
    }
}
