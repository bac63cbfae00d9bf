//! The chat servers: their trait, their description, and what they count.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::about::{Family, Transport, Unsupported, Workers};
use crate::context::Context;
use crate::stats::{add, get};
use crate::stream::Listener;

/// A way to serve clients that wake each other: a message of one goes to everybody in its room.
///
/// It decides what a [`Model`](crate::Model) decides, and two things more: **how a message gets from the client that sent it
/// to the place where another client is served, and what happens to a receiver that does not keep up**.
pub trait RoomModel: Sync {
    /// The name, the promises and the limits.
    fn about(&self) -> &'static AboutRoom;

    /// Checks that this machine can run it.
    ///
    /// # Errors
    /// The text says what is missing and what to do about it.
    fn supported(&self) -> Result<(), Unsupported> {
        Ok(())
    }

    /// Serves until there was a stop and every conversation has ended, as [`Model::serve`](crate::Model::serve) does.
    ///
    /// # Errors
    /// It could not begin. A failure of one client's connection is never an error.
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()>;
}

/// The description of a chat server.
#[derive(Debug, Serialize)]
pub struct AboutRoom {
    /// The name on the command line, and of the crate.
    pub name: &'static str,
    /// How it waits.
    pub family: Family,
    /// What it serves: streams or datagrams.
    pub transport: Transport,
    /// One sentence that a student understands.
    pub summary: &'static str,
    /// What `--workers` means to it.
    pub workers: Workers,
    /// What it does about a receiver that does not keep up.
    pub slow: SlowReceiver,
    /// Which messages arrive at all members in the same order.
    pub order: Order,
    /// Where the design is described, or was made famous.
    pub source: &'static str,
}

/// What a chat server does when the queue of a receiver is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SlowReceiver {
    /// Everybody who sends to its room waits for it.
    Waits,
    /// Messages for it are dropped, and it gets their number.
    Drops,
    /// It is disconnected.
    Disconnects,
}

impl SlowReceiver {
    /// The policy in a few words.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Waits => "the senders in its room wait for it",
            Self::Drops => "messages for it are dropped, and it gets their number",
            Self::Disconnects => "it is disconnected",
        }
    }
}

/// Which messages arrive at all members of a room in the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Those of one sender.
    OfSender,
    /// All messages of the room.
    OfRoom,
}

impl Order {
    /// The promise in a few words.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::OfSender => "the messages of one sender keep their order",
            Self::OfRoom => "all members of a room see its messages in the same order",
        }
    }
}

/// Defines the numbers of a chat server once: as plain numbers, and as atomic counters.
macro_rules! room_stats {
    ($($(#[$doc:meta])* $number:ident,)*) => {
        /// What a chat server counts in addition to bytes. At its end, `owed` is the sum of `delivered`, `dropped` and
        /// `lost`.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct RoomStats {
            $($(#[$doc])* pub $number: u64,)*
        }

        /// The numbers of [`RoomStats`] while the server runs.
        #[derive(Default)]
        pub(crate) struct RoomCounters {
            /// True if the server has rooms.
            in_use: AtomicBool,
            $($number: AtomicU64,)*
        }

        impl RoomCounters {
            /// Adds what one half of a connection counted.
            pub fn add(&self, stats: &RoomStats) {
                if !self.in_use.load(Ordering::Relaxed) {
                    self.in_use.store(true, Ordering::Relaxed);
                }
                $(if stats.$number > 0 {
                    add(&self.$number, stats.$number);
                })*
            }

            /// The numbers up to now; `None` if the server has no rooms.
            pub fn read(&self) -> Option<RoomStats> {
                let in_use = self.in_use.load(Ordering::SeqCst);
                in_use.then(|| RoomStats { $($number: get(&self.$number),)* })
            }
        }
    };
}

room_stats! {
    /// Messages that clients sent to their rooms.
    messages,
    /// Copies of messages that were due: each message once for every member of its room.
    owed,
    /// Copies that were sent as a whole.
    delivered,
    /// Copies that were dropped, because the queue of their receiver was full.
    dropped,
    /// Copies that were queued and not sent as a whole, because their receiver had gone.
    lost,
    /// Receivers that were disconnected, because their queue was full.
    disconnected,
    /// Lines that were no request.
    mistakes,
}
