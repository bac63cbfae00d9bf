//! The lines of a server: where it listens, and what it counted.

use std::fmt;

/// A line of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// It listens at this address: the first line.
    Ready(String),
    /// What it counted, as a JSON document: the last line.
    Stats(String),
}

impl Line {
    /// The line that this text is; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim_end().split_once(' ')? {
            ("ready", address) => Some(Self::Ready(address.to_owned())),
            ("stats", json) => Some(Self::Stats(json.to_owned())),
            _ => None,
        }
    }

    /// The address in a line `ready`.
    pub fn ready(text: &str) -> Option<String> {
        match Self::parse(text)? {
            Self::Ready(address) => Some(address),
            Self::Stats(_) => None,
        }
    }

    /// The document in a line `stats`.
    pub fn stats(text: &str) -> Option<String> {
        match Self::parse(text)? {
            Self::Stats(json) => Some(json),
            Self::Ready(_) => None,
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready(address) => write!(f, "ready {address}"),
            Self::Stats(json) => write!(f, "stats {json}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_as_it_is_written() {
        let ready = Line::Ready("127.0.0.1:7007".to_owned());
        let stats = Line::Stats(r#"{"opened":1}"#.to_owned());
        for line in [ready, stats] {
            let text = line.to_string();
            assert!(!text.contains('\n'), "{text}");
            assert_eq!(Line::parse(&text), Some(line));
        }
        for other in ["", "ready", "hello 127.0.0.1:7007"] {
            assert_eq!(Line::parse(other), None, "{other}");
        }
    }
}
