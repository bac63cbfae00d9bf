//! Work that a request asks the server to do before it replies, with durations from a distribution.

use std::fmt;
use std::str::FromStr;

use echo_protocol::Work;
use thiserror::Error;

use crate::request::times::{Times, TimesError};
use crate::text::stored_as_text;

/// Work of a random duration. Written as `spin:` (compute) or `sleep:` (wait), followed by [`Times`]: `spin:250us`,
/// `sleep:exp:1ms`.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkTimes {
    /// The server computes.
    Spin(Times),
    /// The server waits.
    Sleep(Times),
}

impl WorkTimes {
    /// Returns the work for a random number, uniform from 0 to 1. It takes at most [`Work::LONGEST`].
    pub fn pick(&self, random: f64) -> Work {
        match self {
            Self::Spin(times) => Work::Spin(times.pick(random).min(Work::LONGEST)),
            Self::Sleep(times) => Work::Sleep(times.pick(random).min(Work::LONGEST)),
        }
    }
}

impl From<Work> for WorkTimes {
    fn from(work: Work) -> Self {
        match work {
            Work::Spin(time) => Self::Spin(Times::Fixed(time)),
            Work::Sleep(time) => Self::Sleep(Times::Fixed(time)),
        }
    }
}

/// A text is not a description of work.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WorkError {
    /// The text starts neither with `spin:` nor with `sleep:`.
    #[error("`{0}` is not work; write for example spin:250us, sleep:1ms or spin:exp:250us")]
    Kind(String),
    /// The duration cannot be read.
    #[error(transparent)]
    Times(#[from] TimesError),
    /// The work takes longer than a frame can express.
    #[error("a request can ask for at most 16.7 s of work; use shorter times")]
    TooLong,
}

impl FromStr for WorkTimes {
    type Err = WorkError;

    fn from_str(text: &str) -> Result<Self, WorkError> {
        let (kind, times) = text
            .split_once(':')
            .ok_or_else(|| WorkError::Kind(text.to_owned()))?;
        let work: fn(Times) -> Self = match kind {
            "spin" => Self::Spin,
            "sleep" => Self::Sleep,
            _ => return Err(WorkError::Kind(text.to_owned())),
        };
        let times: Times = times.parse()?;
        if times.longest_named() > Work::LONGEST {
            return Err(WorkError::TooLong);
        }
        Ok(work(times))
    }
}

stored_as_text!(WorkTimes);

impl fmt::Display for WorkTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spin(times) => write!(f, "spin:{times}"),
            Self::Sleep(times) => write!(f, "sleep:{times}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn work_is_read_and_written_the_same_way() {
        for text in [
            "spin:250us",
            "sleep:exp:1ms",
            "spin:100us:9,10ms:1",
            "sleep:pareto:1ms:2",
        ] {
            assert_eq!(text.parse::<WorkTimes>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn random_work_stays_within_what_a_frame_can_say() {
        let work: WorkTimes = "spin:pareto:1s:0.5".parse().unwrap();
        assert_eq!(work.pick(0.0), Work::Spin(Duration::from_secs(1)));
        assert_eq!(work.pick(0.999_999), Work::Spin(Work::LONGEST));
    }

    #[test]
    fn other_texts_are_refused_with_an_example() {
        for (text, example) in [
            ("hard", "spin:250us"),
            ("rest:1s", "spin:250us"),
            ("spin:soon", "250us, 10ms or 30s"),
            ("spin:1m", "at most 16.7 s"),
            ("spin:exp:9999999s", "at most 16.7 s"),
            ("sleep:pareto:17s:2", "at most 16.7 s"),
        ] {
            let error = text.parse::<WorkTimes>().unwrap_err().to_string();
            assert!(error.contains(example), "{text}: {error}");
        }
    }
}
