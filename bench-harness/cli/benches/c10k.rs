//! Tests that every event-driven and coroutine model serves 10,000 busy connections.
//!
//! The aim: every client is served, without an error, with at least half of the throughput at 100 connections.
//!
//! `cargo bench -p echolab --bench c10k [-- --only MODEL,… --runs N --short]` takes about 90 seconds per run for all
//! models. It is one `echolab compare` with the steps 100 and 10,000 of the ladder. Server and generator need 10,050
//! descriptors each (`ulimit -n`); otherwise the comparison refuses to start. Exit code 3 if a model misses the aim.
//!
//! Each trial has fresh processes, without rounds. The two loads are compared within a model, so that there is no baseline to
//! take turns with, and a slice of 50 ms would be too short to serve 10,000 clients.

mod options;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use analysis::Estimate;
use echo_server::{Capacity, Family, MODELS};
use options::Options;
use record::sample::Sample;
use record::store::Run;

const ECHOLAB: &str = env!("CARGO_BIN_EXE_echolab");
const FEW: usize = 100;
const MANY: usize = 10_000;
/// Share of the throughput at 100 connections that a model must reach.
const AIM: f64 = 0.5;
/// Exit code if the aim is missed.
const MISSED: u8 = 3;

fn main() -> ExitCode {
    let options = Options::given();
    let models = every_loop(&options);
    let blocks = options.runs(1, 3).to_string();
    let folder = tempfile::tempdir().expect("a folder for the results");
    let run = compare(&models, &blocks, &folder.path().join("run"));
    println!(
        "{:22} {:>11} {:>11} {:>6}  {:>12} {:>7}  {:>13}",
        "model", "at 100", "at 10,000", "ratio", "never served", "errors", "CPU us/req"
    );
    let reached = models.split(',').map(|model| report(&run, model));
    let missed = reached.filter(|&reached| !reached).count();
    println!(
        "{missed} miss the aim: all clients served, no error, and {AIM} of the throughput at 100"
    );
    ExitCode::from(if missed == 0 { 0 } else { MISSED })
}

/// Models that wait for many sockets in one place, without a limit of their own.
fn every_loop(options: &Options) -> String {
    let about = MODELS.iter().map(|model| model.about());
    let loops = about.filter(|about| {
        about.family != Family::Blocking
            && !about.is_reference_line()
            && matches!(about.capacity, Capacity::System)
    });
    let names = loops.map(|about| about.name);
    let names: Vec<&str> = names.filter(|name| options.wants(name)).collect();
    names.join(",")
}

fn compare(models: &str, blocks: &str, folder: &Path) -> Run {
    let status = Command::new(ECHOLAB)
        .args(["compare", "--models", models, "--blocks", blocks])
        .args(["--connections", &format!("{FEW},{MANY}")])
        .args(["--profile", "quick", "--scenarios", "ladder", "--fresh"])
        .args(["--duration", "1s", "--quiet", "--out"])
        .arg(folder)
        .stdout(Stdio::null())
        .status();
    assert!(
        status.expect("it starts").success(),
        "see its message above"
    );
    Run::read(folder).expect("it was just written")
}

/// Prints the row of a model. True if the model reaches the aim: errors count in all trials, throughput in the median.
fn report(run: &Run, model: &str) -> bool {
    let rows = |connections: usize| -> Vec<&Sample> {
        let of = |row: &&Sample| row.contender == model && row.load.connections == connections;
        run.samples.iter().filter(of).collect()
    };
    let (few, many) = (rows(FEW), rows(MANY));
    let sum = |of: fn(&Sample) -> u64| many.iter().map(|row| of(row)).sum::<u64>();
    let (starved, errors) = (sum(starved), sum(errors));
    let [before, after] = [&few, &many].map(|rows| median(rows, rate));
    println!(
        "{model:22} {before:11.0} {after:11.0} {:6.2}  {starved:12} {errors:7}  {:5.1} / {:5.1}",
        after / before,
        median(&few, cpu_us),
        median(&many, cpu_us),
    );
    starved == 0 && errors == 0 && after >= AIM * before
}

fn rate(row: &Sample) -> Option<f64> {
    Some(row.outcome.as_ref()?.rate)
}

/// CPU time of the server, in microseconds per request.
fn cpu_us(row: &Sample) -> Option<f64> {
    let cost = row.server.as_ref()?;
    Some(cost.cpu_s * 1e6 / (rate(row)? * cost.window_s))
}

fn starved(row: &Sample) -> u64 {
    let outcome = row.outcome.as_ref();
    outcome.map_or(0, |outcome| outcome.connections.never_served)
}

/// Number of errors of any kind; a failed trial counts as one.
fn errors(row: &Sample) -> u64 {
    let outcome = row.outcome.as_ref();
    let seen = outcome.map_or(0, |outcome| outcome.errors.values().sum());
    seen + u64::from(row.failure.is_some())
}

fn median(rows: &[&Sample], of: fn(&Sample) -> Option<f64>) -> f64 {
    let found = Estimate::of(rows.iter().filter_map(|row| of(row)).collect());
    found.map_or(f64::NAN, |found| found.median)
}
