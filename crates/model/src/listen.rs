//! The address of a server, and how it is written.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use socket2::SockAddr;

use crate::about::Transport;

/// The address that a server listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// `ADDRESS:PORT`; with port 0 the system chooses one.
    Tcp(SocketAddr),
    /// `udp:ADDRESS:PORT`, for datagram models.
    Udp(SocketAddr),
    /// `unix:PATH`, a Unix-domain stream socket; `unix:@NAME` is a name without a file (abstract, `unix(7)`).
    Unix(PathBuf),
}

impl Listen {
    /// The transport of this address: streams or datagrams.
    pub const fn transport(&self) -> Transport {
        match self {
            Self::Udp(_) => Transport::Datagram,
            Self::Tcp(_) | Self::Unix(_) => Transport::Stream,
        }
    }

    /// An address for the other transport: the same address and port, if there is one.
    #[must_use]
    pub fn counterpart(&self) -> Self {
        match self {
            Self::Udp(address) => Self::Tcp(*address),
            Self::Tcp(address) => Self::Udp(*address),
            Self::Unix(_) => Self::Udp(SocketAddr::from(([127, 0, 0, 1], 7007))),
        }
    }

    /// True if only this machine can reach the address.
    pub fn is_local(&self) -> bool {
        match self {
            // An IPv4 address may be written as an IPv6 one: ::ffff:127.0.0.1.
            Self::Tcp(address) | Self::Udp(address) => address.ip().to_canonical().is_loopback(),
            Self::Unix(_) => true,
        }
    }
}

/// True if this is the name of an abstract socket: `@NAME`.
pub fn is_abstract(path: &Path) -> bool {
    path.as_os_str().as_bytes().starts_with(b"@")
}

/// The address of a Unix-domain socket.
///
/// # Errors
/// The path is too long.
pub fn unix_address(path: &Path) -> io::Result<SockAddr> {
    if !is_abstract(path) {
        return SockAddr::unix(path);
    }
    let mut name = path.as_os_str().as_bytes().to_vec();
    name[0] = 0;
    SockAddr::unix(OsStr::from_bytes(&name))
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = |_| {
            format!(
                "`{text}` is not an address; write for example 127.0.0.1:7007, [::1]:7007, udp:127.0.0.1:7007 or unix:/tmp/echo.sock"
            )
        };
        if let Some(address) = text.strip_prefix("udp:") {
            return address.parse().map(Self::Udp).map_err(unknown);
        }
        match text.strip_prefix("unix:") {
            Some("" | "@") => Err(
                "`unix:` needs the path of a socket; write for example unix:/tmp/echo.sock".into(),
            ),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_parsed_from_the_text_that_displays_it() {
        for text in [
            "127.0.0.1:7007",
            "[::1]:0",
            "udp:127.0.0.1:7007",
            "udp:[::1]:0",
            "unix:/tmp/echo.sock",
            "unix:@echo",
        ] {
            assert_eq!(
                text.parse::<Listen>().map(|listen| listen.to_string()),
                Ok(text.to_string())
            );
        }
    }

    #[test]
    fn the_error_for_a_wrong_address_gives_examples() {
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
        assert_eq!(is_local("[::ffff:127.0.0.1]:0"), Ok(true));
        assert_eq!(is_local("[::ffff:10.0.0.1]:0"), Ok(false));
        assert_eq!(is_local("udp:127.0.0.1:0"), Ok(true));
        assert_eq!(is_local("udp:0.0.0.0:0"), Ok(false));
        assert_eq!(is_local("0.0.0.0:0"), Ok(false));
    }
}
