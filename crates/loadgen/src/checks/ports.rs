//! Checks that no source address opens so many ports that the kernel has to search for a free one.

use super::words::count;
use crate::outcome::check::{Check, Weight};
use crate::outcome::generator::Bounds;
use crate::outcome::load_summary::LoadSummary;
use crate::plan::target::Target;

/// Share of its ports that a source address may open before connects become slow: the kernel looks at every second port
/// first.
const HALF: f64 = 0.5;

/// What to do if the user chose too few of the loopback addresses.
const FEW_CHOSEN: &str = "remove --sources, and the generator takes as many addresses as it needs";
/// What to do for IPv6 on loopback, which has a single address.
const IPV6_LOOPBACK: &str =
    "::1 is the only loopback address of IPv6; let the server listen on 127.0.0.1 instead";
/// What to do for another machine.
const FEW_ADDRESSES: &str = "add addresses to the interface that leads to the target (`ip address add`), list other addresses of this machine (--sources ADDR,ADDR), connect from several machines, or widen net.ipv4.ip_local_port_range";

/// Ports of a source address in use, of all processes together. Above half of the range a connect takes up to 15 times as
/// long, which figures about connecting then show in place of the server. `None` for targets without a search of that kind.
///
/// Value: ports in use as a share of the range.
pub fn ports(load: &LoadSummary, bounds: &Bounds) -> Option<Check> {
    let Ok(Target::Tcp(target)) = load.target.parse() else {
        return None;
    };
    let allowed = bounds.ports_allowed.filter(|&allowed| allowed > 0)?;
    let share = bounds.ports_needed as f64 / allowed as f64;
    let remedy = match target.ip() {
        ip if ip.is_loopback() && ip.is_ipv4() => FEW_CHOSEN,
        ip if ip.is_loopback() => IPV6_LOOPBACK,
        _ => FEW_ADDRESSES,
    };
    let check = Check::at_most("ports", Weight::Warns, share, HALF)
        .says(format!(
            "a source address has {} connections to open and {} ports; above half of its ports, the kernel searches long for a free one, and connects are slow",
            count(bounds.ports_needed),
            count(allowed)
        ))
        .remedy(remedy);
    Some(check)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(target: &str, needed: u64) -> Option<Check> {
        let load = LoadSummary {
            target: target.to_owned(),
            ..LoadSummary::default()
        };
        let bounds = Bounds {
            ports_needed: needed,
            ports_allowed: Some(28_232),
            ..Bounds::default()
        };
        ports(&load, &bounds)
    }

    #[test]
    fn half_of_the_ports_are_found_at_once() {
        assert!(check("127.0.0.1:7", 14_116).unwrap().ok);
        let check = check("127.0.0.1:7", 14_117).unwrap();
        assert!(!check.ok && !check.invalidates, "{check:?}");
        let words = "14,117 connections to open and 28,232 ports";
        assert!(check.sentence.contains(words), "{}", check.sentence);
    }

    #[test]
    fn the_remedy_fits_the_target() {
        for (target, remedy) in [
            ("127.3.0.1:7", "remove --sources"),
            ("[::1]:7", "listen on 127.0.0.1"),
            ("10.77.0.1:7", "ip address add"),
            ("[2001:db8::1]:7", "ip address add"),
        ] {
            let check = check(target, 19_000).unwrap();
            assert!(check.remedy.contains(remedy), "{target}: {}", check.remedy);
        }
    }

    #[test]
    fn a_target_without_such_a_search_is_not_checked() {
        for target in ["unix:/tmp/echo", "udp:127.0.0.1:7", ""] {
            assert_eq!(check(target, 19_000), None, "{target}");
        }
        assert_eq!(ports(&LoadSummary::default(), &Bounds::default()), None);
    }
}
