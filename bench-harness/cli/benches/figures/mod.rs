//! The targets of the generator: rate and lag of an open loop, latency with stopped servers, cost of the live view.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use loadgen::{Latency, Outcome};
use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use analysis::Estimate;

use super::launch::{ECHOLAB, Server, pinned};

/// Runs of each open loop.
const RUNS: usize = 9;
/// Runs with the live view, each beside a run without it.
const LIVE_RUNS: usize = 10;

/// A pipeline so deep that all requests are sent while the server is stopped, and that the server answers them at once
/// when it continues. Then each percentile is known exactly.
const DEEP: &str = "--pipeline 256 --warmup 200ms";

/// The server stops two seconds before the end. The window began a little before its announcement was read, hence the
/// 20 ms.
const LATE: Duration = Duration::from_millis(7980);

/// The stop of the server in a run.
#[derive(Clone, Copy)]
enum Stop {
    Never,
    For(Duration),
    ToTheEnd,
}

/// Measures all figures and prints a line for each. True if no target is missed.
pub fn all_reached() -> bool {
    let mut all = true;
    println!("\n{:<52}{:>22}{:>34}", "figure", "target", "measured");
    for busy in [false, true] {
        all &= open_loop(busy);
    }
    all &= short_stop();
    all &= long_stop();
    all &= stop_at_the_end();
    all & live_view()
}

/// 10,000 requests per second.
fn open_loop(busy: bool) -> bool {
    let how = if busy { "busy" } else { "asleep" };
    let mut options = "--rate 10000 --duration 1s --warmup 300ms".to_owned();
    options += if busy { " --busy" } else { "" };
    let runs: Vec<_> = (0..RUNS).map(|_| run(&options, Stop::Never)).collect();
    let offered = runs.iter().map(|run| {
        let rate = run.offered as f64 / run.elapsed_s;
        (rate / 10_000.0 - 1.0).abs() * 100.0
    });
    let lag = runs.iter().map(|run| run.lag.p99_ns as f64 / 1e3);
    let most = if busy { 1.0 } else { 110.0 };
    let offered = at_most(
        &format!("10,000 a second, {how}: offered rate off by"),
        "%",
        0.1,
        offered.collect(),
    );
    at_most(
        &format!("10,000 a second, {how}: lag p99"),
        "us",
        most,
        lag.collect(),
    ) && offered
}

/// A stop of 0.5 s in 3 s, at 2,000 requests per second.
fn short_stop() -> bool {
    let options = format!("--rate 2000 --duration 3s {DEEP}");
    let outcome = run(&options, Stop::For(Duration::from_millis(500)));
    let p99 = ms(&outcome.response, 0.99);
    within("stopped for 500 ms in 3 s: p99", 420.0, 500.0, p99)
}

/// A stop of 1 s in 10 s, at 10,000 requests per second.
fn long_stop() -> bool {
    let options = format!("--rate 10000 --duration 10s {DEEP}");
    let outcome = run(&options, Stop::For(Duration::from_secs(1)));
    let figures = [
        ("p95", 0.95, 500.0),
        ("p99", 0.99, 900.0),
        ("p99.9", 0.999, 990.0),
        ("max", 1.0, 1000.0),
    ];
    let mut all = true;
    for (name, quantile, truth) in figures {
        all &= within(
            &format!("stopped for 1 s in 10 s: {name}"),
            0.98 * truth,
            1.02 * truth,
            ms(&outcome.response, quantile),
        );
    }
    all
}

/// A stop in the last 2 s of 10 s, which does not end.
fn stop_at_the_end() -> bool {
    let options = format!("--rate 10000 --duration 10s {DEEP}");
    let outcome = run(&options, Stop::ToTheEnd);
    let censored = outcome.censored;
    let unanswered = (censored.pending + censored.unsent) as f64;
    let p99 = ms(&outcome.response, 0.99);
    let waits = within("stopped 2 s before the end: p99", 1900.0, 1960.0, p99);
    let name = "stopped 2 s before the end: unanswered requests";
    reached(name, "20,000 +- 2 %", &format!("{unanswered:.0}"), {
        (unanswered / 20_000.0 - 1.0).abs() <= 0.02
    }) && waits
}

/// Throughput of a closed loop with the live view on a terminal, against the same loop without it.
fn live_view() -> bool {
    let ratios = (0..LIVE_RUNS).map(|run| {
        if run % 2 == 0 {
            let with = live(true);
            return with / live(false);
        }
        let without = live(false);
        live(true) / without
    });
    let ratio = Estimate::of(ratios.collect())
        .expect("requests were answered")
        .median;
    let measured = format!("{:.2} %", (1.0 - ratio) * 100.0);
    reached(
        "live view: throughput lost",
        "at most 2 %",
        &measured,
        ratio >= 0.98,
    )
}

/// Throughput with the live view, or without it.
fn live(on: bool) -> f64 {
    let server = Server::start(&server());
    let size = Winsize {
        ws_row: 40,
        ws_col: 120,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let OpenptyResult { master, slave } = openpty(&size, None).expect("the system has terminals");
    let mut load = load(&server, "--duration 3s --warmup 200ms");
    load.env("TERM", "xterm").stderr(slave);
    if !on {
        load.arg("--quiet");
    }
    let mut child = load.stdout(Stdio::piped()).spawn().expect("it starts");
    drop(load);
    // Reads the terminal until the other side is closed, which ends the read with an error.
    let reader = thread::spawn(move || {
        let mut seen = Vec::new();
        let _ = File::from(master).read_to_end(&mut seen);
        seen.len()
    });
    let mut json = String::new();
    let mut stdout = child.stdout.take().expect("it is piped");
    stdout.read_to_string(&mut json).expect("JSON is UTF-8");
    child.wait().expect("it ends");
    let seen = reader.join().expect("the reader does not panic");
    assert_eq!(
        seen > 0,
        on,
        "the live view is on a terminal, unless --quiet"
    );
    let outcome: Outcome = serde_json::from_str(&json).expect("its own document");
    outcome.rate
}

fn server() -> Command {
    let mut server = Command::new(ECHOLAB);
    server.args(["serve", "epoll-level"]);
    server
}

/// A load on CPU 1 that prints a JSON document at its end.
fn load(server: &Server, options: &str) -> Command {
    let mut load = Command::new(ECHOLAB);
    load.args(["load", &server.address.to_string()]);
    load.args(["--json", "--allow-invalid"]);
    load.args(options.split_whitespace());
    pinned(1, &load)
}

/// Runs a load against a fresh server, which is stopped during the run.
fn run(options: &str, stop: Stop) -> Outcome {
    let server = Server::start(&server());
    let mut child = load(&server, &format!("{options} --quiet --announce"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    let (mut line, mut json) = (String::new(), String::new());
    // The lines before it give the number of requests in the warm-up.
    while line != "measuring\n" {
        line.clear();
        let length = stdout.read_line(&mut line).expect("lines are UTF-8");
        assert!(length > 0, "the generator ended before it measured");
    }
    let began = Instant::now();
    let signal = |at: Duration, signal| {
        thread::sleep(at.saturating_sub(began.elapsed()));
        kill(Pid::from_raw(server.child.id().cast_signed()), signal).expect("the server runs");
    };
    match stop {
        Stop::Never => {}
        Stop::For(time) => {
            signal(Duration::from_secs(1), Signal::SIGSTOP);
            signal(began.elapsed() + time, Signal::SIGCONT);
        }
        Stop::ToTheEnd => signal(LATE, Signal::SIGSTOP),
    }
    stdout.read_to_string(&mut json).expect("JSON is UTF-8");
    child.wait().expect("it ends");
    // Announcements come before the document.
    let document = json.find('{').expect("a document follows");
    serde_json::from_str(&json[document..]).expect("its own document")
}

/// A quantile in milliseconds.
fn ms(latency: &Latency, quantile: f64) -> f64 {
    let histogram = latency.histogram().expect("its own histogram");
    histogram.value_at_quantile(quantile) as f64 / 1e6
}

fn within(name: &str, from: f64, to: f64, measured: f64) -> bool {
    reached(
        name,
        &format!("{from:.0} to {to:.0} ms"),
        &format!("{measured:.0} ms"),
        (from..=to).contains(&measured),
    )
}

/// Checks the median of several runs, because some run is always disturbed.
fn at_most(name: &str, unit: &str, most: f64, mut runs: Vec<f64>) -> bool {
    runs.sort_by(f64::total_cmp);
    let (least, worst) = (runs[0], runs[runs.len() - 1]);
    let median = Estimate::of(runs).expect("there are runs").median;
    reached(
        name,
        &format!("at most {most} {unit}"),
        &format!("{median:.3} {unit} ({least:.3} to {worst:.3})"),
        median <= most,
    )
}

fn reached(name: &str, aim: &str, measured: &str, is_reached: bool) -> bool {
    let mark = if is_reached { "" } else { "  MISSED" };
    println!("{name:<52}{aim:>22}{measured:>34}{mark}");
    is_reached
}
