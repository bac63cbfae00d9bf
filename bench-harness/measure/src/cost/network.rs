//! Parses the kernel's network counters: connections dropped, segments retransmitted, sockets in TIME_WAIT.

use std::collections::HashMap;

use record::sample::NetCounters;

use super::memory::tcp_value;

/// The counters in the text of `/proc/net/snmp` and `/proc/net/netstat`, in which a line of names comes before each line of
/// values, and in that of `/proc/net/sockstat`.
pub(super) fn read(counters: &str, sockstat: &str) -> NetCounters {
    let counters = pairs(counters);
    let counter = |name: &str| counters.get(name).copied().unwrap_or(0);
    NetCounters {
        listen_overflows: counter("TcpExt:ListenOverflows"),
        listen_drops: counter("TcpExt:ListenDrops"),
        request_queue_drops: counter("TcpExt:TCPReqQFullDrop"),
        request_queue_cookies: counter("TcpExt:TCPReqQFullDoCookies"),
        retransmits: counter("Tcp:RetransSegs"),
        syn_retransmits: counter("TcpExt:TCPSynRetrans"),
        timeouts: counter("TcpExt:TCPTimeouts"),
        backlog_drops: counter("TcpExt:TCPBacklogDrop"),
        receive_queue_drops: counter("TcpExt:TCPRcvQDrop"),
        memory_pressures: counter("TcpExt:TCPMemoryPressures"),
        resets_sent: counter("Tcp:OutRsts"),
        failed_connects: counter("Tcp:AttemptFails"),
        time_wait: tcp_value(sockstat, "tw").unwrap_or(0),
        orphans: tcp_value(sockstat, "orphan").unwrap_or(0),
    }
}

/// The values by `GROUP:NAME`. A line of names without its line of values is ignored.
fn pairs(text: &str) -> HashMap<String, u64> {
    let lines: Vec<&str> = text.lines().collect();
    let mut pairs = HashMap::new();
    for [names, values] in lines.as_chunks().0 {
        let (Some((group, names)), Some((value_group, values))) =
            (names.split_once(':'), values.split_once(':'))
        else {
            continue;
        };
        if group != value_group {
            continue;
        }
        for (name, value) in names.split_whitespace().zip(values.split_whitespace()) {
            // A limit that does not exist is -1. It is not a counter.
            if let Ok(value) = value.parse() {
                pairs.insert(format!("{group}:{name}"), value);
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTERS: &str = "\
Tcp: RtoAlgorithm MaxConn ActiveOpens AttemptFails RetransSegs OutRsts
Tcp: 1 -1 99 4 31 7
TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPTimeouts TCPReqQFullDrop
TcpExt: 0 12 15 3 2
";

    #[test]
    fn counters_are_found_by_name() {
        let counters = read(COUNTERS, "TCP: inuse 9 orphan 1 tw 250 alloc 12 mem 33\n");
        let expected = NetCounters {
            listen_overflows: 12,
            listen_drops: 15,
            request_queue_drops: 2,
            retransmits: 31,
            timeouts: 3,
            resets_sent: 7,
            failed_connects: 4,
            time_wait: 250,
            orphans: 1,
            ..NetCounters::default()
        };
        assert_eq!(counters, expected);
    }

    #[test]
    fn names_without_values_are_ignored() {
        let incomplete = "Tcp: RetransSegs\nTcp: 3\nTcpExt: ListenDrops\n";
        let counters = read(incomplete, "");
        assert_eq!((counters.retransmits, counters.listen_drops), (3, 0));
    }

    #[test]
    fn a_difference_has_new_events_and_current_numbers_of_sockets() {
        let later = read(COUNTERS, "TCP: orphan 1 tw 5");
        let earlier = NetCounters {
            retransmits: 30,
            time_wait: 100,
            ..NetCounters::default()
        };
        let since = later.since(&earlier);
        assert_eq!((since.retransmits, since.time_wait), (1, 5));
    }
}
