//! Ports of this machine: a free one for a server, and whether a server listens on one.
//!
//! The kernel's tables say who listens. A connection would say it too, but it would be the server's first client.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr as SocketName, UnixDatagram};
use std::sync::{LazyLock, Mutex};

use model::{Listen, Transport};
use procfs::net::TcpState;

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
        is_free(transport, port).then_some((port, claim))
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

fn is_free(transport: Transport, port: u16) -> bool {
    match transport {
        Transport::Stream => TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok(),
        Transport::Datagram => UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok(),
    }
}

/// The address of this machine at which a server listens on this port, if there is one.
pub fn listening(transport: Transport, port: u16) -> Option<Listen> {
    let local = match transport {
        Transport::Stream => listeners(port),
        Transport::Datagram => datagram_sockets(port),
    };
    let loopback = |address: &SocketAddr| {
        if address.ip().to_canonical().is_ipv4() || is_dual(address) {
            SocketAddr::from((Ipv4Addr::LOCALHOST, port))
        } else {
            SocketAddr::from((Ipv6Addr::LOCALHOST, port))
        }
    };
    let address = local.first().map(loopback)?;
    Some(match transport {
        Transport::Stream => Listen::Tcp(address),
        Transport::Datagram => Listen::Udp(address),
    })
}

/// True for a socket of all addresses of IPv6, which takes those of IPv4 too unless it is told not to.
fn is_dual(address: &SocketAddr) -> bool {
    address.ip() == Ipv6Addr::UNSPECIFIED
}

fn listeners(port: u16) -> Vec<SocketAddr> {
    let tables = [procfs::net::tcp(), procfs::net::tcp6()];
    let entries = tables.into_iter().flatten().flatten();
    let listening = entries.filter(|entry| entry.state == TcpState::Listen);
    let addresses = listening.map(|entry| entry.local_address);
    addresses.filter(|local| local.port() == port).collect()
}

fn datagram_sockets(port: u16) -> Vec<SocketAddr> {
    let tables = [procfs::net::udp(), procfs::net::udp6()];
    let entries = tables.into_iter().flatten().flatten();
    let addresses = entries.map(|entry| entry.local_address);
    addresses.filter(|local| local.port() == port).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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
}
