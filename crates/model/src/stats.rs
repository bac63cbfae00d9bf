//! What a server counts, in memory that its children share.
//!
//! A connection counts in plain integers of its own ([`Tally`]) and adds them here once, when it ends: a request
//! costs no atomic operation, and a forked child counts like a thread.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZero;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use echo_protocol::ProtocolError;
use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use serde::{Deserialize, Serialize};

/// What one server did, from its first to its last client. All are numbers of events, or bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Clients accepted.
    pub opened: u64,
    /// Conversations ended. Equal to `opened` when the server has ended.
    pub closed: u64,
    /// Clients turned away because of a declared limit.
    pub refused: u64,
    /// Conversations that the end of the grace period cut off.
    pub cut_off: u64,
    /// Conversations ended by a failed `recv` or `send`, mostly because the client reset the connection.
    pub broken: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// Frames begun (`framed` only; `echo` knows no requests), or datagrams understood.
    pub requests: u64,
    /// Calls of `recv`.
    pub reads: u64,
    /// Calls of `send`.
    pub writes: u64,
    /// Calls of `recv` and `send` that returned `EAGAIN`.
    pub would_block: u64,
    /// Calls that waited for many sockets at once (select, poll, epoll and their like).
    pub waits: u64,
    /// Conversations ended because of malformed input, by kind.
    pub protocol_errors: BTreeMap<String, u64>,
    /// Failures of `accept` and of what follows it, by kind.
    pub accept_errors: BTreeMap<String, u64>,
    /// What each worker served, in the order of their numbers; empty where the design has no workers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<Share>,
    /// What came and went without connections; absent where the server serves streams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datagrams: Option<DatagramStats>,
}

/// What a server of datagrams counts beside bytes and requests. One over the limit is among the protocol errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatagramStats {
    /// Datagrams received.
    pub received: u64,
    /// Replies sent.
    pub sent: u64,
    /// Replies that the system would not send.
    pub unsent: u64,
    /// Datagrams that the kernel threw away before they were received, because the receive buffer was full.
    pub dropped: u64,
}

/// What one socket for datagrams counts.
#[derive(Debug, Default)]
pub(crate) struct DatagramTally {
    pub received: u64,
    pub sent: u64,
    pub unsent: u64,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub requests: u64,
    pub reads: u64,
    pub writes: u64,
    pub would_block: u64,
}

impl DatagramTally {
    /// A reply went out.
    pub const fn sent(&mut self, bytes: usize) {
        self.sent += 1;
        self.bytes_out += bytes as u64;
    }
}

/// One worker's part of what was served. Uneven parts are an imbalance that throughput alone does not show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Conversations that it had when they ended.
    pub connections: u64,
    /// Frames begun while it had them (`framed` only). A worker that has no conversations and does the work of all has
    /// here the requests whose work it did.
    pub requests: u64,
}

/// What one connection counts.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub broken: bool,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub reads: u64,
    pub writes: u64,
    pub would_block: u64,
}

/// Kinds of accept errors: a name each, and what belongs to it.
const ACCEPT_ERRORS: [(&str, &[Errno]); 5] = [
    ("aborted", &[Errno::ECONNABORTED, Errno::EPROTO]),
    ("descriptors", &[Errno::EMFILE, Errno::ENFILE]),
    ("memory", &[Errno::ENOBUFS, Errno::ENOMEM]),
    ("threads-or-processes", &[Errno::EAGAIN]),
    ("other", &[]),
];

/// Workers that are told apart; what those beyond do is counted with the last one.
const MOST_SHARES: usize = 256;

/// A worker's share, while it grows.
#[derive(Default)]
struct ShareCounter {
    /// Whether the number is a worker's at all.
    known: AtomicBool,
    connections: AtomicU64,
    requests: AtomicU64,
}

/// The counters of a server.
pub(crate) struct Counters {
    pub opened: AtomicU64,
    pub closed: AtomicU64,
    /// Places taken: by open conversations, and by calls of `accept` under way.
    pub places: AtomicU64,
    pub refused: AtomicU64,
    pub cut_off: AtomicU64,
    pub waits: AtomicU64,
    /// How many conversations must have ended before there is a descriptor again, where they ran out.
    pub free_at: AtomicU64,
    broken: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    requests: AtomicU64,
    reads: AtomicU64,
    writes: AtomicU64,
    would_block: AtomicU64,
    protocol_errors: [AtomicU64; ProtocolError::KINDS.len()],
    accept_errors: [AtomicU64; ACCEPT_ERRORS.len()],
    shares: [ShareCounter; MOST_SHARES],
    datagrams: DatagramCounters,
}

/// Those of datagrams.
#[derive(Default)]
struct DatagramCounters {
    /// Whether the server serves datagrams at all.
    known: AtomicBool,
    received: AtomicU64,
    sent: AtomicU64,
    unsent: AtomicU64,
    dropped: AtomicU64,
}

/// All zero.
impl Default for Counters {
    fn default() -> Self {
        Self {
            opened: AtomicU64::default(),
            closed: AtomicU64::default(),
            places: AtomicU64::default(),
            refused: AtomicU64::default(),
            cut_off: AtomicU64::default(),
            waits: AtomicU64::default(),
            free_at: AtomicU64::default(),
            broken: AtomicU64::default(),
            bytes_in: AtomicU64::default(),
            bytes_out: AtomicU64::default(),
            requests: AtomicU64::default(),
            reads: AtomicU64::default(),
            writes: AtomicU64::default(),
            would_block: AtomicU64::default(),
            protocol_errors: Default::default(),
            accept_errors: Default::default(),
            shares: std::array::from_fn(|_| ShareCounter::default()),
            datagrams: DatagramCounters::default(),
        }
    }
}

impl Counters {
    /// Counters that forked children share.
    pub fn shared() -> io::Result<&'static Self> {
        shared()
    }

    /// Conversations open now, in all processes.
    pub fn open(&self) -> u64 {
        let closed = self.closed.load(Ordering::SeqCst);
        self.opened.load(Ordering::SeqCst).saturating_sub(closed)
    }

    pub fn count_accept_error(&self, error: Errno) {
        let of_kind = |(_, errors): &(&str, &[Errno])| errors.contains(&error);
        let kind = ACCEPT_ERRORS
            .iter()
            .position(of_kind)
            .unwrap_or(ACCEPT_ERRORS.len() - 1);
        add(&self.accept_errors[kind], 1);
    }

    /// Adds what a connection counted.
    pub fn merge(&self, tally: &Tally, requests: u64, error: Option<&ProtocolError>) {
        add(&self.broken, u64::from(tally.broken));
        add(&self.bytes_in, tally.bytes_in);
        add(&self.bytes_out, tally.bytes_out);
        add(&self.requests, requests);
        add(&self.reads, tally.reads);
        add(&self.writes, tally.writes);
        add(&self.would_block, tally.would_block);
        if let Some(error) = error {
            self.count_protocol_error(error);
        }
    }

    pub fn count_protocol_error(&self, error: &ProtocolError) {
        add(&self.protocol_errors[error.kind()], 1);
    }

    /// Adds what a socket for datagrams counted, and how many of them the kernel dropped.
    pub fn merge_datagrams(&self, tally: &DatagramTally, dropped: u64) {
        let counters = &self.datagrams;
        counters.known.store(true, Ordering::Relaxed);
        add(&counters.received, tally.received);
        add(&counters.sent, tally.sent);
        add(&counters.unsent, tally.unsent);
        add(&counters.dropped, dropped);
        add(&self.bytes_in, tally.bytes_in);
        add(&self.bytes_out, tally.bytes_out);
        add(&self.requests, tally.requests);
        add(&self.reads, tally.reads);
        add(&self.writes, tally.writes);
        add(&self.would_block, tally.would_block);
    }

    fn datagram_stats(&self) -> Option<DatagramStats> {
        let counters = &self.datagrams;
        counters
            .known
            .load(Ordering::SeqCst)
            .then(|| DatagramStats {
                received: get(&counters.received),
                sent: get(&counters.sent),
                unsent: get(&counters.unsent),
                dropped: get(&counters.dropped),
            })
    }

    /// Says that there is a worker of this number, so that it is seen even if it serves nobody.
    pub fn has_worker(&self, worker: usize) {
        self.share(worker).known.store(true, Ordering::Relaxed);
    }

    /// Adds to the share of a worker.
    pub fn credit(&self, worker: usize, connections: u64, requests: u64) {
        let share = self.share(worker);
        add(&share.connections, connections);
        add(&share.requests, requests);
    }

    fn share(&self, worker: usize) -> &ShareCounter {
        &self.shares[worker.min(MOST_SHARES - 1)]
    }

    fn shares(&self) -> Vec<Share> {
        let known = |share: &ShareCounter| share.known.load(Ordering::SeqCst);
        let number = self
            .shares
            .iter()
            .rposition(known)
            .map_or(0, |last| last + 1);
        let shares = self.shares[..number].iter();
        let share = |share: &ShareCounter| Share {
            connections: get(&share.connections),
            requests: get(&share.requests),
        };
        shares.map(share).collect()
    }

    pub fn stats(&self) -> Stats {
        let accept_kinds = ACCEPT_ERRORS.iter().map(|(name, _)| *name);
        Stats {
            opened: get(&self.opened),
            closed: get(&self.closed),
            refused: get(&self.refused),
            cut_off: get(&self.cut_off),
            broken: get(&self.broken),
            bytes_in: get(&self.bytes_in),
            bytes_out: get(&self.bytes_out),
            requests: get(&self.requests),
            reads: get(&self.reads),
            writes: get(&self.writes),
            would_block: get(&self.would_block),
            waits: get(&self.waits),
            protocol_errors: by_kind(ProtocolError::KINDS, &self.protocol_errors),
            accept_errors: by_kind(accept_kinds, &self.accept_errors),
            shares: self.shares(),
            datagrams: self.datagram_stats(),
        }
    }
}

/// Adds to a counter that nobody reads before the end.
pub(crate) fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::SeqCst)
}

/// Kinds that occurred, with their numbers.
fn by_kind(
    kinds: impl IntoIterator<Item = &'static str>,
    counters: &[AtomicU64],
) -> BTreeMap<String, u64> {
    let all = kinds
        .into_iter()
        .map(String::from)
        .zip(counters.iter().map(get));
    all.filter(|&(_, n)| n > 0).collect()
}

/// A value in memory that this process and its future children share; it is never freed.
pub(crate) fn shared<T: Default + Sync>() -> io::Result<&'static T> {
    let len = NonZero::new(size_of::<T>()).expect("nobody shares a value without content");
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new anonymous mapping overlaps no existing memory.
    let memory: NonNull<T> =
        unsafe { mmap_anonymous(None, len, access, MapFlags::MAP_SHARED) }?.cast();
    // SAFETY: the mapping is large enough, aligned to a page, and known to nobody else; it is never unmapped.
    unsafe {
        memory.write(T::default());
        Ok(memory.as_ref())
    }
}
