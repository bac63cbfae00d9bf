//! The kernel's counters of TCP over a whole trial.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Kernel counters of TCP over a whole trial, connecting and closing included, of all programs of the machine (of this network
/// namespace): on loopback both ends. All are numbers of events, but for the last two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct NetCounters {
    /// Connections that found the accept queue full (`ListenOverflows`).
    pub listen_overflows: u64,
    /// Connection requests dropped for any reason, a full accept queue included (`ListenDrops`).
    pub listen_drops: u64,
    /// Connection requests dropped because too many were half open (`TCPReqQFullDrop`).
    pub request_queue_drops: u64,
    /// Connection requests answered with a cookie because too many were half open (`TCPReqQFullDoCookies`).
    pub request_queue_cookies: u64,
    /// Segments sent again (`RetransSegs`).
    pub retransmits: u64,
    /// Of these, connection requests and their answers (`TCPSynRetrans`).
    pub syn_retransmits: u64,
    /// Times that an acknowledgement did not come in time (`TCPTimeouts`).
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
    /// Sockets that nobody owns any more at the end of the trial.
    pub orphans: u64,
}

impl NetCounters {
    /// What was counted since an earlier moment. Numbers of sockets are those of now.
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
