//! Everything a concurrency model is given, so that a model crate shows nothing but its model.
//!
//! A model implements [`Model`]. It gets a bound [`Listener`] and a [`Context`], and decides three things that
//! nobody else may decide: **how to wait, what to spawn, and which client is next**. What takes no such decision
//! is here, once: accepting ([`Context::accept`], [`Context::try_accept`]) with one policy for every error, the
//! connection ([`Conn`]) whose reads and writes are one system call each, the socket for datagrams ([`Datagrams`]),
//! counters, and the stop.
//!
//! Nothing here reads an environment variable, writes to a terminal or installs a signal handler.

mod about;
mod bpf;
mod buffer_ring;
mod conn;
mod context;
mod datagrams;
mod relayed;
mod stats;
mod stop;
mod stream;
mod work;

use std::io;

pub use about::{
    About, Capacity, Claim, Expect, Family, Queue, Transport, Unsupported, WorkPlace, Workers,
};
pub use bpf::{Instruction, SocketMap, catch_up};
pub use buffer_ring::BufferRing;
pub use conn::{Conn, Io, completed};
pub use context::{Config, Context};
pub use datagrams::{Batch, Datagrams, Request, Source};
pub use echo_protocol::{Limits, Protocol, Work};
pub use relayed::Relayed;
pub use stats::{DatagramStats, Share, Stats};
pub use stop::Stop;
pub use stream::{Listener, Stream};
pub use work::perform;

/// A way to serve many clients at once (or not).
pub trait Model: Sync {
    /// What it is called, promises and cannot do.
    fn about(&self) -> &'static About;

    /// Whether this machine can run it.
    ///
    /// # Errors
    /// Says what is missing, and what to do about it.
    fn supported(&self) -> Result<(), Unsupported> {
        Ok(())
    }

    /// Serves until a stop was asked for **and** every conversation has ended: nothing outlives this call. The listener is
    /// bound for the [`Transport`] that the model declares.
    ///
    /// # Errors
    /// The model could not begin. What happens to one client is never an error of the model.
    fn serve(&self, listener: Listener, cx: &Context) -> io::Result<()>;
}
