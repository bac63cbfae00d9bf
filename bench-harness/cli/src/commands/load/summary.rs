//! The summary of a load run for people: the load, the figures, the errors.

mod percentiles;

use std::fmt::Write as _;

use loadgen::{ClassOutcome, Datagrams, Fairness, Outcome};
use percentiles::{columns, hidden, latency};
use record::number::{counted, grouped, nanoseconds, percent, share, significant};
use report::paragraph::hanging;

/// A rate well below saturation, as a share of the throughput of a closed loop.
const CALM: f64 = 0.7;

/// The whole report, with a line break at its end.
pub fn summary(outcome: &Outcome) -> String {
    let mut text = String::new();
    let mut line = |name: &str, words: String| text += &row(name, &words);
    if outcome.server_died {
        line("DIED", died(outcome));
    }
    line("load", load(outcome));
    line("measured", measured(outcome));
    line("requests", requests(outcome));
    if let Some(rate) = outcome.offered_rate {
        line("offered", offered(outcome, rate));
    }
    line("bytes", bytes(outcome));
    text += &latencies(outcome);
    let mut line = |name: &str, words: String| text += &row(name, &words);
    if let Some(words) = hidden(&outcome.response) {
        line("hidden", words);
    }
    if outcome.classes.len() > 1 {
        outcome
            .classes
            .iter()
            .for_each(|class| line("class", class_line(class)));
    }
    line("connections", connections(outcome));
    let name = outcome.load.http.as_ref().map_or("echoes", |_| "replies");
    line(name, verification(outcome));
    if outcome.fairness.clients > 1 {
        let seconds = outcome.window_start_s + outcome.elapsed_s;
        line("fairness", fairness(&outcome.fairness, seconds));
    }
    if let Some(counts) = &outcome.datagrams {
        line("datagrams", datagrams(outcome, counts));
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

/// Says that the server died, and when.
pub fn died(outcome: &Outcome) -> String {
    let all = outcome.over_time.last().map_or(0, |last| last.requests);
    let last = outcome
        .over_time
        .iter()
        .find(|moment| moment.requests == all);
    let after = last.map_or(0.0, |moment| moment.at_s);
    format!(
        "the server died {} s after the first connect: all connections are lost, and no server listens on {} any more; read what it printed at its end, or in `dmesg`, and start it again",
        significant(after),
        outcome.load.target
    )
}

/// What happened where no client could connect: there are no figures to show.
pub fn without_connections(outcome: &Outcome) -> String {
    let rows = [
        ("load", load(outcome)),
        ("connections", connections(outcome)),
        ("errors", errors(outcome)),
    ];
    rows.map(|(name, words)| row(name, &words)).concat()
}

/// A row of the summary: its name, and words that continue below themselves.
fn row(name: &str, words: &str) -> String {
    hanging(&format!("{name:<12}"), words)
}

/// Explains exit code 3, and how to avoid it. The reasons stand in the summary, if that is printed. `cpus` is
/// the number of CPUs of this machine.
pub fn invalid(outcome: &Outcome, has_summary: bool, cpus: usize) -> String {
    let slower = outcome.rate * CALM;
    let step = 10_f64.powf(slower.log10().floor() - 1.0).max(1.0);
    let slower = if slower < 1.0 {
        significant(slower)
    } else {
        ((slower / step).floor() * step).to_string()
    };
    let below = if outcome.offered_rate.is_some() {
        "a lower --rate".to_owned()
    } else {
        format!("an open loop below saturation (--rate {slower})")
    };
    let why = if has_summary {
        " (INVALID in the summary says why)".to_owned()
    } else {
        format!(", because {}", outcome.reasons().join("; and because "))
    };
    format!(
        "exit code 3: these figures do not show the server alone{why}. For valid figures, use fewer --connections or {below}{}; to accept these figures, add --allow-invalid",
        more_cpus(outcome.load.threads, cpus)
    )
}

/// What CPUs that are idle can do for a generator with this number of threads.
fn more_cpus(threads: u64, cpus: usize) -> &'static str {
    match (cpus as u64).saturating_sub(threads) {
        0 => "",
        1 => ", or give the generator a CPU of its own (taskset)",
        2.. => ", or give the generator more CPUs (taskset, --threads)",
    }
}

/// Explains that no client could connect.
pub fn unconnected(outcome: &Outcome) -> String {
    let target = &outcome.load.target;
    let most = outcome.errors.iter().max_by_key(|(_, count)| **count);
    match most.map_or("", |(kind, _)| kind) {
        "no-free-port" => format!(
            "cannot connect to {target}, because no source address has a free port; wait a minute until the ports of earlier runs are free, or use more --sources"
        ),
        kind => match kind.strip_prefix("connect: ") {
            Some(reason) => format!(
                "cannot connect to {target} ({reason}); check the address, and the way to it with `ip route get`"
            ),
            None => format!("cannot connect to {target}; is the server running there?"),
        },
    }
}

/// The table of percentiles.
fn latencies(outcome: &Outcome) -> String {
    let headings = ["p50", "p90", "p99", "p99.9", "max", "mean"].map(str::to_owned);
    let mut lines = vec![("", columns(headings))];
    lines.extend([
        ("response", latency(&outcome.response)),
        ("service", latency(&outcome.service)),
        ("connect", latency(&outcome.connect)),
    ]);
    if outcome.lag.count > 0 {
        lines.push(("lag", latency(&outcome.lag)));
    }
    let lines = lines
        .iter()
        .map(|(name, cells)| format!("{name:<12}{cells}\n"));
    lines.collect()
}

fn load(outcome: &Outcome) -> String {
    let load = &outcome.load;
    let connections = counted(load.connections as usize, "connection");
    let what = match &load.http {
        Some(http) => http.request_line(&load.payload),
        None => format!("{} bytes", load.payload),
    };
    let mut words = format!(
        "{} at {}, {connections}, {what}, {}",
        load.protocol, load.target, load.schedule
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
    match &*load.sources {
        [] => {}
        [source] => _ = write!(words, ", from {source}"),
        several => {
            let sources = grouped(several.len() as u64);
            let _ = write!(words, ", from {sources} source addresses");
        }
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
    let rate = a_second(outcome.rate);
    let halves = if outcome.requests > 0 {
        let first = outcome.halves.first as f64 / outcome.requests as f64;
        format!(" ({} in the first half)", percent(first))
    } else {
        String::new()
    };
    format!("{}, {rate}{halves}", grouped(outcome.requests))
}

/// The requests that the schedule of an open loop intended.
fn offered(outcome: &Outcome, rate: f64) -> String {
    format!("{}, {} intended", grouped(outcome.offered), a_second(rate))
}

/// A rate; a low one is not rounded to a whole number.
fn a_second(rate: f64) -> String {
    let rate = if rate < 99.5 {
        significant(rate)
    } else {
        grouped(rate.round() as u64)
    };
    format!("{rate} a second")
}

fn class_line(class: &ClassOutcome) -> String {
    let requests = counted(class.requests as usize, "request");
    let rate = a_second(class.rate);
    let (p50, p99) = (class.response.p50_ns, class.response.p99_ns);
    let [p50, p99] = [p50, p99].map(|ns| {
        if ns > 0 {
            nanoseconds(ns as f64)
        } else {
            "–".to_owned()
        }
    });
    format!(
        "{}: {}, {}, {requests}, {rate}, response p50 {p50}, p99 {p99}",
        class.name,
        counted(class.connections as usize, "connection"),
        class.behaviour,
    )
}

/// How evenly clients were served, of which some may have waited all these seconds.
fn fairness(fairness: &Fairness, seconds: f64) -> String {
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
                ", {} never served within {} s ({}{})",
                counted(never as usize, "client"),
                significant(seconds),
                first.collect::<Vec<_>>().join(", "),
                if never > 8 { " …" } else { "" }
            )
        }
    };
    format!("Jain's index {index}, {least} to {most} requests per client{never}")
}

fn bytes(outcome: &Outcome) -> String {
    let (sent, received) = (outcome.bytes_sent, outcome.bytes_received);
    format!("{} sent, {} received", grouped(sent), grouped(received))
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
        (connections.renewed, "opened again after the server's close"),
        (connections.never_served, "without any reply"),
    ];
    let attempted = format!("{} attempted", grouped(connections.attempted));
    let nonzero = counts.into_iter().filter(|&(count, _)| count > 0);
    nonzero.fold(attempted, |words, (count, what)| {
        format!("{words}, {} {what}", grouped(count))
    })
}

fn verification(outcome: &Outcome) -> String {
    let verification = &outcome.verification;
    let verified = if outcome.load.verify {
        let compared = match outcome.load.http {
            Some(_) => "status and length verified",
            None => "verified byte for byte",
        };
        format!("{} {compared}", grouped(verification.verified))
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

/// Datagrams that were lost, late, repeated or out of order.
fn datagrams(outcome: &Outcome, counts: &Datagrams) -> String {
    let share = counts.lost_share(outcome.requests).map(percent);
    let timeout = outcome.load.reply_timeout_s.map(|s| nanoseconds(s * 1e9));
    format!(
        "{} lost ({} of all; no reply within {}), {} of them late, {} replies came twice, {} out of order",
        grouped(counts.lost),
        share.as_deref().unwrap_or("–"),
        timeout.as_deref().unwrap_or("–"),
        grouped(counts.late),
        grouped(counts.duplicates),
        grouped(counts.reordered),
    )
}

fn unfinished(outcome: &Outcome) -> String {
    let censored = &outcome.censored;
    let longest = nanoseconds(censored.longest_ns as f64);
    let pending = match censored.pending + censored.unsent + censored.overflowed {
        0 => "nothing".to_owned(),
        waiting => format!(
            "{} waiting at the end, the longest for {longest}",
            counted(waiting as usize, "request")
        ),
    };
    match censored.lost {
        0 => pending,
        lost if outcome.load.http.is_some() => {
            let requests = counted(lost as usize, "request");
            format!("{pending}; {requests} without a correct reply")
        }
        1 => format!("{pending}; 1 request lost with its connection"),
        lost => format!(
            "{pending}; {} requests lost with their connections",
            grouped(lost)
        ),
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
    let busiest = share(busiest);
    format!("{a_request}, busiest worker {busiest} busy, waited {delay} for a CPU")
}

/// Number of the generator's own checks that hold.
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
