//! Announces what the generator does to the program that started it with `--announce`: see `contract::generator`.
//!
//! In the pause after the window the harness asks the kernel what the server holds. That takes the server's time, which
//! would be taken from the window.

use std::io;
use std::os::fd::AsFd as _;

use contract::generator::{Answered, Line};
use loadgen::{Phase, Progress};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::notes::tell;

/// Longest pause after the window in which clients stay connected, in milliseconds.
const PAUSE: u16 = 500;

/// Knows which lines were printed.
#[derive(Debug, Default)]
pub struct Announcer {
    phase: Phase,
}

impl Announcer {
    /// Prints the lines that are due.
    pub fn announce(&mut self, progress: &Progress) {
        for line in self.lines(progress.phase(), progress.now().requests) {
            tell(&line);
            if line == Line::Measured {
                wait_for_end_of_stdin();
            }
        }
    }

    fn lines(&mut self, phase: Phase, requests: u64) -> Vec<Line> {
        let before = std::mem::replace(&mut self.phase, phase);
        let answered = || Line::Answered(Answered::now(requests));
        match phase {
            Phase::WarmingUp => vec![answered()],
            Phase::Measuring if before < phase => vec![Line::Measuring],
            Phase::Over if before == Phase::Measuring => vec![answered(), Line::Measured],
            _ => Vec::new(),
        }
    }
}

/// The harness writes nothing to it, so that any event is its end.
fn wait_for_end_of_stdin() {
    let stdin = io::stdin();
    let mut end = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
    // A signal ends the pause early, and nothing is lost.
    let _ = poll(&mut end, PollTimeout::from(PAUSE));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(line: &Line) -> Option<u64> {
        match line {
            Line::Answered(answered) => Some(answered.requests),
            Line::Measuring | Line::Measured | Line::Connected | Line::Slice(_) => None,
        }
    }

    #[test]
    fn requests_are_announced_in_the_warm_up_and_at_the_end_and_the_window_once() {
        let mut announcer = Announcer::default();
        assert_eq!(announcer.lines(Phase::Connecting, 0), []);
        for n in [0, 7] {
            let lines = announcer.lines(Phase::WarmingUp, n);
            assert_eq!(lines.iter().map(requests).collect::<Vec<_>>(), [Some(n)]);
        }
        assert_eq!(announcer.lines(Phase::Measuring, 9), [Line::Measuring]);
        assert_eq!(announcer.lines(Phase::Measuring, 10), []);
        let lines = announcer.lines(Phase::Over, 11);
        let [answered, measured] = &lines[..] else {
            panic!("the window ends with two lines");
        };
        assert_eq!(requests(answered), Some(11));
        assert_eq!(measured, &Line::Measured);
        assert_eq!(announcer.lines(Phase::Over, 11), []);
    }

    #[test]
    fn a_generator_that_is_stopped_before_the_window_has_not_measured() {
        let mut announcer = Announcer::default();
        announcer.lines(Phase::WarmingUp, 0);
        assert_eq!(announcer.lines(Phase::Over, 0), []);
    }
}
