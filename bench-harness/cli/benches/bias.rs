//! Tests that a ratio depends neither on the neighbours in a sitting nor on the length of a slice.
//!
//! `cargo bench -p echolab --bench bias [-- --only MODEL,… --clients 100 --runs N --short]`. Each run has three sittings one
//! after the other: the model and the baseline with two neighbours, as in a comparison; the two alone; and the two alone in
//! slices ten times as long. Each sitting gives one ratio of the CPU time a request. The change from the first to another
//! one has an interval over the runs. The aim: at most 3 % in each direction, for 100 and for 1,000 clients. Exit code 3 if
//! a whole interval misses it.

mod options;
mod paired;

use std::process::ExitCode;

use analysis::by_sitting;
use options::Options;
use paired::{Setting, Side, Word, done, log_ratios, sit, word};
use record::slice::Slice;

/// The server that all others are compared with.
const BASELINE: &str = "epoll-level";
const MODELS: [&str; 5] = [
    "thread-per-connection",
    "fork-per-connection",
    "epoll-edge",
    "tokio-multi-thread",
    "io-uring-multishot",
];
/// Servers that take turns with the others. They touch much memory, so that they leave cold caches behind.
const NEIGHBOURS: [&str; 2] = ["thread-per-connection", "green-thread"];
const CLIENTS: [usize; 2] = [100, 1000];
/// Rounds of a sitting with long slices.
const LONG_ROUNDS: usize = 3;
/// Greatest change of a ratio.
const MOST: f64 = 1.03;

fn main() -> ExitCode {
    let options = Options::given();
    println!(
        "{:22} {:>7} {:>7}  {:34} {:34}",
        "CPU a request", "clients", "ratio", "without neighbours", "slices ten times as long"
    );
    let mut words = Vec::new();
    let clients = CLIENTS.into_iter().filter(|clients| {
        let given = options.value("--clients");
        given.is_none_or(|given| given == clients.to_string())
    });
    for clients in clients {
        for model in MODELS.into_iter().filter(|model| options.wants(model)) {
            words.extend(compare(model, clients, options.runs(3, 8)));
        }
    }
    let count = |word: Word| words.iter().filter(|&&other| other == word).count();
    println!(
        "{} within 3 %, {} not clear, {} not within 3 %",
        count(Word::Reached),
        count(Word::NotClear),
        count(Word::Missed)
    );
    done(count(Word::Missed) == 0)
}

/// Measures a model, prints its row, and gives the words about both changes.
fn compare(model: &str, clients: usize, runs: usize) -> [Word; 2] {
    // A run with a sitting in which all slices were disturbed is left out.
    let runs: Vec<[f64; 3]> = (0..runs)
        .filter_map(|run| ratios(model, clients, run))
        .collect();
    let mean = runs.iter().map(|[usual, ..]| usual).sum::<f64>() / runs.len() as f64;
    let changes = [1, 2].map(|index| {
        let changes = runs.iter().map(|logs| vec![logs[index] - logs[0]]);
        by_sitting(&changes.collect::<Vec<_>>()).map(|(ratio, _)| ratio)
    });
    let words = changes.map(|ratio| word(ratio.as_ref(), 1.0 / MOST, MOST));
    let text = |index: usize| {
        let found = changes[index].and_then(|ratio| Some((ratio.estimate, ratio.interval?)));
        match found {
            Some((change, (low, high))) => {
                format!("x {change:.3} [{low:.3}, {high:.3}] {:?}", words[index])
            }
            None => "fewer than three runs".to_owned(),
        }
    };
    println!(
        "{model:22} {clients:7} {:7.3}  {:34} {:34}",
        mean.exp(),
        text(0),
        text(1)
    );
    words
}

/// The mean log ratios of a model to the baseline in three sittings: as usual, without neighbours, and in long slices. `None`
/// if all slices of one of them were disturbed.
fn ratios(model: &str, clients: usize, run: usize) -> Option<[f64; 3]> {
    let usual = Setting::usual(clients);
    let long = Setting {
        rounds: LONG_ROUNDS,
        window: usual.real_window() * 10,
        ..usual
    };
    let pair = [BASELINE, model].map(|name| Side::model(name, ""));
    let neighbours = NEIGHBOURS.map(|name| Side::model(name, "").named(&format!("beside {name}")));
    let all = [&pair[..], &neighbours[..]].concat();
    let mean = |sides: &[Side], setting: &Setting| {
        let slices = sit(sides, setting, run);
        let logs = log_ratios(&slices, model, BASELINE, Slice::cpu_per_request_us);
        (!logs.is_empty()).then(|| logs.iter().sum::<f64>() / logs.len() as f64)
    };
    let with_neighbours = mean(&all, &usual)?;
    Some([with_neighbours, mean(&pair, &usual)?, mean(&pair, &long)?])
}
