//! Whether a known difference is found: two bare servers, one of which works a tenth more for each request.
//!
//! Both compute beside it, about as long as echoing takes, so that they are at their limit before the generator is: where that is
//! the bottleneck there is no verdict, rightly.
//!
//! `cargo bench --bench known_difference [-- --runs N] [--beside-spinners]`, three quarters of a minute a run on two CPUs. Each run is an
//! `echolab compare` of ten blocks, as in the profile `standard`. The aim is that at least eight of ten runs on a quiet
//! machine find the second server dearer, and that beside programs that take the CPUs away no run gives a wrong word.

#[expect(dead_code, reason = "the clients are for other benches")]
mod bare;

use std::env;
use std::hint;
use std::process::{Child, Command, ExitCode, Stdio};

use echolab::analysis::{Metric, Summary, Verdict};
use echolab::store::Run;

const ECHOLAB: &str = env!("CARGO_BIN_EXE_echolab");
const RUNS: usize = 10;
/// What the servers compute for each request, as shares of what they need for it: in all, one needs 2.2 of that and the other 2.
const PLAIN: &str = "1";
const LONGER: &str = "1.2";
/// Exit code where the aim was missed.
const MISSED: u8 = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).filter(|a| a != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["server", port, longer] => {
            let port = port.parse().expect("a port");
            bare::serve_with(port, longer.parse().expect("a share")).expect("it serves");
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
    let spinners: Vec<Spinner> = (0..if beside { 2 } else { 0 })
        .map(|_| Spinner::start())
        .collect();
    let (mut right, mut wrong) = (0, 0);
    for run in 1..=runs {
        let (ratio, verdict) = compare(run);
        let word = verdict.word(Metric::Cpu);
        let why = verdict
            .because()
            .map_or_else(String::new, |why| format!(": {why}"));
        println!("run {run:2}  CPU a request x {ratio:.3}  {word}{why}");
        right += usize::from(verdict == Verdict::Worse);
        wrong += usize::from(matches!(verdict, Verdict::Better | Verdict::Equivalent));
    }
    drop(spinners);
    println!("{right} of {runs} found the difference, {wrong} gave a wrong word");
    let reached = wrong == 0 && (beside || right * 10 >= runs * 8);
    ExitCode::from(if reached { 0 } else { MISSED })
}

/// One comparison; the ratio of the CPU time a request, and the word about it.
fn compare(seed: usize) -> (f64, Verdict) {
    let folder = tempfile::tempdir().expect("a folder for the results");
    let own = env::current_exe().expect("a running program has a path");
    let server =
        |name: &str, longer: &str| format!("{name}={} server {{port}} {longer}", own.display());
    let status = Command::new(ECHOLAB)
        .args([
            "compare",
            "--models",
            "none",
            "--quiet",
            "--connections",
            "32",
            "--blocks",
            "10",
        ])
        .args([
            "--duration",
            "1s",
            "--baseline",
            "plain",
            "--seed",
            &seed.to_string(),
        ])
        .args([
            "--external",
            &server("plain", PLAIN),
            "--external",
            &server("longer", LONGER),
        ])
        .arg("--out")
        .arg(folder.path().join("run"))
        .stdout(Stdio::null())
        .status()
        .expect("it starts");
    assert!(status.success(), "a comparison that cannot be carried out");
    let run = Run::read(&folder.path().join("run")).expect("it was just written");
    let summary = Summary::of(&run);
    let found = &summary.cell(1, 0).compared[&Metric::Cpu];
    (found.ratio.estimate, found.verdict.clone())
}

/// A program that wants a CPU for itself, as a compiler does.
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
