//! `echolab calibrate`: how good the load generator is on this machine, shown against servers whose answer is known.

mod bench;
mod floor;
mod known_server;
mod peer;
mod theory;
mod truth;
mod words;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bench::Bench;
use clap::Args;
use floor::Floor;
use indicatif::ProgressBar;
use known_server::Script;
use measure::cpus;
use measure::stop::Stop;
use record::pinning::Pinning;
use serde::Serialize;
use truth::{Truth, Verdict};

/// Exit code where a known answer was not found: figures of this machine are not to be trusted now.
const UNTRUE: u8 = 3;

/// Shows how good the load generator is on this machine.
///
/// First its own floor: what a request costs it, how late it wakes up, what it adds to a latency, and the highest rate at
/// which it finds no fault with itself. Then how far its figures are from the truth, against servers whose answer is
/// known: a delay from a known distribution, a server that is stopped for a known time, and the queues M/D/1 and M/M/1, whose
/// waits Pollaczek and Khinchine computed. Everything stays on the loopback interface and takes about two minutes.
///
/// Exit code: 0; 3 where a known answer was missed, or the runs differed too much to tell.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab calibrate                     the whole of it, about two minutes
  echolab calibrate --time 200ms --repeat 5
  echolab calibrate --busy --json > calibration.json")]
pub struct CalibrateArgs {
    /// How long each run measures
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = loadgen::parse_time)]
    time: Duration,
    /// Independent runs for each known answer; their spread is its uncertainty
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(2..=20))]
    repeat: u64,
    /// Let the generator spin instead of sleep where known answers are measured
    #[arg(long)]
    busy: bool,
    /// Print a JSON document instead of a text
    #[arg(long)]
    json: bool,
    /// Do not say what is going on
    #[arg(short, long)]
    quiet: bool,
    /// Be a known server instead: null, fixed:TIME, exponential:TIME or delay:TIME..TIME
    #[arg(long, value_name = "SCRIPT", hide = true)]
    role: Option<Script>,
}

/// Everything that a calibration found.
#[derive(Clone, Debug, Serialize)]
struct Calibration {
    /// What the generator costs and adds.
    floor: Floor,
    /// Known answers and what was measured.
    truths: Vec<Truth>,
}

/// Carries out `echolab calibrate`.
///
/// # Errors
/// There is only one CPU, or the system fails the generator or a known server.
pub fn run(args: &CalibrateArgs) -> anyhow::Result<ExitCode> {
    if let Some(script) = args.role {
        peer::play(script)?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.time.is_zero() {
        bail!("runs of no time measure nothing; give --time more than 0");
    }
    let calibration = calibrate(args)?;
    let text = if args.json {
        serde_json::to_string(&calibration)? + "\n"
    } else {
        words::words(&calibration)
    };
    io::stdout()
        .write_all(text.as_bytes())
        .context("stdout is closed; redirect it to a file to keep the figures")?;
    let wrong = calibration
        .truths
        .iter()
        .any(|truth| truth.verdict != Verdict::Found);
    Ok(if wrong {
        ExitCode::from(UNTRUE)
    } else {
        ExitCode::SUCCESS
    })
}

fn calibrate(args: &CalibrateArgs) -> anyhow::Result<Calibration> {
    let pinning = Pinning::halves(&cpus::allowed());
    let Some(own) = pinning.generator() else {
        bail!(
            "a known server needs a CPU beside the generator's, and this process may use only one; allow it two, for example with `taskset -c 0,1`"
        );
    };
    if cfg!(debug_assertions) {
        eprintln!(
            "echolab: this program was built without optimisation; build it with --release for figures that count"
        );
    }
    let stop =
        Stop::on_signals(crate::screen::leave).context("Ctrl-C cannot be handled; try again")?;
    let set = cpus::set(own).context("the CPUs of this machine have changed; try again")?;
    cpus::confine(&set)
        .context("this process may not choose its CPU; try it without a container")?;
    let bench = Bench {
        pinning: &pinning,
        stop: &stop,
        time: args.time,
        repeat: args.repeat as usize,
        busy: args.busy,
    };
    let bar = if args.quiet {
        ProgressBar::hidden()
    } else {
        ProgressBar::new_spinner()
    };
    let say = |step: &str| {
        bar.set_message(step.to_owned());
        bar.tick();
    };
    let floor = floor::measure(&bench, &say)?;
    let truths = truth::measure(&bench, &say)?;
    bar.finish_and_clear();
    Ok(Calibration { floor, truths })
}
