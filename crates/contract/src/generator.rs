//! The lines of a generator that was asked to announce what it does.

use std::fmt;
use std::time::Duration;

use crate::clock;

/// A line of a generator. Any other text is part of its outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// How far it is: in the warm-up, and once when the window has ended.
    Answered(Answered),
    /// The measured window begins.
    Measuring,
    /// The measured window has ended. The clients stay connected until stdin closes, for half a second at most.
    Measured,
    /// In slices: all its connections are open or have failed, and it waits for the first order.
    Connected,
    /// In slices: what the slice measured, as a JSON document.
    Slice(String),
}

/// Number of requests answered by a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Requests answered since the first connect.
    pub requests: u64,
    /// The moment, on the clock that all processes share.
    pub at: Duration,
}

impl Answered {
    /// This number of requests by now.
    pub fn now(requests: u64) -> Self {
        Self {
            requests,
            at: clock::now(),
        }
    }
}

impl Line {
    /// The line that this text is; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "measuring" => return Some(Self::Measuring),
            "measured" => return Some(Self::Measured),
            "connected" => return Some(Self::Connected),
            _ => {}
        }
        if let Some(json) = text.strip_prefix("slice ") {
            return Some(Self::Slice(json.to_owned()));
        }
        let (requests, at) = text.strip_prefix("answered ")?.split_once(' ')?;
        Some(Self::Answered(Answered {
            requests: requests.parse().ok()?,
            at: Duration::from_nanos(at.parse().ok()?),
        }))
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(Answered { requests, at }) => {
                write!(f, "answered {requests} {}", at.as_nanos())
            }
            Self::Measuring => f.write_str("measuring"),
            Self::Measured => f.write_str("measured"),
            Self::Connected => f.write_str("connected"),
            Self::Slice(json) => write!(f, "slice {json}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_as_it_is_written() {
        for line in [
            Line::Answered(Answered::now(7)),
            Line::Measuring,
            Line::Measured,
            Line::Connected,
            Line::Slice("{}".to_owned()),
        ] {
            let text = line.to_string();
            assert!(!text.contains('\n'), "{text}");
            assert_eq!(Line::parse(&text), Some(line));
        }
        for other in ["", "answered", "answered 1", "answered x 2", "slice", "{}"] {
            assert_eq!(Line::parse(other), None, "{other}");
        }
    }
}
