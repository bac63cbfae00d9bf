//! The errors of a server; each text ends with what the user can do.

use std::io;
use std::path::PathBuf;

use model::{Protocol, Transport};
use thiserror::Error;

use crate::listen::Listen;

/// Why a server could not begin, or failed.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The model cannot run on this machine.
    #[error("`{model}` cannot run here: {reason}")]
    Unsupported {
        /// Name of the model.
        model: &'static str,
        /// What is missing and what to do about it.
        reason: String,
    },
    /// Another process listens on the address.
    #[error(
        "{listen} is in use; choose another port (0 lets the system choose), or end the process that listens there (`ss -lntup` shows it)"
    )]
    AddressInUse {
        /// The address.
        listen: Listen,
    },
    /// A file that is not a socket has the path of the socket.
    #[error("{path} exists and is not a socket; choose another path, or remove the file")]
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// The process has no permission to listen on the address.
    #[error(
        "no permission to listen on {listen}; ports below 1024 need a privilege (CAP_NET_BIND_SERVICE), so choose a higher port"
    )]
    NotPermitted {
        /// The address.
        listen: Listen,
    },
    /// Any other failure to listen.
    #[error("cannot listen on {listen}: {source}; check that the address belongs to this machine")]
    Listen {
        /// The address.
        listen: Listen,
        /// The system's error.
        source: io::Error,
    },
    /// A stream model got a datagram address, or the other way round.
    #[error("`{model}` serves {} and cannot listen on {listen}; write --listen {}", transport.name(), listen.counterpart())]
    OtherTransport {
        /// Name of the model.
        model: &'static str,
        /// What the model serves.
        transport: Transport,
        /// The address.
        listen: Listen,
    },
    /// A model that only echoes bytes was asked to speak another protocol.
    #[error("`{model}` only sends back bytes and does not speak `{}`; write --protocol {}", protocol.name(), Protocol::Echo.name())]
    OtherProtocol {
        /// Name of the model.
        model: &'static str,
        /// The protocol it was asked to speak.
        protocol: Protocol,
    },
    /// A model that only serves TCP got a Unix-domain socket.
    #[error(
        "`{model}` serves only TCP and cannot listen on {listen}; write --listen 127.0.0.1:7007"
    )]
    TcpOnly {
        /// Name of the model.
        model: &'static str,
        /// The address.
        listen: Listen,
    },
    /// The model ended with an error.
    #[error("`{model}` failed: {source}; check the limits that `ulimit -a` shows")]
    Failed {
        /// Name of the model.
        model: &'static str,
        /// The system's error.
        source: io::Error,
    },
}
