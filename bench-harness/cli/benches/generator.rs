//! Measures what the generator costs: `echolab load` against a bare client that measures nothing, in slices in turn.
//!
//! Each asks a bare server of its own. `cargo bench --bench generator [-- --runs N --short]`. The aim: a request costs the
//! generator at most 1.03 of the bare client's CPU time, at 100 and at 1,000 connections. Exit code 3 if a whole interval is
//! above.

mod bare;
mod options;
mod paired;

use std::env;
use std::process::ExitCode;

use options::Options;
use paired::{
    Generator, Setting, Side, Word, done, generator_us, interval, median, print_disturbed, ratio,
    sittings, word,
};

const CONNECTIONS: [usize; 2] = [100, 1000];
/// Highest ratio of the CPU time a request.
const MOST: f64 = 1.03;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["server", port] => {
            let port = port.parse().expect("a port");
            bare::serve(port, 0).expect("a bare server serves until it is killed");
        }
        ["load", address, "--load", file, ..] => {
            bare::generate(address, file).expect("the server answers");
        }
        _ => return all(),
    }
    ExitCode::SUCCESS
}

fn all() -> ExitCode {
    let options = Options::given();
    println!(
        "{:11} {:>14} {:>14}  {:28}",
        "connections", "generator us", "bare us", "CPU a request, ratio"
    );
    let steps = CONNECTIONS.into_iter();
    let steps = steps.filter(|connections| options.wants(&connections.to_string()));
    let words = steps.map(|connections| compare(connections, options.runs(2, 5)));
    let words: Vec<Word> = words.collect();
    done(!words.contains(&Word::Missed))
}

fn compare(connections: usize, runs: usize) -> Word {
    let server = |name| Side::own(name, "server");
    let sides = [
        server("bare client").asked_by(Generator::Bare),
        server("echolab load"),
    ];
    let found = sittings(&sides, &Setting::usual(connections), runs);
    let found_ratio = ratio(&found, "echolab load", "bare client", generator_us);
    let word = word(found_ratio.as_ref().map(|found| &found.ratio), 0.0, MOST);
    let [ours, theirs] =
        ["echolab load", "bare client"].map(|name| median(&found, name, generator_us));
    println!(
        "{connections:11} {ours:14.2} {theirs:14.2}  {:28} aim {MOST}: {word:?}",
        interval(found_ratio.as_ref())
    );
    print_disturbed(found.iter().flatten());
    word
}
