//! The address of the server: TCP, UDP, or a Unix-domain socket.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;

use thiserror::Error;

use crate::text::stored_as_text;

/// Address of a server, written `ADDR:PORT`, `udp:ADDR:PORT` or `unix:PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A TCP address.
    Tcp(SocketAddr),
    /// A UDP address.
    Udp(SocketAddr),
    /// Path of a Unix-domain socket.
    Unix(PathBuf),
}

impl Default for Target {
    /// The address used in the examples of the documentation.
    fn default() -> Self {
        Self::Tcp(SocketAddr::from(([127, 0, 0, 1], 7007)))
    }
}

/// A text is not an address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{text}` is not an address ({reason}); write for example 127.0.0.1:7007, udp:127.0.0.1:7007 or unix:/tmp/echo"
)]
pub struct TargetError {
    text: String,
    reason: String,
}

impl Target {
    /// True for a UDP address.
    pub const fn is_datagram(&self) -> bool {
        matches!(self, Self::Udp(_))
    }

    /// The address with its port; `None` for a Unix-domain socket.
    pub const fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) | Self::Udp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }
}

impl FromStr for Target {
    type Err = TargetError;

    /// Reads an address. A host name is resolved, and its first address is used.
    fn from_str(text: &str) -> Result<Self, TargetError> {
        let wrong = |reason: String| TargetError {
            text: text.to_owned(),
            reason,
        };
        let first = |name: &str| match name.to_socket_addrs() {
            Ok(mut addresses) => addresses
                .next()
                .ok_or_else(|| wrong("the name has no address".to_owned())),
            Err(error) => Err(wrong(error.to_string())),
        };
        if let Some(address) = text.strip_prefix("udp:") {
            return first(address).map(Self::Udp);
        }
        match text.strip_prefix("unix:") {
            Some("") => Err(wrong("the path is missing".to_owned())),
            Some(path) => Ok(Self::Unix(PathBuf::from(path))),
            None => first(text).map(Self::Tcp),
        }
    }
}

stored_as_text!(Target);

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Udp(address) => write!(f, "udp:{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written_the_same_way() {
        for text in [
            "127.0.0.1:7",
            "[::1]:7007",
            "udp:127.0.0.1:7",
            "unix:/tmp/echo",
        ] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_refused_with_an_example() {
        for text in ["", "127.0.0.1", "127.0.0.1:x", "udp:7", "unix:"] {
            let error = text.parse::<Target>().unwrap_err().to_string();
            assert!(error.contains("127.0.0.1:7007"), "{text}: {error}");
        }
    }
}
