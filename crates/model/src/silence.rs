//! Ends the conversations of clients that were silent for the idle timeout, and those that the server has ended, but not the
//! client. Without a timeout, and without such a conversation, nothing of this runs.
//!
//! Each process that has conversations has one thread for this. The thread sleeps until the next conversation can be due,
//! and ends it with `shutdown(2)`, which wakes every way of waiting, as at a stop. No model needs a timeout in its loop.
//!
//! A client is silent while no byte comes from it and none goes to it. Time in which the server works for it does not count.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::RawFd;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::SigSet;
use nix::sys::socket::{Shutdown, shutdown};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Pid, getpid};

use crate::counters::Counters;
use crate::relayed::tcp_info;
use crate::stats::add;

/// The time of a conversation for which the server works at the moment.
const BUSY: u64 = u64::MAX;
/// Time that a client has to end its side, after the server has ended the conversation.
const FAREWELL: Duration = Duration::from_secs(1);
/// Shortest sleep of the thread, so that it cannot spin.
const SHORTEST_SLEEP: Duration = Duration::from_millis(1);

/// The idle timeout of a server, and the conversations of this process that it can end.
pub(crate) struct IdleTimeout {
    after: Duration,
    counters: &'static Counters,
    /// True if the time counts from the begin, whatever the client sends, and its end is no timeout for the statistics.
    is_farewell: bool,
    /// Null until the first conversation begins. A forked child makes a new list, because it has no thread yet, and
    /// another process may hold the lock of the copied list for ever.
    clients: AtomicPtr<Clients>,
}

/// The conversations of one process.
struct Clients {
    process: Pid,
    open: Mutex<BTreeMap<RawFd, Pulse>>,
}

/// The time at which bytes of a conversation last moved, in nanoseconds.
#[derive(Clone)]
pub(crate) struct Pulse(Arc<AtomicU64>);

impl Pulse {
    /// Notes that bytes have just moved. The client is not silent as long as the server works for it.
    pub fn beat(&self, has_work: bool) {
        let time = if has_work { BUSY } else { now() };
        self.0.store(time, Ordering::Relaxed);
    }

    /// Time since bytes last moved.
    fn age(&self) -> Duration {
        match self.0.load(Ordering::Relaxed) {
            BUSY => Duration::ZERO,
            time => Duration::from_nanos(now().saturating_sub(time)),
        }
    }
}

impl IdleTimeout {
    pub const fn new(after: Duration, counters: &'static Counters) -> Self {
        Self {
            after,
            counters,
            is_farewell: false,
            clients: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// A timeout for conversations that the server has ended. Call `enter` then.
    pub const fn for_farewells(counters: &'static Counters) -> Self {
        Self {
            is_farewell: true,
            ..Self::new(FAREWELL, counters)
        }
    }

    /// Adds a conversation that begins.
    pub fn enter(&self, fd: RawFd) -> Pulse {
        let pulse = Pulse(Arc::new(AtomicU64::new(now())));
        self.clients().change(|open| open.insert(fd, pulse.clone()));
        pulse
    }

    /// Removes a conversation that ends. Call it before the descriptor is closed: afterwards another client may get it.
    pub fn leave(&self, fd: RawFd) {
        self.clients().change(|open| open.remove(&fd));
    }

    /// The conversations of this process.
    fn clients(&self) -> &'static Clients {
        let process = getpid();
        loop {
            let known = self.clients.load(Ordering::SeqCst);
            // SAFETY: the pointer is null or comes from `Box::leak` below, so it is valid for ever.
            if let Some(clients) = unsafe { known.as_ref() }
                && clients.process == process
            {
                return clients;
            }
            let open = Mutex::default();
            let new = ptr::from_mut(Box::leak(Box::new(Clients { process, open })));
            let order = Ordering::SeqCst;
            if self
                .clients
                .compare_exchange(known, new, order, order)
                .is_ok()
            {
                // SAFETY: as above.
                self.start(unsafe { &*new });
            }
        }
    }

    fn start(&self, clients: &'static Clients) {
        let (after, counters) = (self.after, self.counters);
        let timed_out = (!self.is_farewell).then_some(&counters.totals.timed_out);
        let watch = move || {
            // Signals are for the threads of the model, which wait for them.
            let _ = SigSet::all().thread_block();
            loop {
                let next = clients.end_silent(after, timed_out);
                thread::sleep(next.max(SHORTEST_SLEEP));
            }
        };
        let started = thread::Builder::new().name("idle-timeout".into());
        if let Err(error) = started.spawn(watch) {
            let errno = error.raw_os_error().map(Errno::from_raw);
            counters.count_accept_error(errno.unwrap_or(Errno::UnknownErrno));
        }
    }
}

impl Clients {
    fn change<T>(&self, change: impl FnOnce(&mut BTreeMap<RawFd, Pulse>) -> T) -> T {
        change(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends each conversation that was silent for the timeout, and counts it, unless it is a farewell. Returns the time until
    /// the next one can be due.
    fn end_silent(&self, after: Duration, timed_out: Option<&AtomicU64>) -> Duration {
        let mut next = after;
        self.change(|open| {
            open.retain(|&fd, pulse| {
                let silent = pulse.age();
                let silent = if silent < after || timed_out.is_none() {
                    silent
                } else {
                    silent.min(silence_of_tcp(fd))
                };
                if silent < after {
                    next = next.min(after.saturating_sub(silent));
                    return true;
                }
                if let Some(timed_out) = timed_out {
                    add(timed_out, 1);
                }
                // It fails if the client has just reset the connection: then the conversation ends by itself.
                let _ = shutdown(fd, Shutdown::Both);
                false
            });
        });
        next
    }
}

/// Time since bytes last came over a TCP connection, read by the server or not. It counts where the kernel echoes by
/// itself, and where the server is too slow to read. Sockets of other families have no limit here.
fn silence_of_tcp(fd: RawFd) -> Duration {
    let age = |info: nix::libc::tcp_info| Duration::from_millis(info.tcpi_last_data_recv.into());
    let info: io::Result<_> = tcp_info(fd);
    info.map_or(Duration::MAX, age)
}

/// The monotonic clock, in nanoseconds.
fn now() -> u64 {
    // Linux always has this clock.
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from);
    time.map_or(0, |time| time.as_nanos() as u64)
}
