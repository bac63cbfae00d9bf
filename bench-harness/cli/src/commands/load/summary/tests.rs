//! Checks the texts of the summary.

use std::collections::BTreeMap;

use loadgen::{Censored, Check, Connections, Cost, Halves, Latency, LoadSummary, Verification};

use super::*;

fn outcome() -> Outcome {
    Outcome {
        load: LoadSummary {
            target: "127.0.0.1:7007".to_owned(),
            connections: 64,
            payload: "64".to_owned(),
            pipeline: 1,
            threads: 1,
            seed: 1,
            verify: true,
            ..LoadSummary::default()
        },
        window_start_s: 1.012,
        elapsed_s: 10.004,
        requests: 20_000,
        rate: 1999.2,
        halves: Halves {
            first: 10_100,
            second: 9_900,
        },
        bytes_sent: 1_280_000,
        bytes_received: 1_280_000,
        response: Latency {
            count: 20_000,
            p50_ns: 65_200,
            p90_ns: 81_000,
            p99_ns: 123_456,
            p999_ns: 1_000_000,
            max_ns: 2_500_000,
            mean_ns: 70_000.0,
            ..Latency::default()
        },
        connections: Connections {
            attempted: 64,
            established: 64,
            ..Connections::default()
        },
        verification: Verification {
            verified: 20_000,
            ..Verification::default()
        },
        cost: Cost {
            user_s: 0.01,
            system_s: 0.1,
            run_queue_delay_s: Some(0.0),
            worker_cpu_share: vec![0.011],
            ..Cost::default()
        },
        ..Outcome::default()
    }
}

/// The text with its lines joined.
fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_summary_of_a_good_run_has_aligned_lines() {
    let expected = "\
load        echo at 127.0.0.1:7007, 64 connections, 64 bytes, closed, 1 thread,
            seed 1
measured    10 s, after 1.01 s of connecting and warm-up
requests    20,000, 1,999 a second (50.5 % in the first half)
bytes       1,280,000 sent, 1,280,000 received
                   p50       p90       p99     p99.9       max      mean
response       65.2 us     81 us    123 us         –    2.5 ms     70 us
service              –         –         –         –         –         –
connect              –         –         –         –         –         –
hidden      p99.9: only 20 samples beyond it; 100 are needed, so measure longer
            (--json shows all percentiles)
connections 64 attempted, 64 established
echoes      20,000 verified byte for byte
unfinished  nothing
errors      none
generator   5.5 us of CPU a request, busiest worker 1.1 % busy, waited 0 s for a
            CPU
checks      none
";
    assert_eq!(summary(&outcome()), expected);
}

#[test]
fn the_summary_names_what_went_wrong() {
    let mut outcome = outcome();
    outcome.interrupted = true;
    outcome.errors = BTreeMap::from([("reset".to_owned(), 2), ("mismatch".to_owned(), 1)]);
    outcome.connections.never_served = 63;
    outcome.verification.mismatched = 1;
    outcome.verification.first_mismatch = Some("byte 7 is 0x01".to_owned());
    outcome.censored = Censored {
        pending: 63,
        unsent: 0,
        lost: 3,
        longest_ns: 9_500_000_000,
        ..Censored::default()
    };
    let text = joined(&summary(&outcome));
    for words in [
        "stopped early",
        "1 mismatch, 2 reset",
        "63 without any reply",
        "1 WRONG; the first: byte 7 is 0x01",
        "63 requests waiting at the end, the longest for 9.5 s; 3 requests lost with their connections",
    ] {
        assert!(text.contains(words), "{words} is missing in {text}");
    }
}

#[test]
fn an_open_loop_of_several_classes_shows_offered_rate_lag_and_fairness() {
    let mut outcome = outcome();
    (outcome.offered, outcome.offered_rate) = (20_010, Some(2000.4));
    outcome.lag = Latency {
        count: 20_010,
        p50_ns: 60_000,
        max_ns: 110_000,
        ..Latency::default()
    };
    outcome.fairness = Fairness {
        clients: 64,
        jain: Some(0.98),
        least: 300,
        most: 1200,
        never_served: 2,
        never_served_clients: vec![3, 9],
        ..Fairness::default()
    };
    let class = ClassOutcome {
        name: "idle".to_owned(),
        behaviour: "idle".to_owned(),
        connections: 1000,
        ..ClassOutcome::default()
    };
    outcome.classes = vec![class.clone(), class];
    let text = joined(&summary(&outcome));
    for words in [
        "offered 20,010, 2,000 a second intended",
        "lag 60 us",
        "class idle: 1,000 connections, idle, 0 requests, 0 a second, response p50 –, p99 –",
        "fairness Jain's index 0.98, 300 to 1,200 requests per client, 2 clients never served within 11 s (3, 9)",
    ] {
        assert!(text.contains(words), "{words} is missing in {text}");
    }
}

#[test]
fn the_summary_shows_the_checks_that_do_not_hold() {
    let check = |name: &str, ok, invalidates| Check {
        name: name.to_owned(),
        ok,
        invalidates,
        sentence: format!("the {name} was this"),
        remedy: "do that".to_owned(),
        ..Check::default()
    };
    let mut outcome = outcome();
    outcome.checks = vec![check("rate", true, true)];
    assert!(summary(&outcome).ends_with("checks      all 1 hold\n"));
    outcome.checks.push(check("lag", false, true));
    outcome.checks.push(check("arrivals", false, false));
    let text = summary(&outcome);
    assert!(
        text.ends_with(
            "checks      1 of 3 hold\nINVALID     the lag was this; do that\nnote        the arrivals was this; do that\n"
        ),
        "{text}"
    );
}

#[test]
fn a_run_without_a_reply_shows_no_latency() {
    let text = summary(&Outcome::default());
    assert!(text.contains("requests    0, 0 a second\n"), "{text}");
    assert!(text.contains("generator   –, busiest"), "{text}");
}

#[test]
fn the_summary_names_the_source_addresses() {
    let mut outcome = outcome();
    outcome.load.sources = vec!["127.0.0.7".to_owned()];
    let text = joined(&summary(&outcome));
    assert!(text.contains("1 thread, from 127.0.0.7, seed 1"), "{text}");
    outcome.load.sources.push("127.0.0.8".to_owned());
    let text = joined(&summary(&outcome));
    assert!(text.contains(", from 2 source addresses, seed"), "{text}");
}

#[test]
fn a_run_without_a_connection_is_explained_by_its_most_frequent_error() {
    let words = |error: &str| {
        let errors = [(error.to_owned(), 9), ("refused".to_owned(), 1)].into();
        unconnected(&Outcome {
            errors,
            ..outcome()
        })
    };
    assert!(words("connect-timeout").ends_with("is the server running there?"));
    assert!(words("no-free-port").ends_with("use more --sources"));
    let other = words("connect: Network is unreachable (os error 101)");
    assert!(
        other.contains("(Network is unreachable (os error 101))"),
        "{other}"
    );
    assert!(other.ends_with("`ip route get`"), "{other}");
}

#[test]
fn exit_code_3_is_explained_with_remedies() {
    let mut outcome = outcome();
    outcome.rate = 184_321.0;
    outcome.checks = vec![Check {
        invalidates: true,
        sentence: "the generator's worker used 100 % of a CPU".to_owned(),
        remedy: "give it more".to_owned(),
        ..Check::default()
    }];
    let words = invalid(&outcome, false, 4);
    for part in [
        "because the generator's worker used 100 % of a CPU; give it more.",
        "--allow-invalid",
        "--threads",
        "fewer --connections",
        "an open loop",
        "--rate 120000",
    ] {
        assert!(words.contains(part), "{part} is missing in {words}");
    }
}

#[test]
fn the_reasons_of_exit_code_3_are_printed_once() {
    let mut outcome = outcome();
    outcome.checks = vec![Check {
        invalidates: true,
        sentence: "the generator was late".to_owned(),
        ..Check::default()
    }];
    assert!(invalid(&outcome, false, 2).contains("was late"));
    let words = invalid(&outcome, true, 2);
    assert!(!words.contains("was late"), "{words}");
    assert!(words.contains("INVALID in the summary"), "{words}");
}

#[test]
fn a_machine_without_more_cpus_is_not_asked_for_them() {
    let words = |cpus| invalid(&outcome(), true, cpus);
    assert!(!words(1).contains("CPU"), "{}", words(1));
    assert!(words(2).contains("a CPU of its own"), "{}", words(2));
    assert!(!words(2).contains("--threads"), "{}", words(2));
    assert!(words(4).contains("more CPUs"), "{}", words(4));
}

#[test]
fn a_summary_fits_80_columns_and_cuts_no_word() {
    let mut outcome = outcome();
    outcome.load.target = "127.0.0.1:7007".to_owned();
    outcome.errors = (0..9)
        .map(|i| (format!("a long kind of error {i}"), i))
        .collect();
    outcome.checks = vec![Check {
        sentence: "the generator waited for a CPU during 49 % of the window".repeat(3),
        remedy: "close other programs, and measure again with `echolab load --rate 20000`"
            .to_owned(),
        ..Check::default()
    }];
    for text in [summary(&outcome), without_connections(&outcome)] {
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
        assert!(text.contains("error 8"), "{text}");
    }
}

#[test]
fn clients_that_were_never_served_have_the_time_that_they_waited() {
    let mut outcome = outcome();
    (outcome.window_start_s, outcome.elapsed_s) = (0.15, 0.2);
    outcome.fairness = Fairness {
        clients: 1000,
        never_served: 721,
        ..Fairness::default()
    };
    let text = joined(&summary(&outcome));
    assert!(
        text.contains("721 clients never served within 0.35 s"),
        "{text}"
    );
}

#[test]
fn a_percentile_with_few_samples_beyond_it_is_hidden_with_the_reason() {
    let latency = |count| Latency {
        count,
        ..Latency::default()
    };
    assert_eq!(hidden(&latency(0)), None);
    assert_eq!(hidden(&latency(100_000)), None);
    let words = hidden(&latency(6000)).unwrap();
    assert!(words.starts_with("p99: only 60 samples beyond it, p99.9: only 6 samples"));
    let words = hidden(&latency(1000)).unwrap();
    assert!(words.contains("p99.9: only 1 sample beyond it;"), "{words}");
}
