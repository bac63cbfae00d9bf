//! The options of a server.

use std::net::SocketAddr;
use std::num::NonZero;
use std::time::Duration;

use model::{Limits, Listener, Observer, Protocol};

use model::Listen;

/// The options of a server.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// The address to listen on.
    pub listen: Listen,
    /// The protocol to speak.
    pub protocol: Protocol,
    /// The memory limits of each conversation.
    pub limits: Limits,
    /// Length of the accept queue; the kernel limits it to `net.core.somaxconn`.
    pub backlog: i32,
    /// Number of workers, for models that have a choice; by default the model's own number.
    pub workers: Option<NonZero<usize>>,
    /// The largest number of conversations at a time; further clients wait in the accept queue.
    pub max_connections: Option<NonZero<u64>>,
    /// True if a new client wakes one of several loops that watch one listener, false if it wakes all of them.
    pub exclusive: bool,
    /// Grace period: the time that open conversations have after a stop, before the server ends them.
    pub grace: Duration,
    /// Watches the events of the server.
    pub observer: Option<Observer>,
    /// True if each write is sent at once (`TCP_NODELAY`); false to let the kernel collect small writes.
    pub nodelay: bool,
    /// The time after which the server ends the conversation of a client that sends and receives nothing.
    pub idle_timeout: Option<Duration>,
    /// The silence after which the kernel asks whether the machine of a TCP client is still there
    /// ([`Listener::with_keepalive`]).
    pub keepalive: Option<Duration>,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            listen: Listen::Tcp(SocketAddr::from(([127, 0, 0, 1], 0))),
            protocol: Protocol::default(),
            limits: Limits::default(),
            backlog: Listener::BACKLOG,
            workers: None,
            max_connections: None,
            exclusive: true,
            grace: Duration::from_secs(5),
            observer: None,
            nodelay: true,
            idle_timeout: None,
            keepalive: None,
        }
    }
}
