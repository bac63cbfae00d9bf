//! The textual forms of behaviours: names, `drip:1/100ms`, `sip:1/100ms`, `half-close` and so on.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::plan::behaviour::{Behaviour, Ending, NAMED, Pace, Receiving, Sending};
use crate::plan::meant::meant;
use crate::request::times::{parse_time, write_time};
use crate::text::stored_as_text;

/// A behaviour that has a name, stored as that name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named(pub Behaviour);

impl FromStr for Named {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Behaviour::named(name).map(Self).ok_or_else(|| {
            let names = NAMED.map(|(name, _)| name);
            format!("`{name}` is not a behaviour; {}", meant(name, &names))
        })
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

stored_as_text!(Named);

/// A text is not part of a behaviour.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` is not a way to {what}; write {examples}")]
pub struct BehaviourError {
    text: String,
    what: &'static str,
    examples: &'static str,
}

impl FromStr for Sending {
    type Err = BehaviourError;

    fn from_str(text: &str) -> Result<Self, BehaviourError> {
        let read = match text.split_once(':') {
            None if text == "at-once" => Some(Self::AtOnce),
            Some(("drip", rest)) => pace(rest).map(Self::Drip),
            Some(("stop", bytes)) => bytes.trim().parse().ok().map(|after| Self::Stop { after }),
            _ => None,
        };
        read.ok_or_else(|| BehaviourError {
            text: text.to_owned(),
            what: "send",
            examples: "at-once, drip:1/100ms (bytes and time) or stop:32 (bytes)",
        })
    }
}

impl FromStr for Receiving {
    type Err = BehaviourError;

    fn from_str(text: &str) -> Result<Self, BehaviourError> {
        let read = match text.split_once(':') {
            None if text == "at-once" => Some(Self::AtOnce),
            None if text == "never" => Some(Self::Never),
            Some(("sip", rest)) => pace(rest).map(Self::Sip),
            _ => None,
        };
        read.ok_or_else(|| BehaviourError {
            text: text.to_owned(),
            what: "receive",
            examples: "at-once, sip:1/100ms (bytes and time) or never",
        })
    }
}

fn pace(text: &str) -> Option<Pace> {
    let (bytes, every) = text.split_once('/')?;
    let (bytes, every) = (bytes.trim().parse().ok()?, parse_time(every).ok()?);
    (bytes > 0 && !every.is_zero()).then_some(Pace { bytes, every })
}

impl FromStr for Ending {
    type Err = BehaviourError;

    fn from_str(text: &str) -> Result<Self, BehaviourError> {
        match text {
            "close" => Ok(Self::Close),
            "half-close" => Ok(Self::HalfClose),
            "reset" => Ok(Self::Reset),
            "await-server" => Ok(Self::AwaitServer),
            _ => Err(BehaviourError {
                text: text.to_owned(),
                what: "end a conversation",
                examples: "close, half-close, reset or await-server",
            }),
        }
    }
}

impl fmt::Display for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = self.name() {
            return f.write_str(name);
        }
        write!(f, "sends {}, receives {}", self.sending, self.receiving)?;
        if let Some(requests) = self.conversation {
            write!(
                f,
                ", {requests} requests per connection, then {}",
                self.ending
            )?;
        }
        if !self.pause.is_zero() {
            write!(f, ", pauses {}", write_time(self.pause))?;
        }
        Ok(())
    }
}

stored_as_text!(Sending, Receiving, Ending);

impl fmt::Display for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtOnce => f.write_str("at-once"),
            Self::Drip(Pace { bytes, every }) => write!(f, "drip:{bytes}/{}", write_time(*every)),
            Self::Stop { after } => write!(f, "stop:{after}"),
        }
    }
}

impl fmt::Display for Receiving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtOnce => f.write_str("at-once"),
            Self::Sip(Pace { bytes, every }) => write!(f, "sip:{bytes}/{}", write_time(*every)),
            Self::Never => f.write_str("never"),
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Close => "close",
            Self::HalfClose => "half-close",
            Self::Reset => "reset",
            Self::AwaitServer => "await-server",
        })
    }
}
