//! The options of a server that keeps our contract, and how its command line is made of them.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::process::Command;
use std::time::Duration;

use echo_protocol::Protocol;
use model::{Listen, Transport};
use serde::{Deserialize, Serialize};

/// Number of workers of a server, unless a case needs another number.
pub const WORKERS: usize = 4;

/// Longer than any deadline, so that a server that only ends with its grace period fails its case.
const GRACE_SECONDS: u64 = 600;

/// The options of a server under test.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Options {
    /// The address; with port 0 the system chooses a port.
    pub listen: String,
    /// The name of the protocol.
    pub protocol: String,
    /// Number of workers.
    pub workers: usize,
    /// Largest number of conversations at once, if there is one.
    pub max_connections: Option<NonZero<u64>>,
    /// Time from the stop to the end of open conversations.
    pub grace_seconds: u64,
    /// Time after which a silent client is sent away, if any.
    pub idle_timeout: Option<Duration>,
    /// Longest payload in bytes, if not the default.
    pub max_frame: Option<usize>,
    /// Limit of the server's descriptors, if not the default.
    pub descriptors: Option<u64>,
    /// Limit of the server's processes and threads, as a user that has no others, if not the default. Only root can set it.
    pub processes: Option<u64>,
}

impl Options {
    /// The options of a server on any free port of this machine.
    pub fn new(transport: Transport, protocol: Protocol) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listen = match transport {
            Transport::Stream => Listen::Tcp(address),
            Transport::Datagram => Listen::Udp(address),
        };
        Self {
            listen: listen.to_string(),
            protocol: protocol.to_string(),
            workers: WORKERS,
            max_connections: None,
            grace_seconds: GRACE_SECONDS,
            idle_timeout: None,
            max_frame: None,
            descriptors: None,
            processes: None,
        }
    }
}

/// How a server that keeps our contract is started.
pub trait Launch: Send + Sync {
    /// The command that serves `model` with these options. Its process ends when this one does (see [`confine`]).
    ///
    /// [`confine`]: crate::confine
    fn command(&self, model: &str, options: &Options) -> Command;

    /// True if the command obeys [`Options::processes`].
    fn limits_processes(&self) -> bool {
        false
    }
}
