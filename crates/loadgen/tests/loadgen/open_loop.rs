//! Open loops: the wait for a connection counts, and so do requests without a reply.

use std::net::TcpStream;
use std::time::Duration;

use loadgen::{Class, Rate, Schedule, Spacing};

use crate::peers::{echo, echo_times, load, peer, requests, run, swallow};

const SHORT: Duration = Duration::from_millis(100);

#[test]
fn an_open_loop_follows_its_schedule() {
    for spacing in [Spacing::Constant, Spacing::Poisson] {
        let rate = Rate::Constant(2000.0);
        let schedule = Schedule::Open { rate, spacing };
        let outcome = run(&requests(peer(echo), 300).with_schedule(schedule));
        assert_eq!(
            (outcome.requests, outcome.verification.verified),
            (300, 300)
        );
        assert_eq!((outcome.offered, outcome.lag.count), (300, 300));
        let rate = outcome.offered_rate.unwrap();
        assert!((rate - 2000.0).abs() < 1e-6, "{rate}");
        let arrivals = outcome.arrivals;
        assert_eq!(arrivals.kind, Some(spacing));
        assert_eq!(
            (arrivals.gaps_ns.len(), arrivals.intended_gaps_ns.len()),
            (299, 299)
        );
        assert_eq!(
            (arrivals.sampled_from, arrivals.rate_a_worker),
            (299, Some(2000.0))
        );
    }
}

#[test]
fn a_low_rate_is_kept_and_what_is_due_at_the_end_belongs_to_the_next_window() {
    let mut load = load(peer(echo)).with_schedule(Schedule::constant(20.0));
    load.duration = Duration::from_millis(200);
    let outcome = run(&load);
    assert_eq!((outcome.offered, outcome.requests), (4, 4));
    assert!(outcome.censored.is_empty(), "{:?}", outcome.censored);
    let check = outcome.checks.iter().find(|check| check.name == "rate");
    assert!(check.unwrap().ok, "{check:?}");
}

#[test]
fn free_connections_take_turns() {
    let outcome = run(&requests(peer(echo), 400).with_schedule(Schedule::constant(1000.0)));
    let fairness = outcome.fairness;
    assert_eq!(
        (fairness.clients, fairness.active, fairness.never_served),
        (4, 4, 0)
    );
    assert!(fairness.least >= 90, "{fairness:?}");
    assert!(fairness.jain > Some(0.99), "{fairness:?}");
}

#[test]
fn requests_without_replies_count_as_waits_until_the_end() {
    let mut load = load(peer(swallow)).with_schedule(Schedule::constant(10_000.0));
    load.duration = SHORT;
    let outcome = run(&load);
    let censored = outcome.censored;
    assert_eq!((outcome.requests, censored.pending), (0, 4));
    assert_eq!(censored.pending + censored.unsent, outcome.offered);
    assert_eq!(outcome.response.count, outcome.offered);
    assert_eq!(
        outcome.service.count, 4,
        "what was not sent has no service time"
    );
    assert_eq!(outcome.offered, 1000);
    // Waits are spread evenly over the window, each from its intended time.
    assert!(
        outcome.response.p50_ns >= 49_000_000,
        "{}",
        outcome.response.p50_ns
    );
    assert!(
        outcome.response.p99_ns >= 98_000_000,
        "{}",
        outcome.response.p99_ns
    );
}

#[test]
fn a_full_queue_drops_requests_and_counts_them() {
    let mut load = load(peer(swallow)).with_schedule(Schedule::constant(10_000.0));
    (load.duration, load.classes[0].queue) = (SHORT, 10);
    let outcome = run(&load);
    let censored = outcome.censored;
    assert_eq!((censored.pending, censored.unsent >= 10), (4, true));
    assert!(censored.overflowed > 900, "{censored:?}");
    assert_eq!(outcome.response.count, outcome.offered);
    assert!(
        outcome.response.p50_ns >= 49_000_000,
        "{}",
        outcome.response.p50_ns
    );
}

#[test]
fn an_impossible_rate_is_counted_and_does_not_delay_the_end() {
    let mut load = load(peer(echo)).with_schedule(Schedule::constant(1e9));
    load.duration = SHORT;
    let outcome = run(&load);
    let expected = SHORT.as_secs_f64() * 1e9;
    assert!(
        (outcome.offered as f64 / expected - 1.0).abs() < 0.01,
        "{} of {expected}",
        outcome.offered
    );
    assert!(outcome.requests > 0 && !outcome.valid);
}

#[test]
fn lost_requests_count_as_waits_until_the_end() {
    let closes_later = |mut stream: TcpStream| echo_times(&mut stream, 1);
    let mut load = load(peer(closes_later)).with_schedule(Schedule::constant(1000.0));
    load.duration = SHORT;
    let outcome = run(&load);
    let (censored, answered) = (outcome.censored, outcome.requests);
    assert_eq!(
        answered + censored.unsent + censored.pending + censored.lost,
        outcome.response.count
    );
}

#[test]
fn two_open_classes_have_separate_figures() {
    let mut load = requests(peer(echo), 400);
    load.classes = vec![Class::of("often", 2), Class::of("rarely", 2)];
    load.classes[0].schedule = Schedule::constant(3000.0);
    load.classes[1].schedule = Schedule::poisson(300.0);
    let outcome = run(&load);
    let [often, rarely] = &outcome.classes[..] else {
        panic!("two classes")
    };
    assert_eq!(
        (often.name.as_str(), rarely.name.as_str()),
        ("often", "rarely")
    );
    assert_eq!(often.requests + rarely.requests, outcome.requests);
    assert!(
        often.requests > 4 * rarely.requests,
        "{} and {}",
        often.requests,
        rarely.requests
    );
    assert_eq!(
        outcome.response.count,
        often.response.count + rarely.response.count
    );
}

#[test]
fn workers_share_an_open_loop() {
    let mut load = requests(peer(echo), 300).with_schedule(Schedule::poisson(2000.0));
    (load.threads, load.busy) = (2, true);
    let outcome = run(&load);
    assert_eq!(
        (outcome.requests, outcome.arrivals.rate_a_worker),
        (300, Some(1000.0))
    );
    assert!(outcome.load.busy);
}
