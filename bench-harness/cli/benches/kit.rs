//! Measures what the kit costs: `epoll-level` against a bare loop with the same system calls, in slices in turn.
//!
//! The same bare client asks both. `cargo bench --bench kit [-- --runs N --short]`. The aim: a request costs the server at
//! most 1.03 of the bare loop's CPU time with `echo`, and 1.07 with `framed`. Exit code 3 if a whole interval is above.

mod bare;
mod options;
mod paired;

use std::env;
use std::process::ExitCode;

use options::Options;
use paired::{
    Generator, Setting, Side, Word, done, interval, print_disturbed, ratio, sittings, word,
};
use record::slice::Slice;

/// Highest ratio of the CPU time a request, for each protocol.
const AIMS: [(&str, f64); 2] = [("echo", 1.03), ("framed", 1.07)];
const CONNECTIONS: usize = 100;

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
        "{:10} {:28} {:28}",
        "protocol", "CPU a request, kit / bare", "throughput, kit / bare"
    );
    let aims = AIMS.iter().filter(|(protocol, _)| options.wants(protocol));
    let words = aims.map(|&(protocol, most)| compare(protocol, most, options.runs(2, 5)));
    // All protocols are measured, even if the first one misses its aim.
    let words: Vec<Word> = words.collect();
    done(!words.contains(&Word::Missed))
}

fn compare(protocol: &str, most: f64, runs: usize) -> Word {
    let kit = Side::model("epoll-level", &format!("--protocol {protocol}"));
    let sides = [Side::own("bare", "server"), kit].map(|side| side.asked_by(Generator::Bare));
    let found = sittings(&sides, &Setting::usual(CONNECTIONS), runs);
    let ratio = |value| ratio(&found, "epoll-level", "bare", value);
    let [cpu, rate] = [ratio(Slice::cpu_per_request_us), ratio(Slice::rate)];
    let word = word(cpu.as_ref().map(|found| &found.ratio), 0.0, most);
    println!(
        "{protocol:10} {:28} {:28} aim {most}: {word:?}",
        interval(cpu.as_ref()),
        interval(rate.as_ref())
    );
    print_disturbed(found.iter().flatten());
    word
}
