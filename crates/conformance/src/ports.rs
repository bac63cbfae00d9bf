//! Ports of this machine: a free one for a server, and whether a server listens on one.
//!
//! The kernel's tables say who listens. A connection would say it too, but it would be the server's first client.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr as SocketName, UnixDatagram};
use std::sync::{LazyLock, Mutex};

use model::{Listen, Transport};
use procfs::net::{TcpState, UnixState, tcp, tcp6, udp, udp6, unix};

/// The ports that servers of this process have got, each with the claim that keeps other runs of the suite away from it.
static USED: LazyLock<Mutex<BTreeMap<u16, UnixDatagram>>> = LazyLock::new(Mutex::default);

/// The lowest port that a server gets.
const LOWEST: u16 = 10_000;
/// The end of the ports that a server gets, if the kernel does not say from where it takes the ports of clients.
const CLIENTS_FROM: u16 = 32_768;

/// A port that is free now. It lies below those that the kernel gives to clients, so that no client takes it before the
/// server does.
pub fn free(transport: Transport) -> u16 {
    let mut used = USED.lock().expect("no thread panics while it has the lock");
    let end = clients_from().max(LOWEST + 1);
    let first = LOWEST + rand::random::<u16>() % (end - LOWEST);
    let candidates = (first..end).chain(LOWEST..first);
    let mut claimed = candidates.filter(|port| !used.contains_key(port));
    let claimed = claimed.find_map(|port| {
        let claim = claim(port)?;
        // The kernel's tables say it. A socket bound as a trial could live on for a moment in a child that another thread is
        // starting, and look like the server.
        let is_free = listening(transport, port).is_none();
        is_free.then_some((port, claim))
    });
    let (port, claim) = claimed.expect("a machine has a free port");
    used.insert(port, claim);
    port
}

/// Claims a port for a server that will take it later: `None` if another run of the suite has claimed it. The claim is a name
/// in the kernel, which is free again when this process ends, whatever its end.
fn claim(port: u16) -> Option<UnixDatagram> {
    let name = SocketName::from_abstract_name(format!("echolab check, port {port}")).ok()?;
    UnixDatagram::bind_addr(&name).ok()
}

/// The first port that the kernel gives to clients (ip_local_port_range in ip(7)).
fn clients_from() -> u16 {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
    let first = range.split_whitespace().next();
    first
        .and_then(|first| first.parse().ok())
        .unwrap_or(CLIENTS_FROM)
}

/// The address of this machine at which a server listens on this port, if there is one.
pub fn listening(transport: Transport, port: u16) -> Option<Listen> {
    let address = match transport {
        Transport::Stream => Listen::Tcp,
        Transport::Datagram => Listen::Udp,
    };
    let hosts: [SocketAddr; 2] = [
        (Ipv4Addr::LOCALHOST, port).into(),
        (Ipv6Addr::LOCALHOST, port).into(),
    ];
    hosts.map(address).into_iter().find(is_listening)
}

/// True if the kernel's tables show a socket of this machine that listens at this address.
pub fn is_listening(address: &Listen) -> bool {
    match address {
        Listen::Tcp(address) => {
            let sockets = tcp().into_iter().chain(tcp6()).flatten();
            let mut listening = sockets.filter(|socket| socket.state == TcpState::Listen);
            listening.any(|socket| covers(socket.local_address, *address))
        }
        Listen::Udp(address) => {
            let sockets = udp().into_iter().chain(udp6()).flatten();
            let mut unconnected = sockets.filter(|socket| socket.remote_address.port() == 0);
            unconnected.any(|socket| covers(socket.local_address, *address))
        }
        Listen::Unix(path) => {
            let mut sockets = unix().into_iter().flatten();
            sockets.any(|socket| {
                socket.state == UnixState::UNCONNECTED && socket.path.as_deref() == Some(path)
            })
        }
    }
}

/// True if a socket that is bound to the first address gets what is sent to the second one.
fn covers(bound: SocketAddr, address: SocketAddr) -> bool {
    let (own, wanted) = (bound.ip().to_canonical(), address.ip().to_canonical());
    let is_any = own.is_unspecified() && (own.is_ipv6() || wanted.is_ipv4());
    bound.port() == address.port() && (is_any || own == wanted)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::{TcpListener, UdpSocket};

    use super::*;

    #[test]
    fn a_claimed_port_is_not_claimed_again() {
        let port = free(Transport::Stream);
        assert!(claim(port).is_none());
    }

    #[test]
    fn a_free_port_is_given_once_and_lies_below_those_of_clients() {
        let ports: BTreeSet<u16> = (0..50).map(|_| free(Transport::Stream)).collect();
        assert_eq!(ports.len(), 50);
        assert!(ports.iter().all(|port| *port < clients_from()));
    }

    #[test]
    fn the_kernel_says_who_listens() {
        let server = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = server.local_addr().expect("it is bound");
        let seen = listening(Transport::Stream, address.port());
        assert_eq!(seen, Some(Listen::Tcp(address)));
        drop(server);
        assert_eq!(listening(Transport::Stream, address.port()), None);
        let server = UdpSocket::bind("[::1]:0").expect("a port is free");
        let address = server.local_addr().expect("it is bound");
        let seen = listening(Transport::Datagram, address.port());
        assert_eq!(seen, Some(Listen::Udp(address)));
    }

    #[test]
    fn to_look_is_not_to_connect() {
        let server = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = Listen::Tcp(server.local_addr().expect("it is bound"));
        assert!(is_listening(&address));
        server
            .set_nonblocking(true)
            .expect("sockets can be nonblocking");
        let error = server.accept().expect_err("no client has connected");
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    }

    #[test]
    fn a_wildcard_covers_its_family_and_that_of_ipv6_covers_both() {
        let covers =
            |bound: &str, wanted: &str| covers(bound.parse().unwrap(), wanted.parse().unwrap());
        assert!(covers("0.0.0.0:7", "127.0.0.1:7") && covers("[::]:7", "127.0.0.1:7"));
        assert!(covers("[::ffff:127.0.0.1]:7", "127.0.0.1:7"));
        assert!(!covers("0.0.0.0:7", "[::1]:7") && !covers("0.0.0.0:7", "127.0.0.1:8"));
        assert!(!covers("127.0.0.2:7", "127.0.0.1:7"));
    }
}
