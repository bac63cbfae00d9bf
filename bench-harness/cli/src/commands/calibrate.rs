//! `echolab calibrate`: measures how accurate the load generator is, with servers whose answer is known, and what the kernel charges.

mod bench;
mod floor;
mod known_server;
mod peer;
mod script;
mod theory;
mod truth;
mod words;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use bench::Bench;
use clap::Args;
use floor::Floor;
use measure::stop::Stop;
use record::pinning::Pinning;
use record::prices::Prices;
use script::Script;
use serde::Serialize;
use truth::{Truth, Verdict};

use crate::activity::Activity;
use crate::exit_codes::Exit;
use crate::failure::{Explain as _, Failure};
use crate::notes::note;
use crate::values::whole;

/// Measure how accurate the load generator is on this machine, and its prices
///
/// The first part prices what servers ask of the kernel: a context switch, a sleep with its wake-up, and each frequent
/// system call, in CPU time. `compare` stores these prices with each run, and explains differences by them. The second
/// part measures the generator's own floor: the cost of a request, how late it wakes up, what it adds to a
/// latency, and the highest rate at which all its checks hold. The third part compares its figures with known answers:
/// a delay from a known distribution, a server that is stopped for a known time, and the queues M/D/1 and M/M/1, whose
/// waits follow from the formula of Pollaczek and Khinchine. Everything stays on the loopback interface and takes about
/// two minutes.
///
/// A known answer that was missed, or runs that differed too much to tell, make the figures invalid.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab calibrate                     everything, about two minutes
  echolab calibrate --time 200ms --repeat 5
  echolab calibrate --busy --json > calibration.json")]
pub struct CalibrateArgs {
    /// Measured time of each run
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = loadgen::parse_time)]
    time: Duration,
    /// Independent runs for each known answer, 2 to 20
    ///
    /// The uncertainty of an answer follows from how much these runs differ.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = whole(2..=20_u64))]
    repeat: u64,
    /// Let the generator spin instead of sleep for the known answers
    #[arg(long)]
    busy: bool,
    /// Print a JSON document
    #[arg(long)]
    json: bool,
    /// Show no progress
    #[arg(short, long)]
    quiet: bool,
    /// Run as a known server: null, fixed:TIME, exponential:TIME or delay:TIME..TIME
    #[arg(long, value_name = "SCRIPT", hide = true)]
    role: Option<Script>,
}

/// The result of a calibration.
#[derive(Clone, Debug, Serialize)]
struct Calibration {
    /// What switches, wake-ups and system calls cost a server.
    prices: Prices,
    /// The costs of the generator, and what it adds to a latency.
    floor: Floor,
    /// Known answers, and what was measured for them.
    truths: Vec<Truth>,
}

/// Runs `echolab calibrate`.
///
/// # Errors
/// There is only one CPU, or a system call of the generator or of a known server fails.
pub fn run(args: &CalibrateArgs) -> Result<ExitCode, Failure> {
    if let Some(script) = args.role {
        peer::run(script)?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.time.is_zero() {
        return Err(Failure::wrong_use(
            "--time must be above 0; write for example --time 1s",
        ));
    }
    let calibration = calibrate(args)?;
    let text = if args.json {
        serde_json::to_string(&calibration)? + "\n"
    } else {
        words::words(&calibration)
    };
    io::stdout().write_all(text.as_bytes())?;
    let wrong = calibration
        .truths
        .iter()
        .any(|truth| truth.verdict != Verdict::Found);
    Ok(if wrong {
        // Do not trust figures of this machine now.
        Exit::Invalid.into()
    } else {
        ExitCode::SUCCESS
    })
}

fn calibrate(args: &CalibrateArgs) -> Result<Calibration, Failure> {
    let pinning = Pinning::halves(&measure::cpus::allowed());
    let Some(cpus) = pinning.generator() else {
        return Err(Failure::failed(
            "the generator and the known server need one CPU each, and this process may use only one; allow it two, for example with `taskset -c 0,1`",
        ));
    };
    if cfg!(debug_assertions) {
        note(
            "note: this program was built without optimisation; build it with --release for figures that count",
        );
    }
    let activity = Activity::still(args.quiet);
    activity.step("pricing context switches and system calls");
    // Before this thread moves to the CPU of the generator: the threads that it starts would follow.
    let prices = measure::prices::measure(&pinning);
    let stop =
        Stop::on_signals(crate::screen::leave).explain("cannot handle Ctrl-C", "try again")?;
    measure::cpus::set(cpus)
        .and_then(|set| measure::cpus::confine(&set))
        .explain(
            "cannot choose the CPU of the generator",
            "try again, or outside of a container",
        )?;
    let bench = Bench {
        pinning: &pinning,
        stop: &stop,
        time: args.time,
        repeat: args.repeat as usize,
        busy: args.busy,
    };
    let floor = floor::measure(&bench, &activity)?;
    let truths = truth::measure(&bench, &activity)?;
    Ok(Calibration {
        prices,
        floor,
        truths,
    })
}
