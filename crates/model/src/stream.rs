//! The two kinds of socket that a model sees: listener and stream. TCP and Unix-domain sockets have the same types.
//!
//! `std` has one set of types per address family; a model written for one family could not serve the other.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::socket::{SockFlag, accept4, setsockopt, sockopt};
use socket2::{Socket, TcpKeepalive, Type};

/// A bound socket: for streams the one that listens, for datagrams the one that receives them all.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    /// Length of the accept queue of a sibling.
    backlog: i32,
    /// True if accepted streams send each write at once (`TCP_NODELAY`).
    nodelay: bool,
    /// Silence after which the kernel asks the client's machine whether it is still there.
    keepalive: Option<Duration>,
}

impl Listener {
    /// Number of probes without an answer after which the kernel ends a connection (`TCP_KEEPCNT`).
    pub const PROBES: u32 = 3;

    /// Length of an accept queue by default; the kernel limits it to `net.core.somaxconn`.
    pub const BACKLOG: i32 = 4096;

    /// Takes a socket that is bound, and listens if it is for streams.
    ///
    /// # Errors
    /// Those of `getsockname(2)`.
    pub fn new(socket: Socket) -> io::Result<Self> {
        let nodelay = !socket.local_addr()?.is_unix();
        Ok(Self {
            socket,
            backlog: Self::BACKLOG,
            nodelay,
            keepalive: None,
        })
    }

    /// The same socket, whose siblings have accept queues of this length. The length of its own queue is set already.
    #[must_use]
    pub fn with_backlog(mut self, backlog: i32) -> Self {
        self.backlog = backlog;
        self
    }

    /// The same socket, for whose streams the kernel collects small writes (Nagle's algorithm).
    #[must_use]
    pub fn with_delay(mut self) -> Self {
        self.nodelay = false;
        self
    }

    /// The same socket, for whose TCP streams the kernel probes a client that was silent for this long, in whole seconds. If the
    /// client's machine answers none of [`PROBES`](Self::PROBES) probes, a third of this time apart, the next read fails
    /// with `ETIMEDOUT` (tcp(7)). The machine answers whatever its program does, so a client that is only silent stays.
    ///
    /// The accepted streams inherit it from the listener, without a system call for each.
    ///
    /// # Errors
    /// Those of `setsockopt(2)`: `EINVAL` if the time is not 1 to 32767 s.
    pub fn with_keepalive(mut self, silence: Duration) -> io::Result<Self> {
        self.keepalive = Some(silence);
        self.set_keepalive(&self.socket)?;
        Ok(self)
    }

    /// Sets the keepalive of a socket as that of this listener. Unix-domain sockets have none.
    fn set_keepalive(&self, socket: &Socket) -> io::Result<()> {
        let Some(silence) = self.keepalive else {
            return Ok(());
        };
        if socket.local_addr()?.is_unix() {
            return Ok(());
        }
        let interval = (silence / Self::PROBES).max(Duration::from_secs(1));
        socket.set_tcp_keepalive(
            &TcpKeepalive::new()
                .with_time(silence)
                .with_interval(interval)
                .with_retries(Self::PROBES),
        )
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
            let socket = self.socket.try_clone()?;
            return Ok(self.like(socket));
        }
        // Set after `bind`, not before it: the bind of a second server on this address must still fail.
        self.socket.set_reuse_port(true)?;
        let sibling = Socket::new(address.domain(), Type::STREAM, None)?;
        sibling.set_reuse_address(true)?;
        sibling.set_reuse_port(true)?;
        sibling.bind(&address)?;
        self.set_keepalive(&sibling)?;
        sibling.listen(self.backlog)?;
        sibling.set_nonblocking(self.socket.nonblocking()?)?;
        Ok(self.like(sibling))
    }

    /// A listener with the same settings.
    const fn like(&self, socket: Socket) -> Self {
        Self { socket, ..*self }
    }

    /// Accepts once: one `accept4(2)`. `flags` choose between a blocking and a nonblocking stream.
    pub(crate) fn accept(&self, flags: SockFlag) -> nix::Result<Stream> {
        let fd = accept4(self.as_raw_fd(), flags | SockFlag::SOCK_CLOEXEC)?;
        // SAFETY: `accept4` has just made this descriptor, and nothing else owns it.
        Ok(self.accepted(unsafe { <OwnedFd as std::os::fd::FromRawFd>::from_raw_fd(fd) }))
    }

    /// Makes a stream from the descriptor that an accept returned.
    pub(crate) fn accepted(&self, fd: OwnedFd) -> Stream {
        if self.nodelay {
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
