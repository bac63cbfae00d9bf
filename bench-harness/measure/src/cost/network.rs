//! What the kernel's network counters say about a trial: clients turned away, data sent again.

use std::collections::HashMap;
use std::fs;

use record::sample::NetCounters;

use super::memory::of_tcp;

/// The files with counters, of the same form both: a line of names, then a line of values.
const FILES: [&str; 2] = ["/proc/net/snmp", "/proc/net/netstat"];

/// What has been counted since the machine started, by all programs of this network namespace; `None` where the kernel
/// does not say.
pub fn now() -> Option<NetCounters> {
    let [snmp, netstat] = FILES.map(fs::read_to_string);
    let sockstat = fs::read_to_string("/proc/net/sockstat").unwrap_or_default();
    Some(read(&format!("{}{}", snmp.ok()?, netstat.ok()?), &sockstat))
}

fn read(counters: &str, sockstat: &str) -> NetCounters {
    let counters = pairs(counters);
    let of = |name: &str| counters.get(name).copied().unwrap_or(0);
    NetCounters {
        listen_overflows: of("TcpExt:ListenOverflows"),
        listen_drops: of("TcpExt:ListenDrops"),
        request_queue_drops: of("TcpExt:TCPReqQFullDrop"),
        request_queue_cookies: of("TcpExt:TCPReqQFullDoCookies"),
        retransmits: of("Tcp:RetransSegs"),
        syn_retransmits: of("TcpExt:TCPSynRetrans"),
        timeouts: of("TcpExt:TCPTimeouts"),
        backlog_drops: of("TcpExt:TCPBacklogDrop"),
        receive_queue_drops: of("TcpExt:TCPRcvQDrop"),
        memory_pressures: of("TcpExt:TCPMemoryPressures"),
        resets_sent: of("Tcp:OutRsts"),
        failed_connects: of("Tcp:AttemptFails"),
        time_wait: of_tcp(sockstat, "tw").unwrap_or(0),
        orphans: of_tcp(sockstat, "orphan").unwrap_or(0),
    }
}

/// Names, with what stands before the colon, and values. A line of names that no values follow says nothing.
fn pairs(text: &str) -> HashMap<String, u64> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = HashMap::new();
    for [names, values] in lines.as_chunks().0 {
        let (Some((group, names)), Some((same, values))) =
            (names.split_once(':'), values.split_once(':'))
        else {
            continue;
        };
        if group != same {
            continue;
        }
        for (name, value) in names.split_whitespace().zip(values.split_whitespace()) {
            // Limits that do not exist are -1, and no counters.
            if let Ok(value) = value.parse() {
                found.insert(format!("{group}:{name}"), value);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    const COUNTERS: &str = "\
Tcp: RtoAlgorithm MaxConn ActiveOpens AttemptFails RetransSegs OutRsts
Tcp: 1 -1 99 4 31 7
TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPTimeouts TCPReqQFullDrop
TcpExt: 0 12 15 3 2
";

    #[test]
    fn counters_are_found_by_name_and_not_by_place() {
        let found = read(COUNTERS, "TCP: inuse 9 orphan 1 tw 250 alloc 12 mem 33\n");
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
        assert_eq!(found, expected);
    }

    #[test]
    fn a_torn_file_gives_what_is_whole() {
        let torn = "Tcp: RetransSegs\nTcp: 3\nTcpExt: ListenDrops\n";
        let found = read(torn, "");
        assert_eq!((found.retransmits, found.listen_drops), (3, 0));
    }

    #[test]
    fn a_difference_counts_events_and_keeps_numbers_of_sockets() {
        let later = read(COUNTERS, "TCP: orphan 1 tw 5");
        let earlier = NetCounters {
            retransmits: 30,
            time_wait: 100,
            ..NetCounters::default()
        };
        let since = later.since(&earlier);
        assert_eq!((since.retransmits, since.time_wait), (1, 5));
    }

    #[test]
    fn a_reset_on_loopback_is_seen() {
        let Some(before) = now() else {
            return eprintln!("not tested here: the kernel shows no network counters");
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        client.write_all(b"unread").unwrap();
        // Closing a socket with unread data sends a reset.
        while server.peek(&mut [0; 6]).unwrap() < 6 {}
        drop(server);
        // Either error or end: the reset has arrived.
        let _ = client.read(&mut [0; 1]);
        let since = now().unwrap().since(&before);
        assert!(since.resets_sent >= 1, "{since:?}");
    }
}
