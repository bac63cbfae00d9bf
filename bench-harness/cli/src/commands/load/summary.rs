//! The short report of a load run for people: what was done, what was measured, what went wrong.

use std::fmt::Write as _;

use loadgen::{ClassOutcome, Datagrams, Fairness, Latency, Outcome};
use record::number::{counted, grouped, nanoseconds, percent, significant};

/// A percentile is only shown where so many samples lie beyond it.
const ENOUGH_BEYOND: f64 = 100.0;

/// A rate that is well below saturation, as a share of the one that a closed loop reached.
const CALM: f64 = 0.7;

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
    if let Some(words) = hidden(&outcome.response) {
        line("hidden", words);
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
    if let Some(datagrams) = &outcome.datagrams {
        line("datagrams", went_astray(outcome, datagrams));
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

/// What exit code 3 means, and the ways out of it.
pub fn invalid(outcome: &Outcome) -> String {
    let slower = (outcome.rate * CALM).max(1.0);
    let step = 10_f64.powf(slower.log10().floor() - 1.0).max(1.0);
    let slower = (slower / step).floor() * step;
    let below = if outcome.offered_rate.is_some() {
        "a lower --rate".to_owned()
    } else {
        format!("an open loop below saturation (--rate {slower})")
    };
    format!(
        "exit code 3: these figures are not the server's alone, because {}. For figures that count, give the generator a CPU of its own (taskset, --threads), use fewer --connections or {below}; to keep these all the same, add --allow-invalid",
        outcome.reasons().join("; and because ")
    )
}

fn load(outcome: &Outcome) -> String {
    let load = &outcome.load;
    let mut words = format!(
        "{} at {}, {}, {} bytes, {}",
        load.protocol,
        load.target,
        counted(load.connections as usize, "connection"),
        load.payload,
        load.schedule
    );
    if let Some(work) = &load.work {
        let _ = write!(words, ", work {work}");
    }
    if load.pipeline > 1 {
        let _ = write!(words, ", pipeline of {}", load.pipeline);
    }
    let threads = counted(load.threads as usize, "thread");
    let _ = write!(words, ", {threads}");
    if load.processes > 1 {
        let _ = write!(words, " in each of {} processes", load.processes);
    }
    let _ = write!(words, ", seed {}", load.seed);
    words
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

/// Samples that lie beyond a percentile.
fn beyond(latency: &Latency, share: f64) -> f64 {
    latency.count as f64 * (1.0 - share)
}

/// Which percentiles of the response time are not shown, and why.
fn hidden(latency: &Latency) -> Option<String> {
    let percentiles = [(0.5, "p50"), (0.9, "p90"), (0.99, "p99"), (0.999, "p99.9")];
    let hidden: Vec<_> = percentiles
        .into_iter()
        .map(|(share, name)| (name, beyond(latency, share)))
        .filter(|&(_, samples)| latency.count > 0 && samples < ENOUGH_BEYOND)
        .map(|(name, samples)| format!("{name}: only {} samples beyond it", samples.round()))
        .collect();
    let words = hidden.join(", ").replace("only 1 samples", "only 1 sample");
    (!hidden.is_empty()).then(|| {
        format!("{words}; {ENOUGH_BEYOND} make it sure, so measure longer (--json has all of them)")
    })
}

fn latency(latency: &Latency) -> String {
    let shown = |share: f64, value: u64| {
        if beyond(latency, share) >= ENOUGH_BEYOND {
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

/// What became of datagrams that did not go there and back.
fn went_astray(outcome: &Outcome, datagrams: &Datagrams) -> String {
    let share = datagrams.lost_share(outcome.requests).map(percent);
    let patience = outcome.load.reply_timeout_s.map(|s| nanoseconds(s * 1e9));
    format!(
        "{} lost ({} of all; no reply within {}), {} of them late, {} replies came twice, {} out of order",
        grouped(datagrams.lost),
        share.as_deref().unwrap_or("–"),
        patience.as_deref().unwrap_or("–"),
        grouped(datagrams.late),
        grouped(datagrams.duplicates),
        grouped(datagrams.reordered),
    )
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
mod tests;
