//! The conversation between one client and one server as two state machines that never wait.
//!
//! This crate contains no socket, no clock and no `unsafe`. Whoever owns the socket asks a session what it
//! wants and reports what happened; the session never calls back. Two pairs of verbs, named from the caller's
//! side, fit every kernel interface, from a blocking `read` to a completion queue:
//!
//! | | what the session offers | what the caller reports |
//! |---|---|---|
//! | input  | [`spare()`](ServerSession::spare): room for bytes | [`received(n)`](ServerSession::received); `received(0)` is end of file, as `read` says it |
//! | output | [`pending()`](ServerSession::pending): bytes to send | [`sent(n)`](ServerSession::sent) |
//! | work   | [`work()`](ServerSession::work): what the client asked for | [`worked()`](ServerSession::worked) |
//!
//! ```
//! use echo_protocol::{Limits, Protocol, ServerSession};
//!
//! let mut session = ServerSession::new(Protocol::Echo, Limits::default());
//! session.spare()[..5].copy_from_slice(b"hello");
//! session.received(5);
//! assert_eq!(session.pending(), b"hello");
//! session.sent(5);
//! session.received(0);
//! assert!(session.is_done());
//! ```
//!
//! Two protocols stand behind the same session: [`Protocol::Echo`], the stream echo of RFC 862, byte for byte,
//! and [`Protocol::Framed`], whose frames ([`frame`]) can ask the server for work and for a reply of any size.
//!
//! Both are spoken over datagrams too, where there is no conversation: [`answer`] makes the reply to one datagram, and
//! [`DatagramClient`] tells replies that are lost, late, doubled or out of order apart.

#![forbid(unsafe_code)]

mod buffer;
mod client;
mod datagram;
mod datagram_client;
mod error;
pub mod frame;
mod server;

pub use client::{ClientSession, Reply, Request};
pub use datagram::{Answer, LONGEST_DATAGRAM, answer, longest_datagram};
pub use datagram_client::{Arrival, DatagramClient, NUMBER};
pub use error::{ProtocolError, ReplyError};
pub use frame::Work;
pub use server::ServerSession;

/// The language that both ends of a conversation speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// Every byte comes back as it is (RFC 862, TCP based echo service).
    #[default]
    Echo,
    /// Length-prefixed frames with work directives: see [`frame`].
    Framed,
}

impl Protocol {
    /// All protocols, in the order of the documentation.
    pub const ALL: [Self; 2] = [Self::Echo, Self::Framed];

    /// The name used on the command line and in results.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Framed => "framed",
        }
    }
}

impl std::fmt::Display for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Protocol {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|protocol| protocol.name() == name)
            .ok_or_else(|| format!("no protocol is called `{name}`; there are `echo` and `framed`"))
    }
}

/// The bounds of one session; without them a client decides how much memory the server uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest payload of a frame, and longest reply a frame may ask for, in bytes. A longer one is a
    /// [`ProtocolError`]. Unused by [`Protocol::Echo`], which has no frames, but where a datagram is one.
    pub max_frame: usize,
    /// Bytes a session holds (input not yet understood and output not yet sent) before it wants to read no more.
    /// At least [`Limits::MIN_HIGH_WATER`].
    pub high_water: usize,
}

impl Limits {
    /// The smallest high-water mark: a header and some payload must fit.
    pub const MIN_HIGH_WATER: usize = 64;

    /// These limits with the high-water mark raised to the smallest one that works.
    #[must_use]
    pub const fn usable(self) -> Self {
        let high_water = if self.high_water < Self::MIN_HIGH_WATER {
            Self::MIN_HIGH_WATER
        } else {
            self.high_water
        };
        Self { high_water, ..self }
    }
}

impl Default for Limits {
    /// 16 MiB a frame, 16 KiB in memory.
    fn default() -> Self {
        Self {
            max_frame: 16 << 20,
            high_water: 16 << 10,
        }
    }
}
