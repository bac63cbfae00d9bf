//! The two kinds of socket that a model sees: listener and stream. TCP and Unix-domain sockets have the same types.
//!
//! `std` has one set of types per address family; a model written for one family could not serve the other.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::socket::{SockFlag, accept4, setsockopt, sockopt};
use socket2::{Socket, Type};

/// Length of a sibling's accept queue; the kernel limits it to `net.core.somaxconn`.
const BACKLOG: i32 = 4096;

/// A bound socket: for streams the one that listens, for datagrams the one that receives them all.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    tcp: bool,
}

impl Listener {
    /// Takes a socket that is bound, and listens if it is for streams.
    ///
    /// # Errors
    /// Those of `getsockname(2)`.
    pub fn new(socket: Socket) -> io::Result<Self> {
        let tcp = !socket.local_addr()?.is_unix();
        Ok(Self { socket, tcp })
    }

    /// Makes `accept` return at once if no client is waiting.
    ///
    /// # Errors
    /// Those of `fcntl(2)`.
    pub fn set_nonblocking(&self) -> io::Result<()> {
        self.socket.set_nonblocking(true)
    }

    /// Opens one more listener on the same address. On a TCP address each listener has its own accept queue, and the
    /// kernel distributes clients by a hash of their addresses (`SO_REUSEPORT`, socket(7)). A Unix-domain address has
    /// only one queue: there the sibling is the same socket with another descriptor.
    pub(crate) fn sibling(&self) -> io::Result<Self> {
        let address = self.socket.local_addr()?;
        if address.is_unix() {
            return Self::new(self.socket.try_clone()?);
        }
        // Set after `bind`, not before it: the bind of a second server on this address must still fail.
        self.socket.set_reuse_port(true)?;
        let sibling = Socket::new(address.domain(), Type::STREAM, None)?;
        sibling.set_reuse_address(true)?;
        sibling.set_reuse_port(true)?;
        sibling.bind(&address)?;
        sibling.listen(BACKLOG)?;
        sibling.set_nonblocking(self.socket.nonblocking()?)?;
        Self::new(sibling)
    }

    /// Accepts once: one `accept4(2)`. `flags` choose between a blocking and a nonblocking stream.
    pub(crate) fn accept(&self, flags: SockFlag) -> nix::Result<Stream> {
        let fd = accept4(self.as_raw_fd(), flags | SockFlag::SOCK_CLOEXEC)?;
        // SAFETY: `accept4` has just made this descriptor, and nothing else owns it.
        Ok(self.accepted(unsafe { <OwnedFd as std::os::fd::FromRawFd>::from_raw_fd(fd) }))
    }

    /// Makes a stream from the descriptor that an accept returned.
    pub(crate) fn accepted(&self, fd: OwnedFd) -> Stream {
        if self.tcp {
            // This fails if the client has already reset the connection; then the first read fails as well.
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

/// One client's socket before its conversation begins. Dropping it closes the connection and counts nothing.
#[derive(Debug)]
pub struct Stream(pub(crate) OwnedFd);

impl Stream {
    /// Takes a connected socket, for tests and for models that receive descriptors from another process.
    pub const fn new(fd: OwnedFd) -> Self {
        Self(fd)
    }

    /// Makes reads and writes return at once, for models that accept in one thread and wait in another.
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
