//! Chooses the source addresses of a run, so that each has enough ports, and refuses those that cannot reach the target.
//!
//! The kernel looks for a free port in one half of the range first (`__inet_hash_connect` tries every second port). When that
//! half is in use, every connect looks at all its ports in vain. Seen with 28,232 ports: 45,000 connects a second up to
//! 14,000 connections, 3,000 at 19,000. So a source address opens at most half of its ports to one target.

use std::borrow::Cow;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use nix::ifaddrs::getifaddrs;
use nix::sys::socket::SockaddrStorage;

use crate::plan::error::LoadError;
use crate::plan::load::Load;
use crate::plan::sources::Sources;
use crate::plan::target::Target;
use crate::run::bounds;

impl Sources {
    /// These addresses, as far as this machine has them and they can reach the target.
    ///
    /// # Errors
    /// The interface that leads to the target has too few addresses, or a listed address cannot reach the target.
    pub fn towards(&self, target: &Target) -> Result<Vec<IpAddr>, LoadError> {
        let to = target.address().ok_or(LoadError::Sources)?;
        match self {
            Self::List(listed) => {
                listed.iter().try_for_each(|&from| check(from, to))?;
                Ok(listed.clone())
            }
            Self::Number(number) => {
                let number = usize::from(*number);
                let (interface, found) = usable(to)?;
                let chosen = found.get(..number).map(<[IpAddr]>::to_vec);
                chosen.ok_or(LoadError::FewSources {
                    number,
                    to: to.ip(),
                    interface,
                    found,
                })
            }
        }
    }
}

/// The load with the source addresses that it uses: those given, or as many as its connections need.
///
/// # Errors
/// A given address cannot reach the target.
pub fn provide(load: &Load) -> Result<Cow<'_, Load>, LoadError> {
    let Some(to) = load.target.address() else {
        return Ok(Cow::Borrowed(load));
    };
    if !load.sources.is_empty() {
        load.sources.iter().try_for_each(|&from| check(from, to))?;
        return Ok(Cow::Borrowed(load));
    }
    let needed = bounds::ports_allowed().map_or(1, |ports| needed(load.connections(), ports));
    // A target without a route fails at each connect, and the outcome counts that.
    let mut sources = match usable(to) {
        Ok((_, found)) if needed > 1 => found,
        _ => Vec::new(),
    };
    sources.truncate(needed);
    Ok(match sources.len() {
        // The system would choose a single address as well.
        0 | 1 => Cow::Borrowed(load),
        _ => Cow::Owned(Load {
            sources,
            ..load.clone()
        }),
    })
}

/// The number of source addresses that share this number of connections, each with half of its ports.
fn needed(connections: usize, ports: u64) -> usize {
    let half = (ports / 2).max(1) as usize;
    connections.div_ceil(half).max(1)
}

/// The interface that leads to a target, and its addresses that can reach it. The first is the one that the system chooses.
///
/// All of 127.0.0.0/8 is on the loopback interface, without a list.
fn usable(to: SocketAddr) -> Result<(String, Vec<IpAddr>), LoadError> {
    if matches!(to.ip(), IpAddr::V4(ip) if ip.is_loopback()) {
        let address = |last| IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
        return Ok(("lo".to_owned(), (1..=Sources::MOST).map(address).collect()));
    }
    let unspecified = match to {
        SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let first = route(unspecified, to)?;
    let all = addresses().unwrap_or_default();
    let interface = all.iter().find(|(_, address)| *address == first);
    let interface = interface.map_or("", |(name, _)| name).to_owned();
    let others = all.into_iter().filter(|(name, address)| {
        *name == interface && *address != first && check(*address, to).is_ok()
    });
    let mut found = vec![first];
    found.extend(others.map(|(_, address)| address));
    Ok((interface, found))
}

/// Checks that this address can reach the target.
fn check(from: IpAddr, to: SocketAddr) -> Result<(), LoadError> {
    if from.is_ipv4() != to.is_ipv4() {
        return Err(LoadError::Sources);
    }
    route(from, to).map(drop)
}

/// The local address from which packets would go to the target. Connecting a socket for datagrams sends nothing.
fn route(from: IpAddr, to: SocketAddr) -> Result<IpAddr, LoadError> {
    let to_ip = to.ip();
    let socket = UdpSocket::bind((from, 0)).map_err(|reason| match reason.kind() {
        io::ErrorKind::AddrNotAvailable => LoadError::ForeignSource { from },
        _ => LoadError::System(reason),
    })?;
    let local = socket.connect(to).and_then(|()| socket.local_addr());
    match local {
        Ok(local) => Ok(local.ip()),
        Err(_) if from.is_loopback() && !to_ip.is_loopback() => {
            Err(LoadError::LoopbackSource { from, to: to_ip })
        }
        Err(reason) => Err(LoadError::NoRoute { to: to_ip, reason }),
    }
}

/// The addresses of all interfaces of this machine. An interface may have names of the form `eth0:1`.
fn addresses() -> nix::Result<Vec<(String, IpAddr)>> {
    let all = getifaddrs()?.filter_map(|each| {
        let name = each.interface_name.split(':').next()?.to_owned();
        Some((name, ip(&each.address?)?))
    });
    Ok(all.collect())
}

fn ip(address: &SockaddrStorage) -> Option<IpAddr> {
    let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
    v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(text: &str, target: &str) -> Result<Vec<IpAddr>, String> {
        let sources: Sources = text.parse().unwrap();
        let sources = sources.towards(&target.parse().unwrap());
        sources.map_err(|error| error.to_string())
    }

    /// A load of this number of clients in several processes.
    fn load(target: &str, connections: usize) -> Load {
        let mut load = Load::on(target.parse().unwrap());
        load.first_mut().connections = connections;
        load.process = (1, 2);
        load
    }

    fn half_of_the_ports() -> usize {
        bounds::ports_allowed().expect("the kernel shows the range") as usize / 2
    }

    #[test]
    fn each_source_address_opens_at_most_half_of_its_ports() {
        assert_eq!([1, 14_116].map(|n| needed(n, 28_232)), [1, 1]);
        assert_eq!([14_117, 28_232].map(|n| needed(n, 28_232)), [2, 2]);
        assert_eq!(
            [needed(60_000, 28_232), needed(9, 1), needed(0, 0)],
            [5, 9, 1]
        );
    }

    #[test]
    fn many_connections_of_all_processes_together_get_more_loopback_addresses() {
        let few = load("127.0.0.9:7", half_of_the_ports());
        assert_eq!(*provide(&few).unwrap(), few);
        let many = load("127.0.0.9:7", half_of_the_ports() + 1);
        let provided = provide(&many).unwrap();
        let expected: [IpAddr; 2] = ["127.0.0.1", "127.0.0.2"].map(|ip| ip.parse().unwrap());
        assert_eq!(provided.sources, expected);
        assert_eq!(provided.classes, many.classes);
    }

    #[test]
    fn a_choice_of_the_user_stays() {
        let mut many = load("127.0.0.1:7", half_of_the_ports() + 1);
        many.sources = vec!["127.0.0.7".parse().unwrap()];
        assert_eq!(*provide(&many).unwrap(), many);
    }

    #[test]
    fn a_target_with_a_single_address_towards_it_uses_that() {
        let many = load("[::1]:7", half_of_the_ports() + 1);
        assert_eq!(*provide(&many).unwrap(), many);
        let unix = load("unix:/tmp/echo", half_of_the_ports() + 1);
        assert_eq!(*provide(&unix).unwrap(), unix);
    }

    #[test]
    fn a_number_of_sources_is_that_many_addresses_of_the_interface() {
        let all = sources("254", "127.0.0.1:7").unwrap();
        assert_eq!(all.len(), 254);
        assert_eq!(all[253].to_string(), "127.0.0.254");
        assert_eq!(sources("1", "udp:127.0.0.1:7").unwrap(), all[..1]);
    }

    #[test]
    fn an_address_of_another_machine_is_refused() {
        // 203.0.113.0/24 is for documentation (RFC 5737), so no machine has it.
        let error = sources("127.0.0.1,203.0.113.1", "127.0.0.1:7").unwrap_err();
        assert!(
            error.starts_with("203.0.113.1 is not an address"),
            "{error}"
        );
        assert!(error.contains("`ip address`"), "{error}");
        let mut load = load("127.0.0.1:7", 2);
        load.sources = vec!["203.0.113.1".parse().unwrap()];
        assert_eq!(provide(&load).unwrap_err().to_string(), error);
    }

    #[test]
    fn what_cannot_reach_a_target_beyond_this_machine_is_refused_with_the_reason() {
        let beyond = "203.0.113.1:7";
        let any = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let own = match route(any, beyond.parse().unwrap()) {
            Ok(own) => own.to_string(),
            Err(error) => return eprintln!("not tested here: {error}"),
        };
        assert_eq!(sources(&own, beyond).map(|found| found.len()), Ok(1));
        let error = sources("127.0.0.1", beyond).unwrap_err();
        assert!(error.contains("loopback address"), "{error}");
        let error = sources("254", beyond).unwrap_err();
        assert!(error.contains("`ip address add`"), "{error}");
        assert!(error.contains(&own), "{error}");
    }
}
