//! What a server can be told, and how an address is written.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZero;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use model::{Limits, Protocol, Transport};

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// `ADDRESS:PORT`; port 0 lets the system choose one.
    Tcp(SocketAddr),
    /// `udp:ADDRESS:PORT`, for models that serve datagrams.
    Udp(SocketAddr),
    /// `unix:PATH`, a Unix-domain stream socket.
    Unix(PathBuf),
}

impl Listen {
    /// What travels to and from such an address.
    pub const fn transport(&self) -> Transport {
        match self {
            Self::Udp(_) => Transport::Datagram,
            Self::Tcp(_) | Self::Unix(_) => Transport::Stream,
        }
    }

    /// The same place for a model that serves something else, where there is one: the same address and port.
    #[must_use]
    pub fn counterpart(&self) -> Self {
        match self {
            Self::Udp(address) => Self::Tcp(*address),
            Self::Tcp(address) => Self::Udp(*address),
            Self::Unix(_) => Self::Udp(SocketAddr::from(([127, 0, 0, 1], 7007))),
        }
    }

    /// Whether only this machine can reach it.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Tcp(address) | Self::Udp(address) => match address.ip() {
                IpAddr::V4(ip) => ip.is_loopback(),
                IpAddr::V6(ip) => ip.is_loopback(),
            },
            Self::Unix(_) => true,
        }
    }
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = |_| {
            format!(
                "`{text}` is no address; write one like 127.0.0.1:7007, [::1]:7007, udp:127.0.0.1:7007 or unix:/tmp/echo.sock"
            )
        };
        if let Some(address) = text.strip_prefix("udp:") {
            return address.parse().map(Self::Udp).map_err(unknown);
        }
        match text.strip_prefix("unix:") {
            Some("") => Err("`unix:` needs the path of a socket, as in unix:/tmp/echo.sock".into()),
            Some(path) => Ok(Self::Unix(path.into())),
            None => text.parse().map(Self::Tcp).map_err(unknown),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Udp(address) => write!(f, "udp:{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// What a server can be told.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Where to listen.
    pub listen: Listen,
    /// The language to speak.
    pub protocol: Protocol,
    /// The bounds of each conversation's memory.
    pub limits: Limits,
    /// Length of the accept queue; the kernel cuts it to `net.core.somaxconn`.
    pub backlog: i32,
    /// Workers, where the model has a choice; by default the model's own number.
    pub workers: Option<NonZero<usize>>,
    /// The most conversations at a time; further clients wait in the accept queue.
    pub max_connections: Option<NonZero<u64>>,
    /// How long open conversations may go on after a stop, before they are cut off.
    pub grace: Duration,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            listen: Listen::Tcp(SocketAddr::from(([127, 0, 0, 1], 0))),
            protocol: Protocol::default(),
            limits: Limits::default(),
            backlog: 4096,
            workers: None,
            max_connections: None,
            grace: Duration::from_secs(5),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_they_are_written() {
        for text in [
            "127.0.0.1:7007",
            "[::1]:0",
            "udp:127.0.0.1:7007",
            "udp:[::1]:0",
            "unix:/tmp/echo.sock",
        ] {
            assert_eq!(
                text.parse::<Listen>().map(|listen| listen.to_string()),
                Ok(text.to_string())
            );
        }
    }

    #[test]
    fn a_wrong_address_is_met_with_examples() {
        let error = "localhost".parse::<Listen>().expect_err("it has no port");
        assert!(error.contains("127.0.0.1:7007"), "{error}");
        assert!("unix:".parse::<Listen>().is_err());
        assert!("udp:localhost".parse::<Listen>().is_err());
    }

    #[test]
    fn only_loopback_and_unix_sockets_are_local() {
        let is_local = |text: &str| text.parse::<Listen>().map(|listen| listen.is_local());
        assert_eq!(is_local("127.8.0.1:0"), Ok(true));
        assert_eq!(is_local("unix:/tmp/x"), Ok(true));
        assert_eq!(is_local("udp:127.0.0.1:0"), Ok(true));
        assert_eq!(is_local("udp:0.0.0.0:0"), Ok(false));
        assert_eq!(is_local("0.0.0.0:0"), Ok(false));
    }
}
