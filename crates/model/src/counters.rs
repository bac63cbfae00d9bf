//! The counters of a server, in memory that its child processes share.
//!
//! A connection counts in plain integers of its own ([`Tally`]) and adds them here once, when it ends. A request
//! therefore costs no atomic operation, and a forked child counts exactly like a thread.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use echo_protocol::ProtocolError;
use nix::errno::Errno;

use crate::memory;
use crate::room::RoomCounters;
use crate::shares::Shares;
use crate::stats::{DatagramStats, Stats, Totals, add, get};

/// What one connection, or one datagram socket, counts until it ends.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub requests: u64,
    pub reads: u64,
    pub writes: u64,
    pub would_block: u64,
}

/// Kinds of accept errors: each has a name and the error numbers that belong to it. The last kind takes all others.
const ACCEPT_ERRORS: [(&str, &[Errno]); 5] = [
    ("aborted", &[Errno::ECONNABORTED, Errno::EPROTO]),
    ("descriptors", &[Errno::EMFILE, Errno::ENFILE]),
    ("memory", &[Errno::ENOBUFS, Errno::ENOMEM]),
    ("threads-or-processes", &[Errno::EAGAIN]),
    ("other", &[]),
];

/// The counters of a server.
#[derive(Default)]
pub(crate) struct Counters {
    pub totals: Totals,
    pub shares: Shares,
    /// Places taken: by open conversations, and by calls of `accept` in progress.
    pub places: AtomicU64,
    protocol_errors: [AtomicU64; ProtocolError::KINDS.len()],
    accept_errors: [AtomicU64; ACCEPT_ERRORS.len()],
    datagrams: DatagramCounters,
    pub rooms: RoomCounters,
}

#[derive(Default)]
struct DatagramCounters {
    /// True if the server serves datagrams.
    in_use: AtomicBool,
    received: AtomicU64,
    sent: AtomicU64,
    unsent: AtomicU64,
    dropped: AtomicU64,
}

impl Counters {
    /// Counters that this process and its future children share.
    ///
    /// # Errors
    /// Those of `mmap(2)`.
    pub fn shared() -> io::Result<&'static Self> {
        memory::shared()
    }

    /// Conversations open now, in all processes.
    pub fn open(&self) -> u64 {
        let closed = get(&self.totals.closed);
        get(&self.totals.opened).saturating_sub(closed)
    }

    /// Counts the end of a conversation, and gives back its place.
    pub fn close(&self) {
        self.totals.closed.fetch_add(1, Ordering::SeqCst);
        self.give_back_place();
    }

    /// Gives back a place.
    pub fn give_back_place(&self) {
        self.places.fetch_sub(1, Ordering::SeqCst);
    }

    /// Counts a failed `accept`, or a failed `fork` or thread creation after it.
    pub fn count_accept_error(&self, error: Errno) {
        let last = ACCEPT_ERRORS.len() - 1;
        let mut kinds = ACCEPT_ERRORS.iter();
        let kind = kinds.position(|(_, errors)| errors.contains(&error));
        add(&self.accept_errors[kind.unwrap_or(last)], 1);
    }

    /// Counts malformed input.
    pub fn count_protocol_error(&self, error: &ProtocolError) {
        add(&self.protocol_errors[error.kind()], 1);
    }

    /// Adds what a connection or a datagram socket counted.
    pub fn add_tally(&self, tally: &Tally) {
        let totals = &self.totals;
        add(&totals.bytes_in, tally.bytes_in);
        add(&totals.bytes_out, tally.bytes_out);
        add(&totals.requests, tally.requests);
        add(&totals.reads, tally.reads);
        add(&totals.writes, tally.writes);
        add(&totals.would_block, tally.would_block);
    }

    /// Adds what a datagram socket counted beside its tally.
    pub fn add_datagrams(&self, datagrams: DatagramStats) {
        let counters = &self.datagrams;
        counters.in_use.store(true, Ordering::Relaxed);
        add(&counters.received, datagrams.received);
        add(&counters.sent, datagrams.sent);
        add(&counters.unsent, datagrams.unsent);
        add(&counters.dropped, datagrams.dropped);
    }

    /// The statistics up to now; complete when all conversations have ended.
    pub fn stats(&self) -> Stats {
        let accept_kinds = ACCEPT_ERRORS.iter().map(|(name, _)| *name);
        Stats {
            protocol_errors: by_kind(ProtocolError::KINDS, &self.protocol_errors),
            accept_errors: by_kind(accept_kinds, &self.accept_errors),
            shares: self.shares.read(),
            datagrams: self.datagrams.read(),
            rooms: self.rooms.read(),
            ..self.totals.stats()
        }
    }
}

impl DatagramCounters {
    fn read(&self) -> Option<DatagramStats> {
        let in_use = self.in_use.load(Ordering::SeqCst);
        in_use.then(|| DatagramStats {
            received: get(&self.received),
            sent: get(&self.sent),
            unsent: get(&self.unsent),
            dropped: get(&self.dropped),
        })
    }
}

/// The kinds that occurred, each with its number.
fn by_kind(
    kinds: impl IntoIterator<Item = &'static str>,
    counters: &[AtomicU64],
) -> BTreeMap<String, u64> {
    let names = kinds.into_iter().map(String::from);
    let numbers = counters.iter().map(get);
    names.zip(numbers).filter(|&(_, n)| n > 0).collect()
}
