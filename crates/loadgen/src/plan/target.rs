//! The address of the server: TCP, UDP, or a Unix-domain socket.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use socket2::SockAddr;
use thiserror::Error;

use crate::text::stored_as_text;

/// Address of a server, written `ADDR:PORT`, `udp:ADDR:PORT`, `unix:PATH` or `unix:@NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A TCP address.
    Tcp(SocketAddr),
    /// A UDP address.
    Udp(SocketAddr),
    /// Path of a Unix-domain socket; `@NAME` is a name without a file (abstract, `unix(7)`).
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

    /// True if the address belongs to this machine: no packet leaves it.
    pub fn is_on_this_machine(&self) -> bool {
        let Some(address) = self.address() else {
            return true;
        };
        let ip = address.ip();
        // A socket can be bound only to addresses of this machine. It sends nothing.
        ip.to_canonical().is_loopback() || UdpSocket::bind((ip, 0)).is_ok()
    }

    /// Reads an address. A host name may have several.
    ///
    /// # Errors
    /// The text is no address, or the name has none.
    pub fn all_of(text: &str) -> Result<Vec<Self>, TargetError> {
        let wrong = |reason: String| TargetError {
            text: text.to_owned(),
            reason,
        };
        let resolve = |name: &str, kind: fn(SocketAddr) -> Self| {
            let all = name.to_socket_addrs();
            let mut all: Vec<SocketAddr> = all.map_err(|error| wrong(error.to_string()))?.collect();
            if let Some("localhost") = name.rsplit_once(':').map(|(host, _)| host) {
                // RFC 6761: the name means both loopback addresses, even if the system knows only one of them.
                let port = all.first().map_or(0, SocketAddr::port);
                all.push((Ipv4Addr::LOCALHOST, port).into());
                all.push((Ipv6Addr::LOCALHOST, port).into());
            }
            let mut seen = HashSet::new();
            all.retain(|address| seen.insert(*address));
            match all.first() {
                None => Err(wrong("the name has no address".to_owned())),
                Some(first) if first.port() == 0 => Err(wrong("no server has port 0".to_owned())),
                Some(_) => Ok(all.into_iter().map(kind).collect()),
            }
        };
        if let Some(address) = text.strip_prefix("udp:") {
            return resolve(address, Self::Udp);
        }
        match text.strip_prefix("unix:") {
            Some("" | "@") => Err(wrong("the path is missing".to_owned())),
            Some(path) => Ok(vec![Self::Unix(PathBuf::from(path))]),
            None => resolve(text, Self::Tcp),
        }
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

    /// Reads an address. Of a host name, it takes the first address; [`Target::all_of`] has all.
    fn from_str(text: &str) -> Result<Self, TargetError> {
        let mut all = Self::all_of(text)?;
        Ok(all.swap_remove(0))
    }
}

stored_as_text!(Target);

/// The address of a Unix-domain socket.
///
/// # Errors
/// The path is too long.
pub fn unix_address(path: &Path) -> io::Result<SockAddr> {
    let bytes = path.as_os_str().as_bytes();
    match bytes.strip_prefix(b"@") {
        Some(name) => SockAddr::unix(OsStr::from_bytes(&[b"\0", name].concat())),
        None => SockAddr::unix(path),
    }
}

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
            "unix:@echo",
        ] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn localhost_has_an_address_of_each_kind_once() {
        let all = Target::all_of("localhost:7").unwrap();
        for text in ["127.0.0.1:7", "[::1]:7"] {
            let one: Target = text.parse().unwrap();
            assert_eq!(
                all.iter().filter(|target| **target == one).count(),
                1,
                "{text}"
            );
        }
    }

    #[test]
    fn a_loopback_address_is_on_this_machine_and_one_for_documentation_is_not() {
        let is_here = |text: &str| text.parse::<Target>().unwrap().is_on_this_machine();
        for text in [
            "127.0.0.1:7",
            "[::ffff:127.0.0.1]:7",
            "udp:127.0.0.9:7",
            "unix:@echo",
        ] {
            assert!(is_here(text), "{text}");
        }
        // RFC 5737: no machine has it.
        assert!(!is_here("192.0.2.1:7"));
    }

    #[test]
    fn other_texts_are_refused_with_an_example() {
        for text in [
            "",
            "127.0.0.1",
            "127.0.0.1:x",
            "127.0.0.1:0",
            "udp:7",
            "unix:",
            "unix:@",
        ] {
            let error = text.parse::<Target>().unwrap_err().to_string();
            assert!(error.contains("127.0.0.1:7007"), "{text}: {error}");
        }
    }
}
