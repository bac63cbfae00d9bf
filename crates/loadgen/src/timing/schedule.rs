//! When requests are due: the difference between a closed and an open loop, as one value.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use crate::request::times::parse_time;
use crate::text::stored_as_text;
use crate::timing::rate::Rate;

/// When requests are due. In an outcome it is one text: `closed`, `closed, think 250µs` or `open, 20000 a second, poisson`.
///
/// A plan may know a rate that the generator does not, such as a share of a peak that is still to be measured: it uses a type
/// `R` of its own, and [`map_rate`](Self::map_rate) makes a schedule for the generator from it.
#[derive(Clone, Debug, PartialEq)]
pub enum Schedule<R = Rate> {
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
        rate: R,
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
}

impl<R> Schedule<R> {
    /// True for an open loop: requests come at their own times.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// The same schedule with another rate; a closed loop has none and stays as it is.
    pub fn map_rate<Other>(self, rate: impl FnOnce(R) -> Other) -> Schedule<Other> {
        match self {
            Self::Closed { think } => Schedule::Closed { think },
            Self::Open {
                rate: before,
                spacing,
            } => Schedule::Open {
                rate: rate(before),
                spacing,
            },
        }
    }
}

impl<R> Default for Schedule<R> {
    fn default() -> Self {
        Self::Closed {
            think: Duration::ZERO,
        }
    }
}

impl<R: fmt::Display> fmt::Display for Schedule<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed { think } if think.is_zero() => f.write_str("closed"),
            Self::Closed { think } => write!(f, "closed, think {think:?}"),
            Self::Open { rate, spacing } => write!(f, "open, {rate} a second, {spacing}"),
        }
    }
}

/// A text is not a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{0}` is not a schedule; write for example `closed`, `closed, think 1ms` or `open, 20000 a second, poisson`"
)]
pub struct ScheduleError(String);

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let open = |text: &str| {
            let (rate, spacing) = text.rsplit_once(" a second, ")?;
            Some(Self::Open {
                rate: rate.parse().ok()?,
                spacing: spacing.parse().ok()?,
            })
        };
        let closed = |text: &str| match text.strip_prefix(", think ") {
            Some(think) => parse_time(think).ok().map(|think| Self::Closed { think }),
            None => text.is_empty().then(Self::default),
        };
        let read = match text.strip_prefix("open, ") {
            Some(rest) => open(rest),
            None => text.strip_prefix("closed").and_then(closed),
        };
        read.ok_or_else(|| ScheduleError(text.to_owned()))
    }
}

stored_as_text!(Schedule, Spacing);

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
            assert_eq!(words.parse(), Ok(schedule));
        }
        for text in ["", "open", "open, 5", "closed, think", "often"] {
            assert!(text.parse::<Schedule>().is_err(), "{text}");
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
