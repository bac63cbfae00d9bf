//! How clients behave: honest, slow, silent, short-lived or rude. A behaviour is data; the engine carries it out.

use std::time::Duration;

/// How a client behaves. The default is honest: it writes and reads at once and stays until the end of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Behaviour {
    /// How it writes.
    pub sending: Sending,
    /// How it reads.
    pub receiving: Receiving,
    /// Requests of one conversation; `None` for no limit. 0 together with [`Ending::AwaitServer`] is an idle client.
    pub conversation: Option<u64>,
    /// How a conversation with a limit ends. Afterwards the client connects again.
    pub ending: Ending,
    /// Time from the end of a conversation to the next connect.
    pub pause: Duration,
}

/// How a client writes: `at-once`, `drip:1/100ms` or `stop:32`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sending {
    /// As fast as the socket accepts the bytes.
    #[default]
    AtOnce,
    /// A few bytes at a time.
    Drip(Pace),
    /// The first bytes of a conversation and nothing more, for example half a frame.
    Stop {
        /// Number of bytes to send.
        after: u32,
    },
}

/// How a client reads: `at-once`, `sip:1/100ms` or `never`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Receiving {
    /// As soon as bytes arrive.
    #[default]
    AtOnce,
    /// A few bytes at a time.
    Sip(Pace),
    /// Never. With a deep pipeline the client fills the server's send buffer.
    Never,
}

/// A few bytes at regular times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Bytes at a time.
    pub bytes: u32,
    /// Time between two steps.
    pub every: Duration,
}

/// How a conversation ends: `close`, `half-close`, `reset` or `await-server`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// The client closes when all replies have arrived, so the client's side is in `TIME_WAIT`.
    #[default]
    Close,
    /// When all requests are sent, the client shuts down its sending side and reads until the server closes.
    HalfClose,
    /// When all requests are sent, the client resets the connection and ignores replies that are still due.
    Reset,
    /// When all replies have arrived, the client waits until the server closes.
    AwaitServer,
}

/// The named behaviours.
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

/// The next step of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Send the next request.
    Send,
    /// Send nothing and wait for replies, or for the server to close.
    Wait,
    /// Shut down the sending side and wait for the server to close.
    ShutDown,
    /// Close the connection.
    Close,
    /// Reset the connection.
    Reset,
}

impl Behaviour {
    /// Returns the behaviour with this name.
    pub fn named(name: &str) -> Option<Self> {
        NAMED
            .into_iter()
            .find(|(known, _)| *known == name)
            .map(|(_, behaviour)| behaviour)
    }

    /// The name of this behaviour, if it has one.
    pub fn name(&self) -> Option<&'static str> {
        let known = NAMED.iter().find(|(_, behaviour)| behaviour == self);
        known.map(|(name, _)| *name)
    }

    /// True if the client writes and reads at once, so that its waits are caused by the server.
    pub fn is_honest(&self) -> bool {
        self.sending == Sending::AtOnce
            && self.receiving == Receiving::AtOnce
            && !self.is_idle()
            && !self.is_rude()
    }

    /// True if the client never sends a request.
    pub fn is_idle(&self) -> bool {
        self.conversation == Some(0)
    }

    /// True if the client leaves without waiting for its replies.
    pub fn is_rude(&self) -> bool {
        self.conversation.is_some() && self.ending == Ending::Reset
    }

    /// Next step of a conversation, given the requests sent, the replies received, and whether the kernel has accepted all
    /// bytes.
    pub fn next(&self, requests: u64, replies: u64, all_sent: bool) -> Next {
        let Some(length) = self.conversation else {
            return Next::Send;
        };
        if requests < length {
            return Next::Send;
        }
        match self.ending {
            Ending::Reset if all_sent => Next::Reset,
            Ending::HalfClose if all_sent => Next::ShutDown,
            Ending::Close if replies == length => Next::Close,
            _ => Next::Wait,
        }
    }
}

impl Sending {
    /// Number of pending bytes that may be sent now, after `already` bytes of this conversation.
    pub fn allows(self, pending: usize, already: u64) -> usize {
        match self {
            Self::AtOnce => pending,
            Self::Drip(pace) => pending.min(pace.bytes as usize),
            Self::Stop { after } => pending.min(u64::from(after).saturating_sub(already) as usize),
        }
    }

    /// Time until the next bytes may be sent; `None` if only the socket limits sending, or if nothing more is sent.
    pub const fn pause(self) -> Option<Duration> {
        match self {
            Self::Drip(pace) => Some(pace.every),
            Self::AtOnce | Self::Stop { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
