//! What the kernel keeps for the clients of a server: connections that wait for `accept`, and bytes that wait for a read.
//!
//! The kernel's table of sockets shows the server's end of each connection (`proc_net(5)`). An end that no process has accepted
//! has no inode yet.

use std::collections::BTreeMap;
use std::fs;

use super::event::{ClientId, Event, Happening, Kept};

/// The tables: the ends of a server that also listens on IPv6 stand in the second one.
const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];
/// State of a connection that both sides use.
const ESTABLISHED: &str = "01";
/// The states of a socket that may wait for its server: established, and ended by the client (`CLOSE_WAIT`).
const STATES: [&str; 2] = [ESTABLISHED, "08"];
/// State of a listening socket.
const LISTENS: &str = "0A";
/// Looks in a row that must see the same connection in the accept queue, so that a short wait is not reported.
const QUEUED_LOOKS: u32 = 3;
/// The same for unread bytes. A busy client may have as many unread bytes at several looks, of several requests.
const UNREAD_LOOKS: u32 = 10;

/// Looks at the table from time to time.
#[derive(Debug)]
pub struct Kernel {
    port: u16,
    clients: BTreeMap<u16, ClientId>,
    /// What was seen for each client.
    seen: BTreeMap<ClientId, Seen>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    kept: Kept,
    since: f64,
    /// Looks in a row that saw it.
    looks: u32,
}

impl Kernel {
    /// Looks for these clients, by their ports, at the server on this port.
    pub const fn new(port: u16, clients: BTreeMap<u16, ClientId>) -> Self {
        Self {
            port,
            clients,
            seen: BTreeMap::new(),
        }
    }

    /// Looks at moment `at`, and returns what has waited for some looks.
    pub fn look(&mut self, at: f64) -> Vec<Event> {
        let rows = TABLES.map(|table| fs::read_to_string(table).unwrap_or_default());
        let kept = kept(&rows.concat(), self.port, &self.clients);
        self.take(&kept, at)
    }

    fn take(&mut self, kept: &BTreeMap<ClientId, Kept>, at: f64) -> Vec<Event> {
        self.seen.retain(|client, _| kept.contains_key(client));
        let mut events = Vec::new();
        for (&client, &kept) in kept {
            let new = Seen {
                kept,
                since: at,
                looks: 0,
            };
            let seen = self.seen.entry(client).or_insert(new);
            if seen.kept != kept {
                *seen = new;
            }
            seen.looks += 1;
            let enough = match kept {
                Kept::Queued(_) => QUEUED_LOOKS,
                Kept::Unread(_) => UNREAD_LOOKS,
            };
            if seen.looks == enough {
                events.push(Event {
                    at: seen.since,
                    what: Happening::Kernel(client, kept),
                });
            }
        }
        events
    }
}

/// True if a socket listens on this port.
pub fn is_listening(port: u16) -> bool {
    let tables = TABLES.map(|table| fs::read_to_string(table).unwrap_or_default());
    let mut rows = tables.iter().flat_map(|table| table.lines());
    rows.any(|row| Row::parse(row).is_some_and(|row| row.state == LISTENS && row.local == port))
}

/// A row of the table.
struct Row<'a> {
    local: u16,
    remote: u16,
    state: &'a str,
    unread: u64,
    inode: u64,
}

impl<'a> Row<'a> {
    /// `  1: 0100007F:8B85 0100007F:A00E 01 00000000:00000005 00:00000000 00000000     0        0 0 1 …`
    fn parse(row: &'a str) -> Option<Self> {
        let fields: Vec<&str> = row.split_whitespace().collect();
        let port = |address: &str| u16::from_str_radix(address.rsplit_once(':')?.1, 16).ok();
        let (_, unread) = fields.get(4)?.split_once(':')?;
        Some(Self {
            local: port(fields.get(1)?)?,
            remote: port(fields.get(2)?)?,
            state: fields.get(3)?,
            unread: u64::from_str_radix(unread, 16).ok()?,
            inode: fields.get(9)?.parse().ok()?,
        })
    }
}

/// What the kernel keeps for each client at the server's port.
fn kept(table: &str, port: u16, clients: &BTreeMap<u16, ClientId>) -> BTreeMap<ClientId, Kept> {
    let rows = table.lines().filter_map(Row::parse);
    let ours = rows.filter(|row| row.local == port && STATES.contains(&row.state));
    let client = |row: Row| {
        // The end of the client's side counts as one byte.
        let ended = u64::from(row.state != ESTABLISHED);
        let kept = match (row.inode, row.unread.saturating_sub(ended)) {
            (0, unread) => Kept::Queued(unread),
            (_, 0) => return None,
            (_, unread) => Kept::Unread(unread),
        };
        Some((*clients.get(&row.remote)?, kept))
    };
    ours.filter_map(client).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:8B85 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 900 1 x
   1: 0100007F:8B85 0100007F:A004 01 00000000:00000000 00:00000000 00000000     0        0 901 1 x
   2: 0100007F:8B85 0100007F:A00E 01 00000000:00000005 00:00000000 00000000     0        0 0 1 x
   3: 0100007F:8B85 0100007F:A00F 01 00000000:00000007 00:00000000 00000000     0        0 902 1 x
   4: 0100007F:A00E 0100007F:8B85 01 00000000:00000000 00:00000000 00000000     0        0 903 1 x
";

    fn clients() -> BTreeMap<u16, ClientId> {
        BTreeMap::from([(0xA004, 0), (0xA00E, 1), (0xA00F, 2)])
    }

    #[test]
    fn a_connection_without_an_inode_waits_in_the_accept_queue() {
        let kept = kept(TABLE, 0x8B85, &clients());
        let expected = [(1, Kept::Queued(5)), (2, Kept::Unread(7))];
        assert_eq!(kept, BTreeMap::from(expected));
    }

    #[test]
    fn a_wait_is_reported_once_and_only_if_it_lasts() {
        let mut kernel = Kernel::new(0x8B85, clients());
        let waits = BTreeMap::from([(1, Kept::Queued(5))]);
        assert!(kernel.take(&waits, 0.1).is_empty());
        assert!(kernel.take(&BTreeMap::new(), 0.2).is_empty());
        assert!(kernel.take(&waits, 0.3).is_empty());
        assert!(kernel.take(&waits, 0.4).is_empty());
        let events = kernel.take(&waits, 0.5);
        assert_eq!(
            events,
            [Event {
                at: 0.3,
                what: Happening::Kernel(1, Kept::Queued(5))
            }]
        );
        assert!(kernel.take(&waits, 0.6).is_empty());
    }

    #[test]
    fn a_listener_is_found_by_its_port() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(is_listening(port));
        drop(listener);
        assert!(!is_listening(port));
    }
}
