//! The lines of a server that was asked to show what it does: one line an event, on standard error.
//!
//! ```text
//!    0.000123  thread 814 of 812  accept    127.0.0.1:53212
//!    0.000140  thread 814 of 812  read 5    127.0.0.1:53212
//!    0.000160  thread 814 of 812  write 5   127.0.0.1:53212
//!    3.001000  thread 814 of 812  read 0    127.0.0.1:53212       the client ended its side
//!    3.001020  thread 814 of 812  end       127.0.0.1:53212
//! ```

use std::fmt;
use std::time::Duration;

/// A line: one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The time since the server began, or since the moment that its starter chose.
    pub at: Duration,
    /// The thread in which it happened.
    pub thread: i32,
    /// The process of that thread.
    pub process: i32,
    /// What the server did.
    pub what: What,
    /// The client's address, or `fd:N` for a client without one.
    pub client: String,
}

/// What a server does for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It accepted the client.
    Accept,
    /// It received this number of bytes; 0 bytes are the client's end of file.
    Read(usize),
    /// It sent this number of bytes.
    Write(usize),
    /// The work of a request is done.
    Work,
    /// The conversation ended as the protocol has it.
    End,
    /// The connection broke.
    Broken,
    /// The grace period after a stop was over.
    CutOff,
    /// The server refused the client.
    Refused,
}

impl Line {
    /// The line that this text is; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let at = words.next()?.parse().ok()?;
        let at = Duration::try_from_secs_f64(at).ok()?;
        let thread = word_after(&mut words, "thread")?.parse().ok()?;
        let process = word_after(&mut words, "of")?.parse().ok()?;
        let what = What::parse(&mut words)?;
        let client = words.next()?.to_owned();
        words.next().is_none().then_some(Self {
            at,
            thread,
            process,
            what,
            client,
        })
    }
}

impl What {
    fn parse<'a>(words: &mut impl Iterator<Item = &'a str>) -> Option<Self> {
        let word = words.next()?;
        let mut number = || words.next()?.parse().ok();
        Some(match word {
            "accept" => Self::Accept,
            "work" => Self::Work,
            "end" => Self::End,
            "broken" => Self::Broken,
            "cut-off" => Self::CutOff,
            "refused" => Self::Refused,
            "read" => Self::Read(number()?),
            "write" => Self::Write(number()?),
            _ => return None,
        })
    }
}

/// The word after this one.
fn word_after<'a>(words: &mut impl Iterator<Item = &'a str>, word: &str) -> Option<&'a str> {
    (words.next()? == word).then(|| words.next())?
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.at.as_secs_f64();
        let by = format!("thread {} of {}", self.thread, self.process);
        let what = self.what.to_string();
        write!(f, "{seconds:>11.6}  {by}  {what:<12} {}", self.client)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accept => f.write_str("accept"),
            Self::Read(bytes) => write!(f, "read {bytes}"),
            Self::Write(bytes) => write!(f, "write {bytes}"),
            Self::Work => f.write_str("work"),
            Self::End => f.write_str("end"),
            Self::Broken => f.write_str("broken"),
            Self::CutOff => f.write_str("cut-off"),
            Self::Refused => f.write_str("refused"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_as_it_is_written() {
        for what in [
            What::Accept,
            What::Read(0),
            What::Write(65_536),
            What::Work,
            What::End,
            What::Broken,
            What::CutOff,
            What::Refused,
        ] {
            let line = Line {
                at: Duration::from_micros(3_001_020),
                thread: 814,
                process: 812,
                what,
                client: "127.0.0.1:53212".to_owned(),
            };
            assert_eq!(Line::parse(&line.to_string()), Some(line));
        }
    }

    #[test]
    fn another_text_is_no_line() {
        for other in [
            "",
            "stopping: 1 conversation open, at most 5 s more",
            "0.1 thread 1 of 1 read a:1",
            "0.1 thread 1 of 1 sing a:1",
            "0.1 thread 1 of 1 end a:1 b",
            "-1 thread 1 of 1 end a:1",
        ] {
            assert_eq!(Line::parse(other), None, "{other}");
        }
    }
}
