//! When requests are due: closed loop or open loop.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use crate::request::times::parse_time;
use crate::text::stored_as_text;
use crate::timing::rate::Rate;

/// When requests are due.
///
/// In an outcome it is one text: `closed`, `closed, think 250µs` or `open, 20000 a second, poisson`.
///
/// A plan may use a rate that the generator does not know, such as a share of a peak that is not measured yet. It then uses
/// its own type `R`, and [`map_rate`](Self::map_rate) makes the schedule for the generator.
#[derive(Clone, Debug, PartialEq)]
pub enum Schedule<R = Rate> {
    /// Closed loop: a client sends its next request when it has the reply to the last one and has thought for a while. A
    /// server that stalls gets no requests meanwhile, so a closed loop hides most of a stall.
    Closed {
        /// Time from a reply to the next request of the same client.
        think: Duration,
    },
    /// Open loop: requests are due at their own times, whatever the server does. The connection that has been free for
    /// longest sends the next one. If none is free, the request waits, and that time counts.
    Open {
        /// Requests per second.
        rate: R,
        /// How requests are spaced.
        spacing: Spacing,
    },
}

/// How the requests of an open loop are spaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spacing {
    /// Evenly.
    #[default]
    Constant,
    /// At random and independent of each other, as from many independent users.
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

    /// An open loop with Poisson arrivals.
    pub const fn poisson(rate: f64) -> Self {
        Self::Open {
            rate: Rate::Constant(rate),
            spacing: Spacing::Poisson,
        }
    }
}

impl<R> Schedule<R> {
    /// True for an open loop.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// Returns the same schedule with another rate. A closed loop has no rate and stays unchanged.
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
                "`{text}` is not a kind of arrivals; use `constant` or `poisson`"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_read_and_written_the_same_way() {
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
        assert!(error.contains("`constant` or `poisson`"), "{error}");
    }
}
