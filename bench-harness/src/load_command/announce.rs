//! What the generator tells a program that started it with `--announce`, in lines on stdout, while it runs.
//!
//! ```text
//! answered REQUESTS NANOSECONDS   about every ten milliseconds of the warm-up, and first when asking begins: requests answered
//!                                 since the first connect, and when that was (CLOCK_MONOTONIC)
//! measuring                       once, when the measured window begins
//! ```

use loadgen::{Phase, Progress};

use crate::cost::Answered;
use crate::generator::MEASURING;

/// Whoever announces.
#[derive(Debug, Default)]
pub struct Herald {
    done: bool,
}

impl Herald {
    /// Says what is to be said now.
    pub fn announce(&mut self, progress: &Progress) {
        if let Some(line) = self.line(progress.phase(), progress.now().requests) {
            println!("{line}");
        }
    }

    fn line(&mut self, phase: Phase, requests: u64) -> Option<String> {
        match phase {
            Phase::WarmingUp => Some(Answered::now(requests).line()),
            Phase::Measuring if !self.done => {
                self.done = true;
                Some(MEASURING.to_owned())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_in_the_warm_up_and_the_window_once() {
        let mut herald = Herald::default();
        assert_eq!(herald.line(Phase::Connecting, 0), None);
        for requests in [0, 7] {
            let line = herald.line(Phase::WarmingUp, requests).unwrap();
            assert_eq!(Answered::parse(&line).unwrap().requests, requests);
        }
        assert_eq!(
            herald.line(Phase::Measuring, 9).as_deref(),
            Some("measuring")
        );
        assert_eq!(herald.line(Phase::Measuring, 10), None);
    }
}
