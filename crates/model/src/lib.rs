//! The kit of the concurrency models: everything except the model itself, so that a model crate shows only its model.
//!
//! A model implements [`Model`]. It gets a bound [`Listener`] and a [`Context`], and makes three decisions: **how to
//! wait, what to spawn, and which client is next**. The kit makes none of these. It contains what is the same in every
//! model: accepting ([`Context::accept`], [`Context::try_accept`]) with one policy for every error, the connection
//! ([`Conn`]), whose reads and writes are one system call each, the datagram socket ([`Datagrams`]), the counters, and
//! the stop. An observer may watch all of it ([`Observer`]).
//!
//! A chat server implements [`RoomModel`] instead. There, a conversation has output because of others, so its connection has
//! two halves ([`Reader`], [`Writer`]).
//!
//! The kit reads no environment variable, writes nothing to a terminal, and installs no signal handler.

mod about;
mod bpf;
mod buffer_ring;
mod children;
mod claim;
mod conn;
mod context;
mod counters;
mod datagrams;
mod event;
mod listen;
mod memory;
mod relayed;
mod room;
mod shared;
mod shares;
mod silence;
mod stats;
mod stop;
mod stream;
mod talk;
mod threads;
mod work;

use std::io;

pub use about::{About, Capacity, Family, Queue, Transport, Unsupported, WorkPlace, Workers};
pub use bpf::{Instruction, SocketMap, catch_up};
pub use buffer_ring::BufferRing;
pub use children::Children;
pub use claim::{Claim, Expect};
pub use conn::{Conn, Io, completed};
pub use context::{Context, OpenConversations};
pub use datagrams::{Batch, Datagrams, Request, Source};
pub use echo_protocol::chat;
pub use echo_protocol::{Limits, Protocol};
pub use event::{Client, Ending, Event, Observer, What};
pub use listen::{Listen, is_abstract, unix_address};
pub use memory::check_memory;
pub use relayed::Relayed;
pub use room::{AboutRoom, Order, RoomModel, RoomStats, SlowReceiver};
pub use shared::Config;
pub use shares::Share;
pub use stats::{DatagramStats, Stats};
pub use stop::Stop;
pub use stream::{Listener, Stream};
pub use talk::{Reader, Writer};
pub use threads::check_threads;
pub use work::{Work, perform};

/// A way to serve many clients at once, or one after another.
pub trait Model: Sync {
    /// The model's name, its promises and its limits.
    fn about(&self) -> &'static About;

    /// Checks that this machine can run the model.
    ///
    /// # Errors
    /// The text says what is missing and what to do about it.
    fn supported(&self) -> Result<(), Unsupported> {
        Ok(())
    }

    /// Starts all that its options need, and calls [`Context::ready`]. Then it serves until there was a stop **and** every conversation has ended: all threads and processes of the model have
    /// ended when this call returns. The listener is bound for the [`Transport`] that the model declares.
    ///
    /// # Errors
    /// The model could not begin. A failure of one client's connection is never an error of the model.
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()>;
}
