//! How a server ends: first it accepts no new clients; when the grace period is over, it ends the open conversations.
//!
//! Both steps use `shutdown(2)`, because on Linux it wakes every way of waiting: a blocking `accept` or `read`, select,
//! poll, epoll, coroutines and `io_uring`, in this process or in another one that shares the socket. No model needs a
//! pipe, a thread or a timeout in its loop to be stoppable.
//!
//! Work that a request asks for has no socket. It looks at the stop by itself, every 100 ms ([`Work`](crate::Work)).
//!
//! `shutdown` also wakes a receive on a datagram socket, although it fails with `ENOTCONN` there. Such a socket is shut
//! down for reading only: replies must still go out, and the receive buffer can still be read.

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::thread;

use nix::sys::resource::{Resource, getrlimit};
use nix::sys::socket::{Shutdown, shutdown};

use crate::memory::shared;

/// Highest number of descriptors that the end of the grace period can shut down.
const MOST_DESCRIPTORS: u64 = 1 << 20;

/// The switch that ends a server. A signal handler may call its methods `stop` and `end_grace`.
pub struct Stop {
    /// In shared memory, so that forked children see a stop.
    flags: &'static Flags,
    /// Of this process alone: a forked child has its own copy, for signals that were sent to it.
    own: Flags,
    /// True in a child that waits for its clients, and so is idle while it has none.
    waits_for_clients: AtomicBool,
    /// Listeners, which a stop shuts down.
    listeners: Descriptors,
    /// Datagram sockets, which a stop shuts down for reading only.
    datagrams: Descriptors,
    /// Sockets of clients. A forked child has its own copy of this set, for its own clients.
    clients: Descriptors,
    /// Number of threads of this process that shut clients down at the moment.
    sweeps: AtomicU32,
}

#[derive(Default)]
struct Flags {
    stopping: AtomicBool,
    grace_over: AtomicBool,
}

impl Stop {
    /// Makes a switch that is never freed: signal handlers and forked children may use it at any time.
    ///
    /// # Errors
    /// Those of `mmap(2)`.
    pub fn leak() -> io::Result<&'static Self> {
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
        let words = hard.min(MOST_DESCRIPTORS).div_ceil(64);
        Ok(Box::leak(Box::new(Self {
            flags: shared::<Flags>()?,
            own: Flags::default(),
            waits_for_clients: AtomicBool::new(false),
            listeners: Descriptors::up_to(words),
            datagrams: Descriptors::up_to(words),
            clients: Descriptors::up_to(words),
            sweeps: AtomicU32::new(0),
        })))
    }

    /// Adds a listener that a stop shuts down. It must stay open as long as the server runs.
    pub fn watch(&self, listener: &impl AsFd) {
        let fd = listener.as_fd().as_raw_fd();
        self.listeners.insert(fd);
        if self.stopping() {
            // The stop came while this listener was being opened.
            let _ = shutdown(fd, Shutdown::Both);
        }
    }

    /// Adds a datagram socket that a stop shuts down for reading. It must stay open as long as the server runs.
    pub fn watch_datagrams(&self, socket: &impl AsFd) {
        let fd = socket.as_fd().as_raw_fd();
        self.datagrams.insert(fd);
        if self.stopping() {
            // The stop came while this socket was being opened.
            let _ = shutdown(fd, Shutdown::Read);
        }
    }

    /// Stops accepting. Safe in a signal handler: it uses atomics, and one system call per listener.
    pub fn stop(&self) {
        self.flags.stopping.store(true, Ordering::SeqCst);
        // A shutdown fails if the listener is closed already: then there is nothing left to do.
        self.listeners.shut_down(Shutdown::Both);
        self.datagrams.shut_down(Shutdown::Read);
    }

    /// Ends every open conversation of this process. Safe in a signal handler.
    pub fn end_grace(&self) {
        self.flags.grace_over.store(true, Ordering::SeqCst);
        self.stop();
        self.shut_clients_down();
    }

    fn shut_clients_down(&self) {
        // A shutdown fails if the conversation has just ended by itself: then there is nothing left to do.
        self.sweeps.fetch_add(1, Ordering::SeqCst);
        self.clients.shut_down(Shutdown::Both);
        self.sweeps.fetch_sub(1, Ordering::SeqCst);
    }

    /// Stops accepting in this process alone, a child. Returns true if it was told so before. Safe in a signal handler.
    ///
    /// It does not shut the listener down, which belongs to all processes.
    pub fn stop_child(&self) -> bool {
        self.own.stopping.swap(true, Ordering::SeqCst)
    }

    /// Ends every open conversation of this process, a child, and of no other one. Safe in a signal handler.
    pub fn end_grace_of_child(&self) {
        self.own.grace_over.store(true, Ordering::SeqCst);
        self.stop_child();
        self.shut_clients_down();
    }

    /// True in a child that waits for a client: it has no conversation that a stop would have to wait for.
    pub fn is_idle_child(&self) -> bool {
        self.waits_for_clients.load(Ordering::SeqCst) && self.clients.is_empty()
    }

    /// True after a stop.
    pub fn stopping(&self) -> bool {
        [self.flags, &self.own]
            .iter()
            .any(|flags| flags.stopping.load(Ordering::SeqCst))
    }

    /// True if the grace period is over.
    pub fn grace_over(&self) -> bool {
        [self.flags, &self.own]
            .iter()
            .any(|flags| flags.grace_over.load(Ordering::SeqCst))
    }

    /// Notes in a child that it waits for its clients.
    pub(crate) fn waits_for_clients(&self) {
        self.waits_for_clients.store(true, Ordering::SeqCst);
    }

    /// Adds the descriptor of a conversation that begins.
    pub(crate) fn enter(&self, fd: RawFd) {
        self.clients.insert(fd);
        if self.grace_over() {
            // The grace period ended after this client was accepted.
            let _ = shutdown(fd, Shutdown::Both);
        }
    }

    /// Removes the descriptor of a conversation that ends. Call it before the descriptor is closed.
    ///
    /// It waits while another thread shuts clients down. A `shutdown` under way keeps a closed socket alive, and epoll
    /// would report an event of a client that has left. Its number could also belong to another client already.
    pub(crate) fn leave(&self, fd: RawFd) {
        self.clients.remove(fd);
        while self.sweeps.load(Ordering::SeqCst) > 0 {
            thread::yield_now();
        }
    }
}

/// A set of descriptors that a signal handler may read at any time.
struct Descriptors(Box<[AtomicU64]>);

impl Descriptors {
    /// An empty set with room for 64 descriptors per word.
    fn up_to(words: u64) -> Self {
        Self((0..words).map(|_| AtomicU64::new(0)).collect())
    }

    fn insert(&self, fd: RawFd) {
        if let Some((word, bit)) = self.bit(fd) {
            word.fetch_or(bit, Ordering::SeqCst);
        }
    }

    fn remove(&self, fd: RawFd) {
        if let Some((word, bit)) = self.bit(fd) {
            word.fetch_and(!bit, Ordering::SeqCst);
        }
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|bits| bits.load(Ordering::SeqCst) == 0)
    }

    /// Calls `shutdown` on all descriptors of the set.
    fn shut_down(&self, how: Shutdown) {
        for (word, bits) in self.0.iter().enumerate() {
            let mut bits = bits.load(Ordering::SeqCst);
            while bits != 0 {
                let fd = word as i32 * 64 + bits.trailing_zeros().cast_signed();
                let _ = shutdown(fd, how);
                bits &= bits - 1;
            }
        }
    }

    fn bit(&self, fd: RawFd) -> Option<(&AtomicU64, u64)> {
        let fd = usize::try_from(fd).ok()?;
        Some((self.0.get(fd / 64)?, 1 << (fd % 64)))
    }
}
