//! The statistics of a server: what its `stats` line reports.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use crate::room::RoomStats;
use crate::shares::Share;

/// Defines the totals once: as plain numbers in [`Stats`], and as the atomic counters that they are read from.
macro_rules! stats {
    ($($(#[$doc:meta])* $total:ident,)*) => {
        /// What one server did between its first client and its last. All fields are numbers of events, or bytes.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct Stats {
            $($(#[$doc])* pub $total: u64,)*
            /// Conversations ended because of malformed input, by kind of error.
            pub protocol_errors: BTreeMap<String, u64>,
            /// Failures of `accept`, or of the `fork` or thread creation after it, by kind of error.
            pub accept_errors: BTreeMap<String, u64>,
            /// What each worker served, in the order of the workers' numbers; empty if the design has no workers.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub shares: Vec<Share>,
            /// Datagrams received and sent; absent if the server serves streams.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub datagrams: Option<DatagramStats>,
            /// Messages and their copies; absent if the server has no rooms.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub rooms: Option<RoomStats>,
        }

        /// The totals of [`Stats`] while the server runs.
        #[derive(Default)]
        pub(crate) struct Totals {
            $(pub $total: AtomicU64,)*
        }

        impl Totals {
            /// Statistics with the current totals, and nothing else.
            pub fn stats(&self) -> Stats {
                Stats {
                    $($total: get(&self.$total),)*
                    ..Stats::default()
                }
            }
        }
    };
}

stats! {
    /// Clients accepted.
    opened,
    /// Conversations ended. Equal to `opened` when the server has ended.
    closed,
    /// Clients refused because of a declared limit.
    refused,
    /// Conversations still open when the grace period ended, and therefore shut down. Work for them was abandoned.
    cut_off,
    /// Conversations ended because the client was silent for the idle timeout.
    timed_out,
    /// Conversations ended by a failed `recv` or `send`, in most cases because the client reset the connection; or by the
    /// death of the process that had them.
    broken,
    /// Workers that died before a stop and were replaced. Their open conversations count as broken.
    replaced,
    /// Bytes received.
    bytes_in,
    /// Bytes sent.
    bytes_out,
    /// Frames begun (only `framed`; `echo` has no requests), or datagrams understood.
    requests,
    /// Calls of `recv`.
    reads,
    /// Calls of `send`.
    writes,
    /// Calls of `recv` and `send` that returned `EAGAIN`.
    would_block,
    /// Calls that wait for many sockets at once (select, poll, epoll and similar calls).
    waits,
}

/// What a datagram server counts in addition to bytes and requests. Datagrams over the size limit are among the
/// protocol errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatagramStats {
    /// Datagrams received.
    pub received: u64,
    /// Replies sent.
    pub sent: u64,
    /// Replies that were not sent, because the kernel did not accept them, or because the grace period was over.
    pub unsent: u64,
    /// Datagrams that the kernel dropped before the server received them, because the receive buffer was full.
    pub dropped: u64,
}

/// Adds to a counter. Relaxed is enough: the totals are only read after all conversations have ended.
pub(crate) fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}

/// Reads a counter.
pub(crate) fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::SeqCst)
}
