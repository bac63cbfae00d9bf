//! Whether the clients were there: connections asked for, opened, served and active; and whether their waits add up.

use super::words::{count, percent};
use crate::outcome::check::{Check, Weight};
use crate::outcome::class::Fairness;
use crate::outcome::connections::Connections;
use crate::outcome::latency::Latency;

/// How far busy connections may be from rate x response time.
const LITTLE: f64 = 0.02;

/// Little's law is asked where no wait was longer than this share of the window: a longer one began before it.
const WITHIN: f64 = 0.1;

/// Requests from which it is asked.
const ENOUGH: u64 = 1000;

/// Connections asked for, opened, served and active. What the server refuses is its own doing and part of the measurement, so
/// this does not make a run invalid; but nobody shall read 10,000 where 769 were served.
///
/// Value: the share of the connections asked for that were not opened, or of the clients that were never served.
pub fn connections(asked: u64, connections: &Connections, served: &Fairness) -> Option<Check> {
    if asked == 0 {
        return None;
    }
    let unopened = 1.0 - connections.established.min(asked) as f64 / asked as f64;
    let unserved = served.never_served as f64 / served.clients.max(1) as f64;
    let check = Check::at_most("connections", Weight::Warns, unopened.max(unserved), 0.0)
        .says(format!(
            "{} connections were asked for, {} opened, {} of them at the same time; of {} clients that ask, {} were ever served and {} in the window",
            count(asked),
            count(connections.established),
            count(connections.open_at_once),
            count(served.clients),
            count(served.clients.saturating_sub(served.never_served)),
            count(served.active)
        ))
        .remedy("read the figures as those of the clients served, or use fewer --connections");
    Some(check)
}

/// Little's law (A proof for the queuing formula L = λW, Operations Research 9, 1961): requests on their way, averaged over
/// time, are rate x time on the way. The left side is counted, the right side comes from the latencies, so that a clock or
/// a histogram that is wrong shows here. `None` where too little was answered to tell.
///
/// Value: how far the two sides are apart, as a share.
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
            "{counted:.4} connections were busy on average, and rate x service time is {expected:.4} ({} apart)",
            percent(apart)
        ))
        .remedy("measure longer with --duration; if they stay apart, the generator was disturbed: close other programs");
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
            "10,000 connections were asked for, 769 opened, 769 of them at the same time; of 769 clients that ask, 769 were ever served and 768 in the window"
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
        // Half of each wait is hidden, as a known generator does.
        let check = little(640.0, 10.0, &service(1_000_000, 320_000.0)).unwrap();
        assert!(!check.ok && check.invalidates, "{check:?}");
        assert!(check.sentence.contains("is 32.0000 (100 % apart)"));
    }

    #[test]
    fn too_little_proves_nothing() {
        assert_eq!(little(640.0, 10.0, &service(999, 640_000.0)), None);
        assert_eq!(little(0.0, 0.0, &Latency::default()), None);
        let mut starved = service(100_000, 640_000.0);
        starved.max_ns = 11_000_000_000;
        assert_eq!(little(640.0, 10.0, &starved), None);
    }
}
