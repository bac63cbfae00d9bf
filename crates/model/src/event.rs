//! Events of a server, for an observer outside the kit. Without an observer, the kit asks and reports nothing.

use std::fmt;
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::RawFd;

use nix::sys::socket::{SockaddrStorage, getpeername};

/// A function that is called at each event, in the thread and the process in which it happens. A forked child calls it
/// too. It must not wait: the client that the event is about waits for it.
pub type Observer = fn(&Event);

/// Something that the server did for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// The client.
    pub client: Client,
    /// What the server did.
    pub what: What,
}

/// A client, as the server sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// Its address.
    Address(SocketAddr),
    /// The descriptor of its stream, for a client without an address: one on a Unix-domain socket, or one that reset
    /// its connection before the server looked.
    Descriptor(RawFd),
}

/// What a server does for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It accepted the client.
    Accepted,
    /// It received this number of bytes. 0 bytes are the client's end of file.
    Read(usize),
    /// It sent this number of bytes.
    Wrote(usize),
    /// The work of a request is done.
    Worked,
    /// The conversation is over.
    Ended(Ending),
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By the protocol: the client ended it, or sent what the protocol does not allow.
    Done,
    /// By a failed `recv` or `send`.
    Broken,
    /// The grace period after a stop was over.
    CutOff,
    /// The server refused the client because of a declared limit.
    Refused,
}

impl Client {
    /// The client at the other end of a stream.
    pub(crate) fn of(stream: RawFd) -> Self {
        let peer = getpeername::<SockaddrStorage>(stream).ok();
        let address = peer.and_then(|peer| internet_address(&peer));
        address.map_or(Self::Descriptor(stream), Self::Address)
    }

    /// The sender of a datagram to the socket `fd`.
    pub(crate) fn at(source: &SockaddrStorage, fd: RawFd) -> Self {
        internet_address(source).map_or(Self::Descriptor(fd), Self::Address)
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Descriptor(fd) => write!(f, "fd:{fd}"),
        }
    }
}

/// A client whose events are reported.
pub(crate) struct Observed {
    observer: Observer,
    client: Client,
}

impl Observed {
    /// The client of this stream; `None` if there is no observer.
    pub(crate) fn of(observer: Option<Observer>, stream: RawFd) -> Option<Box<Self>> {
        let client = |observer| {
            let client = Client::of(stream);
            Box::new(Self { observer, client })
        };
        observer.map(client)
    }

    #[cold]
    pub(crate) fn report(&self, what: What) {
        let client = self.client;
        (self.observer)(&Event { client, what });
    }
}

fn internet_address(storage: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = storage.as_sockaddr_in().map(|v4| SocketAddrV4::from(*v4));
    let v6 = storage.as_sockaddr_in6().map(|v6| SocketAddrV6::from(*v6));
    v4.map(SocketAddr::from).or(v6.map(SocketAddr::from))
}
