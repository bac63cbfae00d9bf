//! Compares arrangements of slices for about the same time: which one gives the narrowest intervals?
//!
//! `cargo bench -p echolab --bench rounds [-- --only MODEL,… --runs N --short]`. The contenders and a control (the baseline
//! again) are compared with `epoll-level` at 100 connections, in sittings of four servers. The arrangements take turns,
//! sitting by sitting, so that a change of the machine affects all of them. METHODOLOGY.md has the figures that this bench
//! has found, and the design that follows from them.
//!
//! The last arrangement is that of a tool that measures each server alone, with fresh processes.

mod alone;
mod options;
mod paired;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use analysis::Ratio;
use options::Options;
use paired::{Order, Setting, Side, interval, median, print_disturbed, ratio, sit};
use record::slice::Slice;

/// The server that all others are compared with.
const BASELINE: &str = "epoll-level";
/// The baseline again.
const CONTROL: &str = "epoll-level (again)";
const CONTENDERS: [&str; 8] = [
    "thread-per-connection",
    "fork-per-connection",
    "busy-poll",
    "poll",
    "epoll-edge",
    "green-thread",
    "tokio-multi-thread",
    "io-uring-multishot",
];
/// Contenders in a sitting, beside the baseline.
const BESIDE: usize = 3;
const CONNECTIONS: usize = 100;
/// Zones of indifference, as factors.
const ZONES: [f64; 2] = [1.05, 1.10];

/// Rounds in all sittings together, the length of a slice in milliseconds, the order, and if all silent servers are stopped.
type Arrangement = (&'static str, usize, u64, Order, bool);

const ARRANGEMENTS: [Arrangement; 5] = [
    (
        "10 x 200 ms, baseline adjacent",
        10,
        200,
        Order::Adjacent,
        false,
    ),
    (
        "20 x 100 ms, baseline adjacent",
        20,
        100,
        Order::Adjacent,
        false,
    ),
    (
        "30 x 50 ms, baseline adjacent",
        30,
        50,
        Order::Adjacent,
        false,
    ),
    (
        "30 x 50 ms, all silent ones stopped",
        30,
        50,
        Order::Adjacent,
        true,
    ),
    (
        "10 x 200 ms, baseline once a round",
        10,
        200,
        Order::OncePerRound,
        false,
    ),
];
/// The arrangements whose ratios are printed: with spinning servers stopped, and with all of them stopped.
const PRINTED: [usize; 2] = [2, 3];

/// The slices of an arrangement, sitting by sitting, and the time that they took.
#[derive(Default)]
struct Measured {
    sittings: Vec<Vec<Slice>>,
    time: Duration,
}

fn main() -> ExitCode {
    let options = Options::given();
    let runs = options.runs(2, 5);
    let most = if options.has("--short") {
        2
    } else {
        usize::MAX
    };
    let chosen = CONTENDERS.iter().filter(|name| options.wants(name));
    let mut names: Vec<&str> = chosen.copied().take(most).collect();
    names.push(CONTROL);
    let mut all: Vec<Measured> = ARRANGEMENTS.iter().map(|_| Measured::default()).collect();
    for run in 0..runs {
        // The groups differ from run to run, so that no contender always has the same neighbours.
        names.rotate_left(1);
        for (arrangement, measured) in ARRANGEMENTS.iter().zip(&mut all) {
            eprint!("run {} of {runs}: {:40}\r", run + 1, arrangement.0);
            measured.add(arrangement, &names, run, runs);
        }
    }
    names.sort_unstable();
    print_widths(&all, &names);
    alone::measure(&names, runs);
    print_ratios(&all, &names);
    ExitCode::SUCCESS
}

impl Measured {
    /// Measures one sitting of each group of contenders.
    fn add(&mut self, arrangement: &Arrangement, names: &[&str], run: usize, runs: usize) {
        let &(_, rounds, window, order, stops_all) = arrangement;
        let setting = Setting {
            rounds: rounds.div_ceil(runs),
            window: Duration::from_millis(window),
            order,
            stops_all,
            ..Setting::usual(CONNECTIONS)
        };
        let began = Instant::now();
        for group in names.chunks(BESIDE) {
            let group: Vec<Side> = [BASELINE]
                .iter()
                .chain(group)
                .map(|name| side(name))
                .collect();
            self.sittings.push(sit(&group, &setting, run));
        }
        self.time += began.elapsed();
    }

    /// The ratio of each contender to the baseline.
    fn ratios(&self, names: &[&str], value: fn(&Slice) -> Option<f64>) -> Vec<Ratio> {
        let of = |name: &&str| Some(ratio(&self.sittings, name, BASELINE, value)?.ratio);
        names.iter().filter_map(of).collect()
    }
}

/// The server of a name in a table.
fn side(name: &str) -> Side {
    let model = if name == CONTROL { BASELINE } else { name };
    Side::model(model, "").named(name)
}

fn print_widths(all: &[Measured], names: &[&str]) {
    println!(
        "{:38} {:>8} {:>13} {:>13} {:>13}",
        "arrangement, median half-width", "time", "CPU a request", "requests/s", "decided of"
    );
    for (arrangement, measured) in ARRANGEMENTS.iter().zip(all) {
        let cpu = measured.ratios(names, Slice::cpu_per_request_us);
        let rate = measured.ratios(names, Slice::rate);
        print_row(arrangement.0, measured.time, &cpu, &rate);
    }
}

/// One row of the table of widths.
fn print_row(name: &str, time: Duration, cpu: &[Ratio], rate: &[Ratio]) {
    let [few, many] = ZONES.map(|zone| cpu.iter().filter(|ratio| is_decided(ratio, zone)).count());
    println!(
        "{name:38} {:>6.0} s {:>13} {:>13} {:>13}",
        time.as_secs_f64(),
        width(cpu),
        width(rate),
        format!("{}: {few}, {many}", cpu.len()),
    );
}

/// The median half-width of these ratios.
fn width(ratios: &[Ratio]) -> String {
    // Without an interval it is as wide as can be, and not left out.
    let mut widths: Vec<f64> = ratios
        .iter()
        .map(|ratio| ratio.half_width().unwrap_or(f64::INFINITY))
        .collect();
    widths.sort_by(f64::total_cmp);
    match widths.get(widths.len() / 2) {
        Some(width) if width.is_finite() => format!("+- {:.1} %", width * 100.0),
        _ => "none".to_owned(),
    }
}

/// True if the interval lies inside of the zone, or outside of it.
fn is_decided(ratio: &Ratio, zone: f64) -> bool {
    ratio.interval.is_some_and(|(low, high)| {
        let is_inside = low >= 1.0 / zone && high <= zone;
        is_inside || low > zone || high < 1.0 / zone
    })
}

fn print_ratios(all: &[Measured], names: &[&str]) {
    let [spinning, every] = PRINTED;
    println!(
        "\n{:24} {:>8}  {:28} {:28}",
        "CPU a request", "us", "spinning servers stopped", "all silent servers stopped"
    );
    for name in names {
        let text = |arrangement: usize| {
            let sittings = &all[arrangement].sittings;
            let found = ratio(sittings, name, BASELINE, Slice::cpu_per_request_us);
            interval(found.as_ref())
        };
        let us = median(&all[spinning].sittings, name, Slice::cpu_per_request_us);
        println!(
            "{name:24} {us:8.2}  {:28} {:28}",
            text(spinning),
            text(every)
        );
    }
    print_disturbed(
        all.iter()
            .flat_map(|measured| measured.sittings.iter().flatten()),
    );
}
