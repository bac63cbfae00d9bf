//! The kernel's TCP counters over a whole trial.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kernel's TCP counters over a whole trial, from the first connect to the last close. They count all programs of the
/// server's network namespace, and so both ends of a loopback connection. All fields are numbers of events, except the last two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct NetCounters {
    /// Connections that found the accept queue full (`ListenOverflows`).
    pub listen_overflows: u64,
    /// Connection requests dropped for any reason, a full accept queue included (`ListenDrops`).
    pub listen_drops: u64,
    /// Connection requests dropped because too many were half open (`TCPReqQFullDrop`).
    pub request_queue_drops: u64,
    /// Connection requests answered with a SYN cookie because too many were half open (`TCPReqQFullDoCookies`).
    pub request_queue_cookies: u64,
    /// Segments retransmitted (`RetransSegs`).
    pub retransmits: u64,
    /// Retransmitted SYN and SYN-ACK segments, a part of `retransmits` (`TCPSynRetrans`).
    pub syn_retransmits: u64,
    /// Retransmission timeouts (`TCPTimeouts`).
    pub timeouts: u64,
    /// Segments dropped because the socket was in use and its backlog full (`TCPBacklogDrop`).
    pub backlog_drops: u64,
    /// Segments dropped because the receive queue was full (`TCPRcvQDrop`).
    pub receive_queue_drops: u64,
    /// Times that TCP ran short of memory (`TCPMemoryPressures`).
    pub memory_pressures: u64,
    /// Resets sent (`OutRsts`).
    pub resets_sent: u64,
    /// Connects that failed (`AttemptFails`).
    pub failed_connects: u64,
    /// Sockets in TIME_WAIT at the end of the trial.
    pub time_wait: u64,
    /// Orphaned sockets (closed by their process, but not yet by TCP) at the end of the trial.
    pub orphans: u64,
}

impl NetCounters {
    /// The events since an earlier reading. The numbers of sockets are those of this reading.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let grown = |now: u64, then: u64| now.saturating_sub(then);
        Self {
            listen_overflows: grown(self.listen_overflows, earlier.listen_overflows),
            listen_drops: grown(self.listen_drops, earlier.listen_drops),
            request_queue_drops: grown(self.request_queue_drops, earlier.request_queue_drops),
            request_queue_cookies: grown(self.request_queue_cookies, earlier.request_queue_cookies),
            retransmits: grown(self.retransmits, earlier.retransmits),
            syn_retransmits: grown(self.syn_retransmits, earlier.syn_retransmits),
            timeouts: grown(self.timeouts, earlier.timeouts),
            backlog_drops: grown(self.backlog_drops, earlier.backlog_drops),
            receive_queue_drops: grown(self.receive_queue_drops, earlier.receive_queue_drops),
            memory_pressures: grown(self.memory_pressures, earlier.memory_pressures),
            resets_sent: grown(self.resets_sent, earlier.resets_sent),
            failed_connects: grown(self.failed_connects, earlier.failed_connects),
            time_wait: self.time_wait,
            orphans: self.orphans,
        }
    }
}
