//! When requests are due: the difference between a closed and an open loop, as one value with one question.

use std::fmt;
use std::time::{Duration, Instant};

/// Says when each request is due. A worker asks once for every request, in the order in which connections become free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Closed loop: a client that has its reply thinks for a while and asks again. A server that stalls is asked
    /// nothing in the meantime, so a closed loop hides most of a stall.
    Closed {
        /// From a reply to the next request of the same client.
        think: Duration,
    },
}

impl Schedule {
    /// When a connection that became free at `free` is due to send its next request.
    pub fn intended(&mut self, free: Instant) -> Instant {
        match self {
            Self::Closed { think } => free + *think,
        }
    }
}

impl Default for Schedule {
    fn default() -> Self {
        Self::Closed {
            think: Duration::ZERO,
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed { think } if think.is_zero() => f.write_str("closed"),
            Self::Closed { think } => write!(f, "closed, think {think:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_loop_is_due_when_it_has_thought() {
        let free = Instant::now();
        let think = Duration::from_millis(3);
        assert_eq!(Schedule::default().intended(free), free);
        assert_eq!(Schedule::Closed { think }.intended(free), free + think);
    }

    #[test]
    fn a_schedule_says_what_it_is() {
        let think = Duration::from_micros(250);
        assert_eq!(Schedule::default().to_string(), "closed");
        assert_eq!(
            Schedule::Closed { think }.to_string(),
            "closed, think 250µs"
        );
    }
}
