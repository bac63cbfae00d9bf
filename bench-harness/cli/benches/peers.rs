//! Compares every model with a peer at 100 connections: the same design without our session, counters, limits and stop.
//!
//! `cargo bench -p echolab --bench peers [-- --only MODEL,… --blocks N]` takes about 40 seconds per block for all
//! models. The aim of every model is 0.97 of its peer's throughput. Exit code 3 if a model misses it clearly, that is,
//! with the whole interval.
//!
//! The bare client of benches/bare drives both, not `echolab load`: a client that does less for a request can saturate
//! more servers. Server and client have one CPU each, and every trial has fresh processes. A model and its peer run one
//! after the other in every block, in alternating order. CPU time is that of the server and all its children, over the
//! same window. If the client was saturated too (over 97 % of its CPU in most trials of either side), throughput shows
//! the speed of the client; then the requests per CPU second of the server decide.

#[expect(dead_code, reason = "the server with extra work is for another bench")]
mod bare;
mod peer;
#[expect(dead_code, reason = "runs of two contenders are for other benches")]
mod side_by_side;

use std::env;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::Duration;

use analysis::Estimate;
use nix::sys::signal::{Signal, kill};
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use peer::{PEERS, Peer};
use procfs::process::Process;
use side_by_side::{ECHOLAB, Server, become_pinned, own, pinned};

const CONNECTIONS: usize = 100;
const BLOCKS: usize = 10;
const WARMUP: Duration = Duration::from_millis(150);
const WINDOW: Duration = Duration::from_millis(400);
/// Share of its peer's throughput that a model must reach.
const AIM: f64 = 0.97;
/// Share of its CPU from which a client is saturated.
const FULL: f64 = 0.97;
/// Exit code if a model misses the aim.
const MISSED: u8 = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["pinned", cpu, program, ..] => return become_pinned(cpu, program, &arguments[3..]),
        ["peer", model] => peer::serve(model).expect("a peer serves until it is killed"),
        ["client", address, connections] => client(address, connections).expect("it is answered"),
        _ => return compare_all(&arguments),
    }
    ExitCode::SUCCESS
}

/// A model and its peer, with all their trials.
struct Pair {
    peer: &'static Peer,
    ours: Vec<Trial>,
    theirs: Vec<Trial>,
}

/// The result of one trial.
#[derive(Clone, Copy)]
struct Trial {
    /// Requests per second.
    rate: f64,
    /// Requests per second of the server's CPU time.
    per_cpu: f64,
    /// True if the client was saturated.
    full: bool,
}

fn compare_all(arguments: &[String]) -> ExitCode {
    let option = |name: &str| arguments.iter().skip_while(move |a| *a != name).nth(1);
    let only: Option<Vec<&str>> = option("--only").map(|names| names.split(',').collect());
    let blocks = option("--blocks").map_or(BLOCKS, |n| n.parse().expect("--blocks N"));
    let chosen = |peer: &&Peer| only.as_ref().is_none_or(|only| only.contains(&peer.model));
    let mut pairs: Vec<Pair> = PEERS.iter().filter(chosen).map(Pair::new).collect();
    for block in 0..blocks {
        eprint!("block {} of {blocks}\r", block + 1);
        for pair in &mut pairs {
            pair.run(block);
        }
    }
    println!(
        "{:22} {:24} {:>15}  {:22} {:22} {:>11}",
        "model", "peer", "k req/s", "throughput", "requests per CPU s", "client full"
    );
    let words: Vec<Word> = pairs.iter().map(Pair::report).collect();
    report_best(&pairs);
    let missed = words.iter().filter(|&&word| word == Word::Missed).count();
    println!("{missed} of {} miss {AIM} clearly", pairs.len());
    ExitCode::from(if missed == 0 { 0 } else { MISSED })
}

/// A figure of a trial, and its name in the table.
type Figure = (&'static str, fn(&Trial) -> f64);

/// The compared figures.
const FIGURES: [Figure; 2] = [
    ("throughput", |trial| trial.rate),
    ("requests per CPU second", |trial| trial.per_cpu),
];

/// The result of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Reached,
    Missed,
    NotClear,
}

impl Pair {
    fn new(peer: &'static Peer) -> Self {
        let (ours, theirs) = (Vec::new(), Vec::new());
        Self { peer, ours, theirs }
    }

    fn run(&mut self, block: usize) {
        let model = self.peer.model;
        let mut serve = Command::new(ECHOLAB);
        serve.args(["serve", model]);
        if [
            "thread-pool",
            "rayon-pool",
            "prefork",
            "prefork-fd-passing",
            "prethreaded",
        ]
        .contains(&model)
        {
            serve.args(["--workers", &peer::WORKERS.to_string()]);
        }
        let connections = if model == "iterative" { 1 } else { CONNECTIONS };
        let peer = own(&["peer", model]);
        for ours in [block.is_multiple_of(2), !block.is_multiple_of(2)] {
            if ours {
                self.ours.push(measure(&serve, connections));
            } else {
                self.theirs.push(measure(&peer, connections));
            }
        }
    }

    /// Prints its row of the table.
    fn report(&self) -> Word {
        let full = |trials: &[Trial]| trials.iter().filter(|trial| trial.full).count();
        let [rate, per_cpu] = FIGURES.map(|(_, of)| ratio(&self.ours, &self.theirs, of));
        let (ours, theirs, trials) = (full(&self.ours), full(&self.theirs), self.ours.len());
        let client_decides = 2 * ours.max(theirs) > trials;
        let word = word(if client_decides { &per_cpu } else { &rate });
        println!(
            "{:22} {:24} {:6.1} / {:6.1}  {:22} {:22} {:>11}  {word:?}",
            self.peer.model,
            self.peer.name,
            median(&self.ours, |trial| trial.rate) / 1e3,
            median(&self.theirs, |trial| trial.rate) / 1e3,
            write(&rate),
            write(&per_cpu),
            format!("{ours}, {theirs} of {trials}"),
        );
        word
    }
}

/// The ratio of `ours` to `theirs`, as the median over all blocks. The two trials of a block are neighbours in time, so
/// that slow changes of the machine cancel out. From six blocks on, the ratio has the interval of the sign test.
fn ratio(ours: &[Trial], theirs: &[Trial], of: fn(&Trial) -> f64) -> Estimate {
    let pairs = ours.iter().zip(theirs);
    let ratios = pairs.map(|(ours, theirs)| of(ours) / of(theirs)).collect();
    Estimate::of(ratios).expect("requests were answered")
}

fn word(found: &Estimate) -> Word {
    match found.interval {
        Some((low, _)) if low >= AIM => Word::Reached,
        Some((_, high)) if high < AIM => Word::Missed,
        _ => Word::NotClear,
    }
}

fn write(found: &Estimate) -> String {
    let interval = found.interval;
    let interval = interval.map(|(low, high)| format!(" [{low:.3}, {high:.3}]"));
    format!("{:.3}{}", found.median, interval.unwrap_or_default())
}

/// The best of ours against the best of all peers, by both figures.
fn report_best(pairs: &[Pair]) {
    for (figure, of) in FIGURES {
        let best = |side: fn(&Pair) -> &[Trial]| {
            let by = |a: &&Pair, b: &&Pair| median(side(a), of).total_cmp(&median(side(b), of));
            pairs.iter().max_by(by).expect("a model was measured")
        };
        let (ours, theirs) = (best(|pair| &pair.ours), best(|pair| &pair.theirs));
        println!(
            "by {figure}, the best of ours ({}) against the best of all peers ({}, {}): {}",
            ours.peer.model,
            theirs.peer.model,
            theirs.peer.name,
            write(&ratio(&ours.ours, &theirs.theirs, of))
        );
    }
}

fn median(trials: &[Trial], of: fn(&Trial) -> f64) -> f64 {
    let found = Estimate::of(trials.iter().map(of).collect());
    found.map_or(f64::NAN, |found| found.median)
}

/// Measures one server with the bare client.
fn measure(server: &Command, connections: usize) -> Trial {
    let server = Whole::start(server);
    let address = server.0.address.to_string();
    let role = own(&["client", &address, &connections.to_string()]);
    let mut client = pinned(1, &role);
    let client = client.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut client = client.spawn().expect("it starts");
    let stdout = client.stdout.take().expect("it is piped");
    let mut lines = BufReader::new(stdout).lines();
    let mut next = || {
        let line = lines.next().expect("the client prints two lines");
        line.expect("it can be read")
    };
    assert_eq!(next(), "begin");
    let processes = server.processes();
    let before = cpu_s(&processes);
    let figures = next();
    let used = cpu_s(&processes) - before;
    // The client stays until now, because its end would end the threads and children that serve it.
    drop(client.stdin.take());
    client.wait().expect("it was started here");
    let (rate, client_us) = figures.split_once(' ').expect("two numbers");
    let rate: f64 = rate.parse().expect("a rate");
    let client_us: f64 = client_us.parse().expect("a cost");
    Trial {
        rate,
        per_cpu: rate * WINDOW.as_secs_f64() / used,
        full: rate * client_us > FULL * 1e6,
    }
}

/// A server with all its children, which are killed with it because they would outlive it.
struct Whole(Server);

impl Whole {
    /// Starts the server, and waits until it has created all its threads and processes. Later, busy clients would delay
    /// these.
    fn start(server: &Command) -> Self {
        let whole = Self(Server::start(server));
        let mut before = 0;
        loop {
            let now = whole.processes().len() + whole.leader().tasks().expect("threads").count();
            if now == before {
                return whole;
            }
            before = now;
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn leader(&self) -> Process {
        Process::new(self.0.child.id().cast_signed()).expect("the server runs")
    }

    /// The server and its children.
    fn processes(&self) -> Vec<Pid> {
        let leader = self.leader();
        let threads = leader.tasks().expect("it has threads").flatten();
        let children = threads.flat_map(|thread| thread.children().unwrap_or_default());
        let children = children.map(|pid| Pid::from_raw(pid.cast_signed()));
        children.chain([Pid::from_raw(leader.pid)]).collect()
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        for process in self.processes() {
            let _ = kill(process, Signal::SIGKILL);
        }
    }
}

/// CPU seconds of these processes until now.
fn cpu_s(processes: &[Pid]) -> f64 {
    let used = |&process: &Pid| clock_gettime(clock_getcpuclockid(process)?);
    let used = processes.iter().flat_map(used).map(Duration::from);
    used.sum::<Duration>().as_secs_f64()
}

/// Runs as the client. It prints `begin`, measures, prints the result, and stays until stdin ends.
fn client(address: &str, connections: &str) -> io::Result<()> {
    let address = address.parse().map_err(io::Error::other)?;
    let client = bare::Client::connect(address, connections.parse().map_err(io::Error::other)?)?;
    client.ask(WARMUP)?;
    println!("begin");
    let (rate, cpu_us) = client.ask(WINDOW)?;
    println!("{rate} {cpu_us}");
    io::stdout().flush()?;
    io::stdin().read_line(&mut String::new())?;
    Ok(())
}
