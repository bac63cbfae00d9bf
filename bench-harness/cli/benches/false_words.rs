//! Counts false words: comparisons of a model with itself, in which every word but *equivalent* and *inconclusive* is false.
//!
//! `cargo bench -p echolab --bench false_words [-- --only MODEL,… --runs N --short] [--beside-compiler]`. Each run is an
//! `echolab compare` of a model with the same model as an external server, at 100 connections, with the sittings and rounds
//! that one cell of the default run has. The models take turns. With `--beside-compiler` a program that computes and forks as a
//! compiler does starts in the middle of each run. The aim: at most 2 false words of 40 in the figure that decides, and beside a
//! compiler disturbed slices are repeated. Exit code 3 if it is missed.

mod comparison;
mod options;

use std::env;
use std::fs;
use std::hint::black_box;
use std::process::{self, Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use analysis::{Metric, Summary, Verdict};
use comparison::{Beside, ECHOLAB, of_one_cell};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use options::Options;
use record::plan::{ContenderId, LoadId};
use record::store::Run;

/// Models of every family.
const MODELS: [&str; 8] = [
    "epoll-level",
    "thread-per-connection",
    "fork-per-connection",
    "poll",
    "epoll-edge",
    "green-thread",
    "tokio-multi-thread",
    "io-uring-multishot",
];
/// Greatest share of false words.
const MOST: f64 = 2.0 / 40.0;
/// The part of a run after which the compiler starts.
const MID: f64 = 0.4;
/// Compilers end after this time, even if the bench hangs.
const LONGEST: Duration = Duration::from_mins(5);
/// Exit code if the aim is missed.
const MISSED: u8 = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["compiler", after_ms] => compiler(after_ms),
        ["unit", ms] => unit(ms),
        _ => return all(),
    }
    ExitCode::SUCCESS
}

/// What all runs together found.
#[derive(Default)]
struct Found {
    /// False words in the figure that decides.
    false_words: usize,
    /// False words in the other figures.
    others: usize,
    no_word: usize,
    equivalent: usize,
    disturbed: usize,
    repeated: usize,
}

fn all() -> ExitCode {
    let options = Options::given();
    let is_beside = options.has("--beside-compiler");
    let models: Vec<&str> = MODELS
        .into_iter()
        .filter(|model| options.wants(model))
        .collect();
    let runs = options.runs(models.len().min(2), 40);
    let cell = of_one_cell("quick");
    println!("each run: echolab compare {}", cell.join(" "));
    let mut found = Found::default();
    for (run, model) in (0..runs).zip(models.iter().cycle()) {
        let options = of_run(&cell, run, model);
        let compiler = is_beside.then(|| start_compiler(&options));
        let (rows, summary) = comparison::compare(&options);
        drop(compiler);
        found.add(run, model, &rows, &summary);
    }
    found.print(runs);
    let few = found.false_words as f64 <= runs as f64 * MOST;
    let repeats = !is_beside || found.repeated > 0;
    ExitCode::from(if few && repeats { 0 } else { MISSED })
}

/// The options of one run: a model, and the same model as an external server.
fn of_run(cell: &[String], run: usize, model: &str) -> Vec<String> {
    let itself = format!("itself='{ECHOLAB}' serve {model} --listen 127.0.0.1:{{port}}");
    let seed = run.to_string();
    let own = [
        "--scenarios",
        "ladder",
        "--connections",
        "100",
        "--models",
        model,
        "--external",
        &itself,
        "--baseline",
        model,
        "--seed",
        &seed,
    ];
    [cell, &own.map(str::to_owned)].concat()
}

impl Found {
    fn add(&mut self, run: usize, model: &str, rows: &Run, summary: &Summary) {
        let deciding = summary.deciding(LoadId(0));
        let itself = summary.find_contender(|contender| contender.name == "itself");
        let itself: ContenderId = itself.expect("it takes part");
        let cell = summary.cell(itself, LoadId(0));
        let disturbed = rows.slices.iter().filter(|slice| slice.disturbed()).count();
        let repeated = rows
            .slices
            .iter()
            .filter(|slice| slice.place.attempt > 0)
            .count();
        (self.disturbed, self.repeated) = (self.disturbed + disturbed, self.repeated + repeated);
        let mut words = Vec::new();
        for (&metric, compared) in &cell.compared {
            let is_false = matches!(compared.verdict, Verdict::Better | Verdict::Worse);
            if metric == deciding {
                self.false_words += usize::from(is_false);
                self.equivalent += usize::from(compared.verdict == Verdict::Equivalent);
                self.no_word += usize::from(matches!(compared.verdict, Verdict::Barred(_)));
            } else {
                self.others += usize::from(is_false);
            }
            if metric == deciding || is_false {
                words.push(text(metric, compared));
            }
        }
        let words = words.join("; ");
        println!("run {run:2}  {model:22} {disturbed:3} disturbed, {repeated:3} repeated  {words}");
    }

    fn print(&self, runs: usize) {
        println!(
            "{} of {runs} runs gave a false word in the figure that decides, {} were equivalent, {} had no verdict; {} false words in other figures; {} slices disturbed, {} repeated",
            self.false_words,
            self.equivalent,
            self.no_word,
            self.others,
            self.disturbed,
            self.repeated
        );
    }
}

fn text(metric: Metric, compared: &analysis::Compared) -> String {
    let (low, high) = compared.ratio.interval.unwrap_or((0.0, f64::INFINITY));
    let estimate = compared.ratio.estimate;
    let word = compared.verdict.word(metric);
    let barred = match &compared.verdict {
        Verdict::Barred(_) => compared.verdict.because().unwrap_or_default(),
        _ => String::new(),
    };
    format!("{metric:?} x {estimate:.3} [{low:.3}, {high:.3}] {word} {barred}")
}

/// Starts a compiler that waits until the middle of a run with these options.
fn start_compiler(options: &[String]) -> Beside {
    let after = comparison::plan(options).expected().mul_f64(MID);
    Beside::start(&["compiler".to_owned(), after.as_millis().to_string()])
}

/// Computes and forks as a compiler does: one child for each CPU, each for some tenths of a second, again and again.
fn compiler(after_ms: &str) {
    set_pdeathsig(Signal::SIGKILL).expect("Linux has it");
    let began = Instant::now();
    thread::sleep(Duration::from_millis(after_ms.parse().expect("a number")));
    let cpus = thread::available_parallelism().map_or(1, usize::from);
    for unit in (0_usize..).take_while(|_| began.elapsed() < LONGEST) {
        let children = (0..cpus).map(|cpu| {
            let ms = 100 + (unit * 7 + cpu * 3) % 11 * 40;
            let own = env::current_exe().expect("a running program has a path");
            Command::new(own).args(["unit", &ms.to_string()]).spawn()
        });
        let children: Vec<_> = children.flatten().collect();
        for mut child in children {
            let _ = child.wait();
        }
    }
}

/// One unit of a compiler: it reads files, touches memory and computes.
fn unit(ms: &str) {
    set_pdeathsig(Signal::SIGKILL).expect("Linux has it");
    let end = Instant::now() + Duration::from_millis(ms.parse().expect("a number"));
    let mut memory = fs::read(env::current_exe().expect("a path")).unwrap_or_default();
    let length = memory.len().max(1);
    memory.resize(length, 0);
    let mut place = process::id() as usize;
    while Instant::now() < end {
        for _ in 0..10_000 {
            place = (place.wrapping_mul(1_103_515_245).wrapping_add(12_345)) % length;
            memory[place] = memory[place].wrapping_add(1);
        }
    }
    black_box(memory);
}
