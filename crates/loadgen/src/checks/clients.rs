//! Checks that all clients were connected and served, and that their waits add up (Little's law).

use super::words::{count, percent};
use crate::outcome::check::{Check, Weight};
use crate::outcome::class::Fairness;
use crate::outcome::connections::Connections;
use crate::outcome::latency::Latency;

/// Largest difference between the counted and the computed number of busy connections.
const LITTLE: f64 = 0.02;

/// Little's law is tested only if no wait was longer than this share of the window, because longer waits started before it.
const WITHIN: f64 = 0.1;

/// Smallest number of requests for the test.
const ENOUGH: u64 = 1000;

/// Compares connections requested, opened, served and active. If the server refuses some, that is part of the measurement,
/// so the run stays valid. But a reader must not think that 10,000 clients were served when only 769 were.
///
/// Value: the share of connections that were not opened, or of clients that were never served.
pub fn connections(requested: u64, connections: &Connections, served: &Fairness) -> Option<Check> {
    if requested == 0 {
        return None;
    }
    let unopened = 1.0 - connections.established.min(requested) as f64 / requested as f64;
    let unserved = served.never_served as f64 / served.clients.max(1) as f64;
    let check = Check::at_most("connections", Weight::Warns, unopened.max(unserved), 0.0)
        .says(format!(
            "{} connections were requested and {} opened, {} of them at the same time; of {} clients that send requests, {} were served, {} of them in the window",
            count(requested),
            count(connections.established),
            count(connections.open_at_once),
            count(served.clients),
            count(served.clients.saturating_sub(served.never_served)),
            count(served.active)
        ))
        .remedy("read the figures as those of the served clients, or use fewer --connections");
    Some(check)
}

/// Little's law (A proof for the queuing formula L = λW, Operations Research 9, 1961): the mean number of requests in flight
/// is rate x time in flight. The left side is counted and the right side comes from the latencies, so a wrong clock or
/// histogram shows here. `None` if there were too few requests.
///
/// Value: the relative difference of the two sides.
pub fn little(busy_connection_s: f64, elapsed_s: f64, service: &Latency) -> Option<Check> {
    let longest_s = service.max_ns as f64 / 1e9;
    if service.count < ENOUGH || longest_s > WITHIN * elapsed_s {
        return None;
    }
    let counted = busy_connection_s / elapsed_s;
    let rate = service.count as f64 / elapsed_s;
    let expected = rate * service.mean_ns / 1e9;
    let apart = (counted / expected - 1.0).abs();
    let check = Check::at_most("little", Weight::Invalidates, apart, LITTLE)
        .says(format!(
            "{counted:.4} connections were busy on average; rate x service time gives {expected:.4} ({} apart)",
            percent(apart)
        ))
        .remedy("measure longer with --duration; if the difference stays, close other programs, which disturb the generator");
    Some(check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_that_were_never_served_are_named() {
        let opened = Connections {
            established: 769,
            open_at_once: 769,
            ..Connections::default()
        };
        let served = Fairness {
            clients: 769,
            active: 768,
            never_served: 0,
            ..Fairness::default()
        };
        let check = connections(10_000, &opened, &served).unwrap();
        assert!(!check.ok && !check.invalidates);
        assert_eq!(
            check.sentence,
            "10,000 connections were requested and 769 opened, 769 of them at the same time; of 769 clients that send requests, 769 were served, 768 of them in the window"
        );
        assert!(connections(769, &opened, &served).unwrap().ok);
        let starved = Fairness {
            never_served: 768,
            ..served
        };
        assert!(!connections(769, &opened, &starved).unwrap().ok);
        assert_eq!(connections(0, &opened, &starved), None);
    }

    fn service(count: u64, mean_ns: f64) -> Latency {
        Latency {
            count,
            mean_ns,
            max_ns: 5_000_000,
            ..Latency::default()
        }
    }

    #[test]
    fn waits_add_up() {
        let check = little(640.0, 10.0, &service(1_000_000, 645_000.0)).unwrap();
        assert!(check.ok && check.value < Some(0.01), "{check:?}");
        // A generator with a known fault hides half of each wait.
        let check = little(640.0, 10.0, &service(1_000_000, 320_000.0)).unwrap();
        assert!(!check.ok && check.invalidates, "{check:?}");
        assert!(check.sentence.contains("gives 32.0000 (100 % apart)"));
    }

    #[test]
    fn too_few_requests_are_not_tested() {
        assert_eq!(little(640.0, 10.0, &service(999, 640_000.0)), None);
        assert_eq!(little(0.0, 0.0, &Latency::default()), None);
        let mut starved = service(100_000, 640_000.0);
        starved.max_ns = 11_000_000_000;
        assert_eq!(little(640.0, 10.0, &starved), None);
    }
}
