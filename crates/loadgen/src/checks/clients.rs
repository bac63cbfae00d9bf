//! Checks that all clients were connected and served, and that their waits add up (Little's law).

use super::words::{count, number, percent, time};
use crate::outcome::Outcome;
use crate::outcome::check::{Check, Weight};
use crate::outcome::class::Fairness;
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
pub fn connections(outcome: &Outcome) -> Option<Check> {
    let (connections, clients) = (&outcome.connections, &outcome.fairness);
    let requested = outcome.load.connections;
    if requested == 0 {
        return None;
    }
    let unopened = 1.0 - connections.established.min(requested) as f64 / requested as f64;
    let served = served(outcome);
    let unserved = 1.0 - served as f64 / clients.clients.max(1) as f64;
    let check = Check::at_most("connections", Weight::Warns, unopened.max(unserved), 0.0)
        .says(format!(
            "{} requested and {} opened, {} of them at the same time; of {}, {} served{}, {} of them in the window",
            number(requested, "connection was", "connections were"),
            count(connections.established),
            count(connections.open_at_once),
            number(clients.clients, "client that sends requests", "clients that send requests"),
            number(served, "was", "were"),
            within(outcome),
            count(clients.active)
        ))
        .remedy(remedy(outcome));
    Some(check)
}

/// The time in which clients could be served. The slices of a sitting do not show it, because there are pauses between them.
fn within(outcome: &Outcome) -> String {
    let seconds = outcome.window_start_s + outcome.elapsed_s;
    match outcome.slices {
        0 if seconds > 0.0 => format!(" within {}", time(seconds * 1e9)),
        _ => String::new(),
    }
}

/// A server may need longer than the window to serve many clients once.
fn remedy(outcome: &Outcome) -> &'static str {
    if outcome.fairness.never_served > 0 {
        "read the figures as those of the served clients, measure longer with --duration, or use fewer --connections"
    } else {
        "read the figures as those of the served clients, or use fewer --connections"
    }
}

/// Number of clients that ever got a reply.
fn served(outcome: &Outcome) -> u64 {
    let Fairness {
        clients,
        never_served,
        ..
    } = &outcome.fairness;
    clients.saturating_sub(*never_served)
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

    /// 10,000 clients of which the server accepted 769.
    fn crowded() -> Outcome {
        let mut outcome = Outcome::default();
        outcome.load.connections = 10_000;
        outcome.connections.established = 769;
        outcome.connections.open_at_once = 769;
        outcome.fairness.clients = 769;
        outcome.fairness.active = 768;
        outcome
    }

    #[test]
    fn connections_that_were_never_served_are_named() {
        let mut outcome = crowded();
        let check = connections(&outcome).unwrap();
        assert!(!check.ok && !check.invalidates);
        assert_eq!(
            check.sentence,
            "10,000 connections were requested and 769 opened, 769 of them at the same time; of 769 clients that send requests, 769 were served, 768 of them in the window"
        );
        outcome.load.connections = 769;
        assert!(connections(&outcome).unwrap().ok);
        outcome.fairness.never_served = 768;
        (outcome.window_start_s, outcome.elapsed_s) = (0.15, 0.2);
        let check = connections(&outcome).unwrap();
        assert!(
            !check.ok && check.remedy.contains("--duration"),
            "{check:?}"
        );
        assert!(
            check.sentence.contains(" 1 was served within 350ms, "),
            "{check:?}"
        );
        outcome.load.connections = 0;
        assert_eq!(connections(&outcome), None);
    }

    #[test]
    fn clients_that_could_not_connect_were_not_served() {
        let mut outcome = crowded();
        (outcome.fairness.clients, outcome.fairness.never_served) = (10_000, 9_231);
        let words = "of 10,000 clients that send requests, 769 were served";
        let check = connections(&outcome).unwrap();
        assert!(check.sentence.contains(words), "{}", check.sentence);
        outcome.connections.established = 0;
        outcome.fairness.never_served = 10_000;
        let check = connections(&outcome).unwrap();
        assert!(check.sentence.contains("requests, 0 were"), "{check:?}");
        assert_eq!(check.value, Some(1.0));
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
