//! The two kinds of socket a model sees, TCP or Unix-domain without a difference.
//!
//! `std` has a type for each of the two families; a model that took one of them could not serve the other.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::socket::{SockFlag, accept4, setsockopt, sockopt};
use socket2::{Socket, Type};

/// Length of a sibling's accept queue; the kernel cuts it to `net.core.somaxconn`.
const BACKLOG: i32 = 4096;

/// A bound socket: for streams one that listens, for datagrams the one that all of them come to.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    tcp: bool,
}

impl Listener {
    /// Takes a socket on which `bind` was called, and `listen` if it is for streams.
    ///
    /// # Errors
    /// If the system cannot say which family the socket belongs to.
    pub fn new(socket: Socket) -> io::Result<Self> {
        let tcp = !socket.local_addr()?.is_unix();
        Ok(Self { socket, tcp })
    }

    /// Makes `accept` return at once when no client is waiting.
    ///
    /// # Errors
    /// Those of `fcntl(2)`.
    pub fn set_nonblocking(&self) -> io::Result<()> {
        self.socket.set_nonblocking(true)
    }

    /// One more listener for the clients of this one. Of a TCP address each has an accept queue of its own, between
    /// which the kernel distributes clients by a hash of their addresses (`SO_REUSEPORT`, socket(7)). A Unix-domain
    /// address has one queue: there it is the same socket under another descriptor.
    pub(crate) fn sibling(&self) -> io::Result<Self> {
        let address = self.socket.local_addr()?;
        if address.is_unix() {
            return Self::new(self.socket.try_clone()?);
        }
        // Only now, and not before `bind`: a second server on this address is still told that it is in use.
        self.socket.set_reuse_port(true)?;
        let sibling = Socket::new(address.domain(), Type::STREAM, None)?;
        sibling.set_reuse_address(true)?;
        sibling.set_reuse_port(true)?;
        sibling.bind(&address)?;
        sibling.listen(BACKLOG)?;
        sibling.set_nonblocking(self.socket.nonblocking()?)?;
        Self::new(sibling)
    }

    /// One `accept4(2)`; `flags` choose between a blocking and a nonblocking stream.
    pub(crate) fn accept(&self, flags: SockFlag) -> nix::Result<Stream> {
        let fd = accept4(self.as_raw_fd(), flags | SockFlag::SOCK_CLOEXEC)?;
        // SAFETY: `accept4` has just made this descriptor, and nobody else has seen it.
        Ok(self.accepted(unsafe { <OwnedFd as std::os::fd::FromRawFd>::from_raw_fd(fd) }))
    }

    /// Makes a stream of what an accept gave.
    pub(crate) fn accepted(&self, fd: OwnedFd) -> Stream {
        if self.tcp {
            // A client that has reset the connection already makes this fail; the first read will tell.
            let _: Result<(), Errno> = setsockopt(&fd, sockopt::TcpNoDelay, &true);
        }
        Stream(fd)
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for Listener {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

/// One client's socket, accepted but not yet talked to: closing it says nothing about any conversation.
#[derive(Debug)]
pub struct Stream(pub(crate) OwnedFd);

impl Stream {
    /// A stream from a connected socket, for tests and for models that receive descriptors.
    pub const fn new(fd: OwnedFd) -> Self {
        Self(fd)
    }

    /// Makes reads and writes return at once, for models that accept in one place and wait in another.
    ///
    /// # Errors
    /// Those of `fcntl(2)`.
    pub fn set_nonblocking(&self) -> io::Result<()> {
        let flags = OFlag::from_bits_retain(fcntl(&self.0, FcntlArg::F_GETFL)?);
        fcntl(&self.0, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
        Ok(())
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for Stream {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
