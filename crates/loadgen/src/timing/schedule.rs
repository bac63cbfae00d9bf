//! When requests are due: the difference between a closed and an open loop, as one value.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::timing::rate::Rate;

/// Says when each request is due.
#[derive(Clone, Debug, PartialEq)]
pub enum Schedule {
    /// Closed loop: a client that has its reply thinks for a while and asks again. A server that stalls is asked
    /// nothing in the meantime, so a closed loop hides most of a stall.
    Closed {
        /// From a reply to the next request of the same client.
        think: Duration,
    },
    /// Open loop: requests come at their own times, whatever the server does, and take the connection that has been
    /// free for longest. Where none is free they wait, and their response time counts.
    Open {
        /// How many a second.
        rate: Rate,
        /// How they are spaced.
        spacing: Spacing,
    },
}

/// How the requests of an open loop are spaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spacing {
    /// As evenly as can be.
    #[default]
    Constant,
    /// At random, each independent of all others, as from many users who do not know each other.
    Poisson,
}

impl Schedule {
    /// An open loop with evenly spaced requests.
    pub const fn constant(rate: f64) -> Self {
        Self::Open {
            rate: Rate::Constant(rate),
            spacing: Spacing::Constant,
        }
    }

    /// An open loop with random arrivals.
    pub const fn poisson(rate: f64) -> Self {
        Self::Open {
            rate: Rate::Constant(rate),
            spacing: Spacing::Poisson,
        }
    }

    /// Whether requests come at their own times.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
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
            Self::Open { rate, spacing } => write!(f, "open, {rate} a second, {spacing}"),
        }
    }
}

impl fmt::Display for Spacing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Constant => "constant",
            Self::Poisson => "poisson",
        })
    }
}

impl FromStr for Spacing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "constant" => Ok(Self::Constant),
            "poisson" => Ok(Self::Poisson),
            _ => Err(format!(
                "no arrivals are called `{text}`; there are `constant` and `poisson`"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_says_what_it_is() {
        let think = Duration::from_micros(250);
        for (schedule, words) in [
            (Schedule::default(), "closed"),
            (Schedule::Closed { think }, "closed, think 250µs"),
            (Schedule::constant(20e3), "open, 20000 a second, constant"),
            (Schedule::poisson(0.5), "open, 0.5 a second, poisson"),
        ] {
            assert_eq!(schedule.to_string(), words);
        }
    }

    #[test]
    fn spacings_are_read_and_written_the_same_way() {
        for text in ["constant", "poisson"] {
            assert_eq!(text.parse::<Spacing>().unwrap().to_string(), text);
        }
        let error = "often".parse::<Spacing>().unwrap_err();
        assert!(error.contains("`constant` and `poisson`"), "{error}");
    }
}
