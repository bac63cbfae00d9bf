//! Compares every model with a peer at 100 connections: the same design without our session, counters, limits and stop.
//!
//! `cargo bench -p echolab --bench peers [-- --only MODEL,… --runs N --short]`. A model and its peer are alive at the same
//! time and are measured in turn, in several sittings with fresh processes. The bare client asks both: a client that does
//! less for a request leaves the server less time to wait. The aim: a request costs a model at most 1.03 of its peer's CPU
//! time, that of all processes and threads. Exit code 3 if a model misses it clearly, that is, with the whole interval.
//!
//! With `--pages` it counts instead how many pages of memory a request touches.
//!
//! CPU time decides, because throughput shows the speed of the client wherever the client is saturated. The table has both.

mod bare;
mod options;
mod paired;
mod peer;
mod touched;

use std::env;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, ExitCode, Stdio};

use analysis::{PairedSummary, Replicate};
use options::Options;
use paired::{
    Generator, Setting, Side, Word, done, interval, median, print_disturbed, ratio, sittings, word,
};
use peer::{PEERS, Peer};
use record::slice::Slice;

const CONNECTIONS: usize = 100;
/// Highest ratio of the CPU time a request.
const MOST: f64 = 1.03;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["peer", model, port] => {
            let port = port.parse().expect("a port");
            peer::serve(model, port).expect("a peer serves until it is killed");
        }
        ["load", address, "--load", file, ..] => {
            bare::generate(address, file).expect("the server answers");
        }
        _ if arguments.iter().any(|argument| argument == "--pages") => count_all_pages(),
        _ => return compare_all(),
    }
    ExitCode::SUCCESS
}

/// Prints the pages that a request touches in every model and in its peer.
fn count_all_pages() {
    let options = Options::given();
    println!("{:22} {:>15}", "pages a request", "model / peer");
    for peer in PEERS.iter().filter(|peer| options.wants(peer.model)) {
        match pages(peer) {
            Ok([ours, theirs]) => println!("{:22} {ours:6} / {theirs:6}", peer.model),
            Err(error) => println!("{:22} not counted: {error}", peer.model),
        }
    }
}

fn pages(peer: &Peer) -> io::Result<[usize; 2]> {
    let address = free_address()?;
    let mut model = Command::new(env!("CARGO_BIN_EXE_echolab"));
    model.args(["serve", peer.model, "--listen", &address.to_string()]);
    let ours = touched::pages(model.stdout(Stdio::null()), address)?;
    let address = free_address()?;
    let mut own = Command::new(env::current_exe()?);
    own.args(["peer", peer.model, &address.port().to_string()]);
    Ok([ours, touched::pages(&mut own, address)?])
}

/// An address of loopback whose port is free now.
fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

fn compare_all() -> ExitCode {
    let options = Options::given();
    println!(
        "{:22} {:24} {:>15}  {:25} {:25}",
        "model", "peer", "k req/s", "CPU a request, ratio", "throughput, ratio"
    );
    let chosen = PEERS.iter().filter(|peer| options.wants(peer.model));
    let words: Vec<Word> = chosen
        .map(|peer| compare(peer, options.runs(2, 5)))
        .collect();
    let missed = words.iter().filter(|&&word| word == Word::Missed).count();
    println!("* sittings differ more than their rounds predict, so that the sitting is the unit");
    println!("{missed} of {} miss {MOST} clearly", words.len());
    done(missed == 0)
}

/// Measures a model and its peer, and prints the row of the table.
fn compare(peer: &Peer, runs: usize) -> Word {
    let theirs = Side::own("peer", &format!("peer {}", peer.model));
    let sides = [theirs, Side::model(peer.model, &workers(peer.model))];
    let sides = sides.map(|side| side.asked_by(Generator::Bare));
    let connections = match peer.model {
        "iterative" => 1,
        _ => CONNECTIONS,
    };
    let found = sittings(&sides, &Setting::usual(connections), runs);
    let ratio = |value| ratio(&found, peer.model, "peer", value);
    let [cpu, rate] = [ratio(Slice::cpu_per_request_us), ratio(Slice::rate)];
    let word = word(cpu.as_ref().map(|found| &found.ratio), 0.0, MOST);
    let [ours, theirs] = [peer.model, "peer"].map(|name| median(&found, name, Slice::rate) / 1e3);
    println!(
        "{:22} {:24} {:6.1} / {:6.1}  {:25} {:25} {word:?}{}",
        peer.model,
        peer.name,
        ours,
        theirs,
        interval(cpu.as_ref()),
        interval(rate.as_ref()),
        cpu.as_ref().map(starts).unwrap_or_default(),
    );
    print_disturbed(found.iter().flatten());
    word
}

/// Enough workers for all clients, where a worker serves one client.
fn workers(model: &str) -> String {
    let one_client_each = [
        "thread-pool",
        "rayon-pool",
        "prefork",
        "prefork-fd-passing",
        "prethreaded",
    ];
    if one_client_each.contains(&model) {
        format!("--workers {}", peer::WORKERS)
    } else {
        String::new()
    }
}

/// The ratios of the sittings, if they differ.
fn starts(found: &PairedSummary) -> String {
    let (low, high) = found.range();
    match found.unit {
        Replicate::Round => String::new(),
        Replicate::Sitting => format!(" (starts from {low:.3} to {high:.3})"),
    }
}
