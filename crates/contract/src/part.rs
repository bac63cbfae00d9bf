//! The lines of one of several generator processes that share a load, and the order that lets them begin together.

use std::fmt;
use std::io::{self, Read, Write};
use std::time::Instant;

use crate::clock;

/// A line of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// All its connections are open or have failed.
    Connected,
    /// Its measured window has begun.
    Measuring,
    /// How it is going, as a JSON document, once a second.
    Reading(String),
    /// Its outcome, as a JSON document: the last line.
    Outcome(String),
}

impl Line {
    /// The line that this text is; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (word, json) = text.split_once(' ').unwrap_or((text, ""));
        match word {
            "connected" => Some(Self::Connected),
            "measuring" => Some(Self::Measuring),
            "reading" => Some(Self::Reading(json.to_owned())),
            "outcome" => Some(Self::Outcome(json.to_owned())),
            _ => None,
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected => f.write_str("connected"),
            Self::Measuring => f.write_str("measuring"),
            Self::Reading(json) => write!(f, "reading {json}"),
            Self::Outcome(json) => write!(f, "outcome {json}"),
        }
    }
}

/// Orders a part to begin at this moment.
///
/// # Errors
/// The part is gone.
pub fn order_begin(part: &mut impl Write, at: Instant) -> io::Result<()> {
    part.write_all(&clock::shared(at).to_ne_bytes())
}

/// Waits for the order to begin; `None` if there is no owner any more that could give it.
pub fn wait_for_order(owner: &mut impl Read) -> Option<Instant> {
    let mut order = [0; 8];
    owner.read_exact(&mut order).ok()?;
    Some(clock::instant(u64::from_ne_bytes(order)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_line_is_read_as_it_is_written() {
        for line in [
            Line::Connected,
            Line::Measuring,
            Line::Reading("{}".to_owned()),
            Line::Outcome("{}".to_owned()),
        ] {
            let text = line.to_string();
            assert!(!text.contains('\n'), "{text}");
            assert_eq!(Line::parse(&text), Some(line));
        }
        assert_eq!(Line::parse("something else"), None);
    }

    #[test]
    fn an_order_arrives_and_a_gone_owner_gives_none() {
        let mut pipe = Vec::new();
        order_begin(&mut pipe, Instant::now() + Duration::from_secs(9)).unwrap();
        let at = wait_for_order(&mut pipe.as_slice()).expect("the order is whole");
        assert!(at > Instant::now() + Duration::from_secs(5));
        assert_eq!(wait_for_order(&mut &pipe[..3]), None);
    }
}
