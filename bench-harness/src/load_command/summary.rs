//! The short report of a load run for people: what was done, what was measured, what went wrong.

use std::fmt::Write as _;

use loadgen::{ClassOutcome, Fairness, Latency, Outcome};

use crate::number::{grouped, nanoseconds, percent, significant};

/// A percentile is only shown where so many samples lie beyond it.
const ENOUGH_BEYOND: f64 = 100.0;

/// The whole report, with a line break at its end.
pub fn summary(outcome: &Outcome) -> String {
    let mut text = String::new();
    let mut line = |name: &str, words: String| {
        writeln!(text, "{}", format!("{name:<12}{words}").trim_end())
            .expect("a string takes all text");
    };
    line("load", load(outcome));
    line("measured", measured(outcome));
    line("requests", requests(outcome));
    if let Some(rate) = outcome.offered_rate {
        line("offered", offered(outcome, rate));
    }
    line("bytes", bytes(outcome));
    line(
        "",
        columns(["p50", "p90", "p99", "p99.9", "max", "mean"].map(str::to_owned)),
    );
    line("response", latency(&outcome.response));
    line("service", latency(&outcome.service));
    line("connect", latency(&outcome.connect));
    if outcome.lag.count > 0 {
        line("lag", latency(&outcome.lag));
    }
    if outcome.classes.len() > 1 {
        outcome
            .classes
            .iter()
            .for_each(|class| line("class", one_class(class)));
    }
    line("connections", connections(outcome));
    line("echoes", verification(outcome));
    if outcome.fairness.clients > 1 {
        line("fairness", fairness(&outcome.fairness));
    }
    line("unfinished", unfinished(outcome));
    line("errors", errors(outcome));
    line("generator", generator(outcome));
    line("checks", checks(outcome));
    for check in outcome.checks.iter().filter(|check| !check.ok) {
        let name = if check.invalidates { "INVALID" } else { "note" };
        line(name, format!("{}; {}", check.sentence, check.remedy));
    }
    text
}

fn load(outcome: &Outcome) -> String {
    let load = &outcome.load;
    let mut words = format!(
        "{} at {}, {} connections, {} bytes, {}",
        load.protocol,
        load.target,
        grouped(load.connections),
        load.payload,
        load.schedule
    );
    if load.work != "none" {
        let _ = write!(words, ", work {}", load.work);
    }
    if load.pipeline > 1 {
        let _ = write!(words, ", pipeline of {}", load.pipeline);
    }
    let _ = write!(words, ", {} threads, seed {}", load.threads, load.seed);
    words.replace(", 1 threads", ", 1 thread")
}

fn measured(outcome: &Outcome) -> String {
    let early = if outcome.interrupted {
        "; stopped early"
    } else {
        ""
    };
    format!(
        "{} s, after {} s of connecting and warm-up{early}",
        significant(outcome.elapsed_s),
        significant(outcome.window_start_s)
    )
}

fn requests(outcome: &Outcome) -> String {
    let rate = grouped(outcome.rate.round() as u64);
    let halves = if outcome.requests > 0 {
        let first = outcome.halves.first as f64 / outcome.requests as f64;
        format!("  ({} in the first half)", percent(first))
    } else {
        String::new()
    };
    format!("{}  {rate} a second{halves}", grouped(outcome.requests))
}

/// What the schedule of an open loop intended, beside what came of it.
fn offered(outcome: &Outcome, rate: f64) -> String {
    let rate = grouped(rate.round() as u64);
    format!("{}  {rate} a second as ordered", grouped(outcome.offered))
}

fn one_class(class: &ClassOutcome) -> String {
    let (requests, rate) = (grouped(class.requests), grouped(class.rate.round() as u64));
    let (p50, p99) = (class.response.p50_ns, class.response.p99_ns);
    let [p50, p99] = [p50, p99].map(|ns| {
        if ns > 0 {
            nanoseconds(ns as f64)
        } else {
            "–".to_owned()
        }
    });
    format!(
        "{}: {} connections, {}, {requests} requests, {rate} a second, response p50 {p50}, p99 {p99}",
        class.name,
        grouped(class.connections),
        class.behaviour,
    )
}

fn fairness(fairness: &Fairness) -> String {
    let index = fairness.jain.map_or_else(|| "–".to_owned(), significant);
    let (least, most) = (grouped(fairness.least), grouped(fairness.most));
    let never = match fairness.never_served {
        0 => String::new(),
        never => {
            let first = fairness
                .never_served_clients
                .iter()
                .take(8)
                .map(u64::to_string);
            format!(
                ", {} never served (clients {} …)",
                grouped(never),
                first.collect::<Vec<_>>().join(", ")
            )
        }
    };
    format!("Jain's index {index}, requests of a client from {least} to {most}{never}")
}

fn bytes(outcome: &Outcome) -> String {
    let (sent, received) = (outcome.bytes_sent, outcome.bytes_received);
    format!("{} sent, {} received", grouped(sent), grouped(received))
}

fn latency(latency: &Latency) -> String {
    let shown = |share: f64, value: u64| {
        if latency.count as f64 * (1.0 - share) >= ENOUGH_BEYOND {
            nanoseconds(value as f64)
        } else {
            "–".to_owned()
        }
    };
    let all = |value: f64| {
        if latency.count > 0 {
            nanoseconds(value)
        } else {
            "–".to_owned()
        }
    };
    columns([
        shown(0.5, latency.p50_ns),
        shown(0.9, latency.p90_ns),
        shown(0.99, latency.p99_ns),
        shown(0.999, latency.p999_ns),
        all(latency.max_ns as f64),
        all(latency.mean_ns),
    ])
}

fn columns(cells: [String; 6]) -> String {
    cells.map(|cell| format!("{cell:>10}")).concat()
}

fn connections(outcome: &Outcome) -> String {
    let connections = &outcome.connections;
    let counts = [
        (connections.established, "established"),
        (connections.refused, "refused"),
        (connections.timed_out, "timed out"),
        (connections.failed, "failed"),
        (connections.reset, "reset"),
        (connections.closed, "closed by the server"),
        (connections.never_served, "never served"),
    ];
    let attempted = format!("{} attempted", grouped(connections.attempted));
    let rest = counts.into_iter().filter(|&(count, _)| count > 0);
    rest.fold(attempted, |words, (count, what)| {
        format!("{words}, {} {what}", grouped(count))
    })
}

fn verification(outcome: &Outcome) -> String {
    let verification = &outcome.verification;
    let verified = if outcome.load.verify {
        format!("{} verified byte for byte", grouped(verification.verified))
    } else {
        "not verified".to_owned()
    };
    match &verification.first_mismatch {
        None => verified,
        Some(first) => {
            let wrong = grouped(verification.mismatched);
            format!("{verified}, {wrong} WRONG; the first: {first}")
        }
    }
}

fn unfinished(outcome: &Outcome) -> String {
    let censored = &outcome.censored;
    let longest = nanoseconds(censored.longest_ns as f64);
    let pending = match censored.pending + censored.unsent + censored.overflowed {
        0 => "nothing".to_owned(),
        waiting => format!(
            "{} waiting at the end, the longest for {longest}",
            grouped(waiting)
        ),
    };
    match censored.lost {
        0 => pending,
        lost => format!("{pending}; {} lost with their connection", grouped(lost)),
    }
}

fn errors(outcome: &Outcome) -> String {
    if outcome.errors.is_empty() {
        return "none".to_owned();
    }
    let kinds = outcome.errors.iter();
    let kinds = kinds.map(|(kind, &count)| format!("{} {kind}", grouped(count)));
    kinds.collect::<Vec<_>>().join(", ")
}

fn generator(outcome: &Outcome) -> String {
    let cost = &outcome.cost;
    let a_request = outcome.cpu_per_request_us().map_or_else(
        || "–".to_owned(),
        |us| format!("{} us of CPU a request", significant(us)),
    );
    let busiest = cost.worker_cpu_share.iter().copied().fold(0.0, f64::max);
    let delay = cost.run_queue_delay_s.map_or_else(
        || "unknown".to_owned(),
        |delay| format!("{} s", significant(delay)),
    );
    let busiest = percent(busiest);
    format!("{a_request}, busiest worker {busiest} busy, waited {delay} for a CPU")
}

/// How many of the generator's checks of itself hold.
fn checks(outcome: &Outcome) -> String {
    let all = outcome.checks.len();
    match outcome.checks.iter().filter(|check| check.ok).count() {
        _ if all == 0 => "none".to_owned(),
        hold if hold == all => format!("all {all} hold"),
        hold => format!("{hold} of {all} hold"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use loadgen::{Censored, Check, Connections, Cost, Halves, LoadSummary, Verification};

    use super::*;

    fn outcome() -> Outcome {
        Outcome {
            load: LoadSummary {
                target: "127.0.0.1:7007".to_owned(),
                protocol: "echo".to_owned(),
                connections: 64,
                schedule: "closed".to_owned(),
                payload: "64".to_owned(),
                work: "none".to_owned(),
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

    #[test]
    fn a_good_run_is_told_in_aligned_lines() {
        let expected = "\
load        echo at 127.0.0.1:7007, 64 connections, 64 bytes, closed, 1 thread, seed 1
measured    10 s, after 1.01 s of connecting and warm-up
requests    20,000  1,999 a second  (50.5 % in the first half)
bytes       1,280,000 sent, 1,280,000 received
                   p50       p90       p99     p99.9       max      mean
response       65.2 us     81 us    123 us         –    2.5 ms     70 us
service              –         –         –         –         –         –
connect              –         –         –         –         –         –
connections 64 attempted, 64 established
echoes      20,000 verified byte for byte
unfinished  nothing
errors      none
generator   5.5 us of CPU a request, busiest worker 1.1 % busy, waited 0 s for a CPU
checks      none
";
        assert_eq!(summary(&outcome()), expected);
    }

    #[test]
    fn what_went_wrong_is_said_in_words() {
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
        let text = summary(&outcome);
        for words in [
            "stopped early",
            "1 mismatch, 2 reset",
            "63 never served",
            "1 WRONG; the first: byte 7 is 0x01",
            "63 waiting at the end, the longest for 9.5 s; 3 lost with their connection",
        ] {
            assert!(text.contains(words), "{words} is missing in {text}");
        }
    }

    #[test]
    fn an_open_loop_of_several_classes_tells_what_was_offered_how_late_and_to_whom() {
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
        let text = summary(&outcome);
        for words in [
            "offered     20,010  2,000 a second as ordered",
            "lag              60 us",
            "class       idle: 1,000 connections, idle, 0 requests, 0 a second, response p50 –, p99 –",
            "fairness    Jain's index 0.98, requests of a client from 300 to 1,200, 2 never served (clients 3, 9 …)",
        ] {
            assert!(text.contains(words), "{words} is missing in {text}");
        }
    }

    #[test]
    fn a_generator_that_found_fault_with_itself_says_so() {
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
    fn a_run_without_a_reply_has_no_latency_to_show() {
        let text = summary(&Outcome::default());
        assert!(text.contains("requests    0  0 a second\n"), "{text}");
        assert!(text.contains("generator   –, busiest"), "{text}");
    }
}
