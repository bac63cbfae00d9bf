//! Measures the limits of the system: descriptors, ports, memory, and the resolution of the clock.

use std::collections::BTreeMap;
use std::fs;
use std::time::Instant;

use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage};
use procfs::{Current as _, Meminfo};

use crate::outcome::generator::Bounds;
use crate::plan::load::Load;
use crate::plan::target::Target;
use crate::run::descriptors;

/// Readings of the clock to find its smallest step.
const LOOKS: usize = 2000;

/// Returns the limits of the system, and what this load needs of them.
pub fn of(load: &Load, overran_s: f64) -> Bounds {
    let connections = load.process_connections();
    let ports = !matches!(load.target, Target::Unix(_));
    let usage = getrusage(UsageWho::RUSAGE_SELF).ok();
    let meminfo = Meminfo::current().ok();
    Bounds {
        descriptors_needed: descriptors::needed(connections, load.threads),
        descriptors_allowed: getrlimit(Resource::RLIMIT_NOFILE)
            .ok()
            .map(|(_, hard)| hard),
        ports_needed: if ports { ports_needed(load) } else { 0 },
        ports_allowed: if ports { ports_allowed() } else { None },
        clock_resolution_ns: clock_resolution_ns(),
        peak_memory_kib: usage.map_or(0, |usage| usage.max_rss().max(0) as u64),
        available_memory_kib: meminfo
            .and_then(|info| info.mem_available)
            .map(|bytes| bytes / 1024),
        overran_s,
    }
}

/// The highest number of connections per source address, all processes together.
fn ports_needed(load: &Load) -> u64 {
    let mut each = BTreeMap::new();
    for source in &load.sources {
        *each.entry(source).or_insert(0_u64) += 1;
    }
    let places = load.sources.len().max(1) as u64;
    (load.connections() as u64).div_ceil(places) * each.values().max().copied().unwrap_or(1)
}

/// Number of local ports of a source address; `None` if the kernel does not show it.
pub fn ports_allowed() -> Option<u64> {
    ports(&fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?)
}

/// Number of ports in a range, both ends included (Documentation/networking/ip-sysctl.rst in the kernel).
fn ports(range: &str) -> Option<u64> {
    let mut ends = range.split_whitespace().map(str::parse::<u64>);
    let (first, last) = (ends.next()?.ok()?, ends.next()?.ok()?);
    Some(last.checked_sub(first)? + 1)
}

fn clock_resolution_ns() -> u64 {
    let looks: Vec<_> = (0..LOOKS).map(|_| Instant::now()).collect();
    let steps = looks
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).as_nanos() as u64);
    steps.filter(|step| *step > 0).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_ports_includes_both_ends() {
        assert_eq!(ports("32768\t60999\n"), Some(28_232));
        assert_eq!([ports(""), ports("5 4"), ports("a b")], [None; 3]);
    }

    #[test]
    fn several_source_addresses_share_the_ports() {
        let mut load = Load::on("127.0.0.1:7".parse().unwrap());
        assert_eq!(ports_needed(&load), 64);
        load.sources = vec!["127.0.0.1".parse().unwrap(), "127.0.0.2".parse().unwrap()];
        assert_eq!(ports_needed(&load), 32);
    }

    #[test]
    fn the_limits_of_this_machine_are_known() {
        let bounds = of(&Load::on("127.0.0.1:7".parse().unwrap()), 0.0);
        assert!(bounds.clock_resolution_ns > 0 && bounds.peak_memory_kib > 0);
        assert!(bounds.ports_allowed > Some(0) && bounds.descriptors_needed > 64);
    }
}
