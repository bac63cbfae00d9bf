//! Tests that a comparison finds a known difference: two bare servers, of which one works a little more for each request.
//!
//! Both servers also compute, three times as long as an echo takes, so that they are saturated long before the generator.
//! They compute a fixed number of steps, not for a fixed time. The first comparison, of two servers with round numbers of
//! steps, shows how many steps take as long as an echo.
//!
//! `cargo bench --bench known_difference [-- --runs N --short] [--profile standard] [--beside-spinners]`. Each run is an
//! `echolab compare` with 32 clients and the sittings and rounds that one cell of the default run has. With the profile
//! quick the second server costs 10 % more, and each of ten runs should find it; with standard it costs 5 % more, and eight of
//! ten should. Beside programs that use the CPUs, no run may give a wrong verdict. Exit code 3 if this is missed.
//!
//! *Found* means that the whole interval of the CPU time a request lies above 1, and that the difference is significant
//! after correction for multiple comparisons. The word needs more: the whole interval above the zone of indifference, and
//! both differences lie on the border of their profile's zone.

mod bare;
mod comparison;
mod options;

use std::env;
use std::hint;
use std::process::ExitCode;

use analysis::{Compared, Metric, Verdict};
use comparison::{Beside, of_one_cell};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use options::Options;
use record::plan::{ContenderId, LoadId};

/// Steps per request of the two servers that show how long a step takes.
const TRIED: (u32, u32) = (5_000, 15_000);
/// Work of the servers in echoes, beside the echo itself.
const WORK: f64 = 3.0;
/// Greatest p-value of a difference that counts as found.
const LEVEL: f64 = 0.05;
/// Exit code if the aim is missed.
const MISSED: u8 = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["server", port, steps] => {
            let port = port.parse().expect("a port");
            bare::serve(port, steps.parse().expect("a number")).expect("it serves");
            ExitCode::SUCCESS
        }
        ["spin"] => {
            set_pdeathsig(Signal::SIGKILL).expect("Linux has it");
            loop {
                hint::spin_loop();
            }
        }
        _ => all(),
    }
}

fn all() -> ExitCode {
    let options = Options::given();
    let profile = options.value("--profile").unwrap_or("quick");
    let (difference, aim) = match profile {
        "quick" => (0.10, 1.0),
        _ => (0.05, 0.8),
    };
    let cell = of_one_cell(profile);
    println!("each run: echolab compare {}", cell.join(" "));
    let echo = steps_of_an_echo();
    let more = (WORK + 1.0).mul_add(difference, WORK);
    println!(
        "an echo takes as long as {echo:.0} steps; with {WORK} and {more} times this number, a request costs {:.0} % more",
        difference * 100.0
    );
    let [plain, longer] = [WORK, more].map(|work| (work * echo) as u32);
    let is_beside = options.has("--beside-spinners");
    let spinners = if is_beside { 2 } else { 0 };
    let spinners: Vec<Beside> = (0..spinners)
        .map(|_| Beside::start(&["spin".to_owned()]))
        .collect();
    let runs = options.runs(2, 10);
    let (mut found, mut wrong) = (0, 0);
    for run in 1..=runs {
        let compared = compare(&cell, run, plain, longer);
        print(run, &compared);
        found += usize::from(is_found(&compared));
        wrong += usize::from(is_wrong(&compared));
    }
    drop(spinners);
    println!("{found} of {runs} found the difference, {wrong} found the opposite");
    let enough = found as f64 >= runs as f64 * aim;
    let reached = wrong == 0 && (is_beside || enough);
    ExitCode::from(if reached { 0 } else { MISSED })
}

fn print(run: usize, compared: &Compared) {
    let word = compared.verdict.word(Metric::Cpu);
    let why = compared.verdict.because();
    let why = why.map_or_else(String::new, |why| format!(": {why}"));
    let (low, high) = compared.ratio.interval.unwrap_or((0.0, f64::INFINITY));
    let mark = if is_found(compared) {
        "found"
    } else {
        "not found"
    };
    println!(
        "run {run:2}  CPU a request x {:.3} [{low:.3}, {high:.3}]  {mark:9}  {word}{why}",
        compared.ratio.estimate
    );
}

/// True if the comparison says that the second server is the dearer one.
fn is_found(compared: &Compared) -> bool {
    let is_above = compared.ratio.interval.is_some_and(|(low, _)| low > 1.0);
    let is_barred = matches!(compared.verdict, Verdict::Barred(_));
    is_above && compared.adjusted <= LEVEL && !is_barred
}

/// True if it says that the second server is the cheaper one.
fn is_wrong(compared: &Compared) -> bool {
    let is_below = compared.ratio.interval.is_some_and(|(_, high)| high < 1.0);
    let is_barred = matches!(compared.verdict, Verdict::Barred(_));
    is_below && compared.adjusted <= LEVEL && !is_barred
}

/// The number of steps that take as long as an echo, from two servers with different numbers of steps.
fn steps_of_an_echo() -> f64 {
    let dearer = compare(&of_one_cell("quick"), 0, TRIED.0, TRIED.1)
        .ratio
        .estimate;
    let (few, many) = (f64::from(TRIED.0), f64::from(TRIED.1));
    let echo = (many - few * dearer) / (dearer - 1.0);
    assert!(
        echo.is_finite() && echo > 0.0,
        "{many} steps instead of {few} make a request {dearer} times as expensive: that is noise"
    );
    echo
}

/// Compares two servers with these numbers of steps.
fn compare(cell: &[String], seed: usize, plain: u32, longer: u32) -> Compared {
    let own = env::current_exe().expect("a running program has a path");
    let server =
        |name: &str, steps: u32| format!("{name}='{}' server {{port}} {steps}", own.display());
    let (plain, longer, seed) = (
        server("plain", plain),
        server("longer", longer),
        seed.to_string(),
    );
    let own = [
        "--scenarios",
        "ladder",
        "--connections",
        "32",
        "--models",
        "none",
        "--external",
        &plain,
        "--external",
        &longer,
        "--baseline",
        "plain",
        "--seed",
        &seed,
    ];
    let options = [cell, &own.map(str::to_owned)].concat();
    let (_, summary) = comparison::compare(&options);
    summary.cell(ContenderId(1), LoadId(0)).compared[&Metric::Cpu].clone()
}
