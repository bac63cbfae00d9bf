//! The two kinds of socket a model sees, TCP or Unix-domain without a difference.
//!
//! `std` has a type for each of the two families; a model that took one of them could not serve the other.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::sys::socket::{SockFlag, accept4, setsockopt, sockopt};
use socket2::Socket;

/// A bound and listening socket.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    tcp: bool,
}

impl Listener {
    /// Takes a socket on which `listen` was called.
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
