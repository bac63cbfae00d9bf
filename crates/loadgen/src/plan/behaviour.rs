//! What a client does beside asking and listening: slow and silent clients, short conversations, rude endings. All of
//! it is data that one engine obeys.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use crate::plan::meant::meant;
use crate::request::times::{parse_time, written};
use crate::text::stored_as_text;

/// How a client behaves. The default is honest: it writes and reads at once and stays until the end of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Behaviour {
    /// How it writes.
    pub sending: Sending,
    /// How it reads.
    pub receiving: Receiving,
    /// Requests of one conversation; none for as many as there is time for. 0 with [`Ending::AwaitServer`] is an idle client.
    pub conversation: Option<u64>,
    /// How a conversation with a number of requests ends. Then the client connects again.
    pub ending: Ending,
    /// From the end of a conversation to the next connect.
    pub pause: Duration,
}

/// How a client writes: `at-once`, `drip:1/100ms` or `stop:32`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sending {
    /// As fast as the socket takes it.
    #[default]
    AtOnce,
    /// A few bytes every so often.
    Drip(Pace),
    /// So many bytes of a conversation, and nothing more: half a frame, for example.
    Stop {
        /// Bytes that are sent.
        after: u32,
    },
}

/// How a client reads: `at-once`, `sip:1/100ms` or `never`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Receiving {
    /// As soon as something is there.
    #[default]
    AtOnce,
    /// A few bytes every so often.
    Sip(Pace),
    /// Nothing at all. With a deep pipeline it pushes without reading.
    Never,
}

/// So many bytes every so often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Bytes at a time.
    pub bytes: u32,
    /// From one time to the next.
    pub every: Duration,
}

/// How a conversation ends: `close`, `half-close`, `reset` or `await-server`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// When all is answered, the client closes: `TIME_WAIT` is on its side.
    #[default]
    Close,
    /// When all is sent, the client says that it will send no more, and reads until the server closes.
    HalfClose,
    /// When all is sent, the client resets the connection, whatever is still to come.
    Reset,
    /// When all is answered, the client waits until the server closes, if it ever does.
    AwaitServer,
}

/// The behaviours that have a name, with what they mean.
pub const NAMED: [(&str, Behaviour); 10] = [
    ("honest", HONEST),
    (
        "idle",
        Behaviour {
            conversation: Some(0),
            ending: Ending::AwaitServer,
            ..HONEST
        },
    ),
    (
        "short",
        Behaviour {
            conversation: Some(1),
            ..HONEST
        },
    ),
    (
        "slow-sender",
        Behaviour {
            sending: Sending::Drip(SLOW),
            ..HONEST
        },
    ),
    (
        "half-request",
        Behaviour {
            sending: Sending::Stop { after: 32 },
            ..HONEST
        },
    ),
    (
        "slow-receiver",
        Behaviour {
            receiving: Receiving::Sip(SLOW),
            ..HONEST
        },
    ),
    (
        "never-reading",
        Behaviour {
            receiving: Receiving::Never,
            ..HONEST
        },
    ),
    (
        "half-closing",
        Behaviour {
            conversation: Some(1),
            ending: Ending::HalfClose,
            ..HONEST
        },
    ),
    (
        "resetting",
        Behaviour {
            conversation: Some(1),
            ending: Ending::Reset,
            ..HONEST
        },
    ),
    (
        "awaiting",
        Behaviour {
            conversation: Some(1),
            ending: Ending::AwaitServer,
            ..HONEST
        },
    ),
];

const HONEST: Behaviour = Behaviour {
    sending: Sending::AtOnce,
    receiving: Receiving::AtOnce,
    conversation: None,
    ending: Ending::Close,
    pause: Duration::ZERO,
};

const SLOW: Pace = Pace {
    bytes: 1,
    every: Duration::from_millis(100),
};

/// What a client does next, as far as its conversation is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It goes on asking.
    Ask,
    /// It asks no more and waits: for replies, or for the server to close.
    Wait,
    /// It says that it will send no more, and waits for the end.
    ShutDown,
    /// It closes.
    Close,
    /// It resets the connection.
    Reset,
}

impl Behaviour {
    /// The behaviour with that name.
    pub fn named(name: &str) -> Option<Self> {
        NAMED
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, behaviour)| behaviour)
    }

    /// Its name, if it has one.
    pub fn name(&self) -> Option<&'static str> {
        let known = NAMED.iter().find(|(_, behaviour)| behaviour == self);
        known.map(|(name, _)| *name)
    }

    /// Whether it writes and reads at once, so that what it waits is the server's doing.
    pub fn is_honest(&self) -> bool {
        self.sending == Sending::AtOnce
            && self.receiving == Receiving::AtOnce
            && !self.is_idle()
            && !self.is_rude()
    }

    /// Whether it never asks anything.
    pub fn is_idle(&self) -> bool {
        self.conversation == Some(0)
    }

    /// Whether it leaves without its replies.
    pub fn is_rude(&self) -> bool {
        self.conversation.is_some() && self.ending == Ending::Reset
    }

    /// What is next in a conversation in which so many requests were asked and so many answered, and all that was asked
    /// has been handed to the kernel, or not.
    pub fn next(&self, asked: u64, answered: u64, all_sent: bool) -> Next {
        let Some(length) = self.conversation else {
            return Next::Ask;
        };
        if asked < length {
            return Next::Ask;
        }
        match self.ending {
            Ending::Reset if all_sent => Next::Reset,
            Ending::HalfClose if all_sent => Next::ShutDown,
            Ending::Close if answered == length => Next::Close,
            _ => Next::Wait,
        }
    }
}

/// A behaviour that has a name, stored as that name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named(pub Behaviour);

impl FromStr for Named {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Behaviour::named(name).map(Self).ok_or_else(|| {
            let names = NAMED.map(|(name, _)| name);
            format!("no behaviour is called `{name}`; {}", meant(name, &names))
        })
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

stored_as_text!(Named);

impl Sending {
    /// How many of the pending bytes may be sent now, in a conversation in which so many are sent already.
    pub fn allows(self, pending: usize, already: u64) -> usize {
        match self {
            Self::AtOnce => pending,
            Self::Drip(pace) => pending.min(pace.bytes as usize),
            Self::Stop { after } => pending.min(u64::from(after).saturating_sub(already) as usize),
        }
    }

    /// How long to wait before the next bytes; none where the socket alone decides, or nothing more is sent.
    pub const fn pause(self) -> Option<Duration> {
        match self {
            Self::Drip(pace) => Some(pace.every),
            Self::AtOnce | Self::Stop { .. } => None,
        }
    }
}

/// Why a text is no behaviour.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` is not how a client {what}; write {examples}")]
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
            what: "sends",
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
            what: "receives",
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
                what: "ends a conversation",
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
                ", {requests} requests a connection, then {}",
                self.ending
            )?;
        }
        if !self.pause.is_zero() {
            write!(f, ", pauses {}", written(self.pause))?;
        }
        Ok(())
    }
}

stored_as_text!(Sending, Receiving, Ending);

impl fmt::Display for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtOnce => f.write_str("at-once"),
            Self::Drip(Pace { bytes, every }) => write!(f, "drip:{bytes}/{}", written(*every)),
            Self::Stop { after } => write!(f, "stop:{after}"),
        }
    }
}

impl fmt::Display for Receiving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtOnce => f.write_str("at-once"),
            Self::Sip(Pace { bytes, every }) => write!(f, "sip:{bytes}/{}", written(*every)),
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

#[cfg(test)]
mod tests;
