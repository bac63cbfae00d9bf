//! Tests that a comparison finds a known difference: two bare servers, of which one works 10 % more for each request.
//!
//! Both servers also compute, three times as long as an echo takes, so that they are saturated long before the
//! generator: if the generator is the bottleneck, there is rightly no verdict. They compute a fixed number of steps,
//! not for a fixed time. The first comparison, of two servers with round numbers of steps, shows how many steps take as
//! long as an echo.
//!
//! `cargo bench --bench known_difference [-- --runs N] [--beside-spinners]` takes three minutes per run on two CPUs,
//! and three more at the beginning. Each run is an `echolab compare --profile standard` with 32 clients. The aim: on a
//! quiet machine at least eight of ten runs find that the second server costs more; beside programs that use the CPUs,
//! no run gives a wrong verdict.

#[expect(dead_code, reason = "the clients are for other benches")]
mod bare;

use std::env;
use std::hint;
use std::process::{Child, Command, ExitCode, Stdio};

use analysis::{Metric, Summary, Verdict};
use record::plan::{ContenderId, LoadId};
use record::store::Run;

const ECHOLAB: &str = env!("CARGO_BIN_EXE_echolab");
const RUNS: usize = 10;
/// Steps per request of the two servers that show how long a step takes.
const TRIED: (u32, u32) = (5_000, 15_000);
/// Exit code if the aim is missed.
const MISSED: u8 = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).filter(|a| a != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["server", port, steps] => {
            let port = port.parse().expect("a port");
            bare::serve_with(port, steps.parse().expect("a number")).expect("it serves");
            ExitCode::SUCCESS
        }
        ["spin"] => loop {
            hint::spin_loop();
        },
        _ => all(&arguments),
    }
}

fn all(arguments: &[String]) -> ExitCode {
    let beside = arguments.iter().any(|a| a == "--beside-spinners");
    let mut after = arguments.iter().skip_while(|a| *a != "--runs").skip(1);
    let runs = after.next().map_or(RUNS, |n| n.parse().expect("--runs N"));
    let echo = steps_of_an_echo();
    println!(
        "an echo takes as long as {echo:.0} steps; with 3 and 3.4 times this number of steps, a request costs 4 and 4.4 echoes"
    );
    let (plain, longer) = ((3.0 * echo) as u32, (3.4 * echo) as u32);
    let spinners: Vec<Spinner> = (0..if beside { 2 } else { 0 })
        .map(|_| Spinner::start())
        .collect();
    let (mut right, mut wrong) = (0, 0);
    for run in 1..=runs {
        let (ratio, verdict) = compare(run, plain, longer);
        let word = verdict.word(Metric::Cpu);
        let why = verdict
            .because()
            .map_or_else(String::new, |why| format!(": {why}"));
        println!("run {run:2}  CPU per request x {ratio:.3}  {word}{why}");
        right += usize::from(verdict == Verdict::Worse);
        wrong += usize::from(matches!(verdict, Verdict::Better | Verdict::Equivalent));
    }
    drop(spinners);
    println!("{right} of {runs} found the difference, {wrong} gave a wrong verdict");
    let reached = wrong == 0 && (beside || right * 10 >= runs * 8);
    ExitCode::from(if reached { 0 } else { MISSED })
}

/// The number of steps that take as long as an echo, from two servers with different numbers of steps.
fn steps_of_an_echo() -> f64 {
    let (dearer, _) = compare(0, TRIED.0, TRIED.1);
    let (few, many) = (f64::from(TRIED.0), f64::from(TRIED.1));
    let echo = (many - few * dearer) / (dearer - 1.0);
    assert!(
        echo.is_finite() && echo > 0.0,
        "{many} steps instead of {few} make a request {dearer} times as expensive: that is noise"
    );
    echo
}

/// Compares two servers with these numbers of steps: the ratio of the CPU time per request, and the verdict.
fn compare(seed: usize, plain: u32, longer: u32) -> (f64, Verdict) {
    let folder = tempfile::tempdir().expect("a folder for the results");
    let own = env::current_exe().expect("a running program has a path");
    let server =
        |name: &str, steps: u32| format!("{name}={} server {{port}} {steps}", own.display());
    let status = Command::new(ECHOLAB)
        .args(["compare", "--profile", "standard", "--scenarios", "ladder"])
        .args(["--connections", "32", "--models", "none", "--quiet"])
        .args(["--external", &server("plain", plain)])
        .args(["--external", &server("longer", longer)])
        .args(["--baseline", "plain", "--seed", &seed.to_string()])
        .arg("--out")
        .arg(folder.path().join("run"))
        .stdout(Stdio::null())
        .status()
        .expect("it starts");
    assert!(
        status.success(),
        "the comparison failed; see its message above"
    );
    let run = Run::read(&folder.path().join("run")).expect("it was just written");
    let summary = Summary::of(&run);
    let found = &summary.cell(ContenderId(1), LoadId(0)).compared[&Metric::Cpu];
    (found.ratio.estimate, found.verdict.clone())
}

/// A program that uses a whole CPU, as a compiler does.
struct Spinner(Child);

impl Spinner {
    fn start() -> Self {
        let own = env::current_exe().expect("a running program has a path");
        Self(Command::new(own).arg("spin").spawn().expect("it starts"))
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
