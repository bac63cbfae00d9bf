//! `echolab compare`: from the plan to the report.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;

use crate::analysis::{Summary, precise};
use crate::comparison::{Comparison, End};
use crate::cpus::Pinning;
use crate::environment::Environment;
use crate::lock::{self, Lock};
use crate::number::{counted, waiting};
use crate::plan::Plan;
use crate::plan_command::ChoiceArgs;
use crate::progress::Progress;
use crate::report;
use crate::stop::Stop;
use crate::store::{Run, Store};
use crate::trial::Processes;

/// What a shell expects of a program that Ctrl-C ended.
const STOPPED: u8 = 130;

/// Measures models side by side, a fresh server and a fresh generator a trial, and writes a report.
///
/// Server and generator run on different CPUs where there are two or more (--pin). One comparison runs at a time. Every finished trial is kept in the results folder
/// at once; Ctrl-C ends the run early, and its report says what is missing.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab compare                                             all models, about five minutes
  echolab compare --models poll,epoll-level --connections 10,1000
  echolab compare --profile standard --baseline epoll-level --out results/mine
  echolab compare --models poll,epoll-level --scenarios rate,capacity --slo 'p99<5ms'
  echolab plan                                                what it would do")]
pub struct CompareArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
    /// Folder for raw rows and report [default: results/ and the time]
    #[arg(short, long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// No progress
    #[arg(short, long)]
    quiet: bool,
}

/// Carries out `echolab compare`.
///
/// # Errors
/// The options make no plan, or the results cannot be written. What goes wrong in a trial is a row of the results instead.
pub fn run(args: &CompareArgs) -> anyhow::Result<ExitCode> {
    let pinning = args.choice.pinning()?;
    let plan = args.choice.plan(&pinning)?;
    let folder = args.out.clone().unwrap_or_else(folder_of_now);
    let _alone = Lock::take(&lock::path(), &purpose(&folder))?;
    let environment = Environment::look(pinning.clone(), env::args().collect());
    let mut store = Store::create(&folder, &environment, &plan)?;
    announce(args, &plan, &environment, &folder);
    let stop = Stop::on_signals().context("Ctrl-C cannot be handled; try again")?;
    let mut runner = runner(&folder, pinning, stop.clone())?;
    let mut watch = Progress::new(&plan, args.quiet);
    let comparison = Comparison {
        plan: &plan,
        rows: Vec::new(),
        runner: &mut runner,
        store: &mut store,
        watch: &mut watch,
        precise: &|rows| precise(&plan, rows),
        stop: &stop,
    };
    let end = comparison.carry_out()?;
    watch.clear();
    // An empty folder says nothing; one with messages stays.
    let _ = fs::remove_dir(&runner.stderr);
    conclude(&folder, end)
}

/// What others are told who want to measure at the same time.
fn purpose(folder: &Path) -> String {
    let since = Timestamp::now()
        .strftime("%Y-%m-%d %H:%M:%S UTC")
        .to_string();
    format!("since {since}, into {}", folder.display())
}

/// Folders sorted by name are sorted by time.
fn folder_of_now() -> PathBuf {
    Path::new("results").join(Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string())
}

fn announce(args: &CompareArgs, plan: &Plan, environment: &Environment, folder: &Path) {
    if args.quiet {
        return;
    }
    eprintln!(
        "{} in about {}: {} x {} x {}, seed {}; {}; into {}",
        counted(plan.trials().count(), "trial"),
        waiting(plan.expected()),
        counted(plan.contenders.len(), "model"),
        counted(plan.loads.len(), "load"),
        counted(plan.rounds(), "block"),
        plan.seed,
        environment.pinning.sentence(),
        folder.display()
    );
    let most = plan
        .loads
        .iter()
        .map(|load| load.connections)
        .max()
        .unwrap_or(0);
    for warning in environment.warnings(most) {
        eprintln!("note: {warning}");
    }
}

fn runner(folder: &Path, pinning: Pinning, stop: Stop) -> anyhow::Result<Processes> {
    let program = env::current_exe()
        .context("this program cannot find itself to start servers; call it by its full path")?;
    let stderr = folder.join("stderr");
    fs::create_dir_all(&stderr)
        .with_context(|| format!("cannot make `{}`; check the permissions", stderr.display()))?;
    Ok(Processes {
        program,
        pinning,
        stderr,
        stop,
    })
}

/// Writes the report and shows the most important part of it.
fn conclude(folder: &Path, end: End) -> anyhow::Result<ExitCode> {
    let run = Run::read(folder)?;
    let summary = Summary::of(&run);
    let page = report::write(folder, &run, &summary)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", report::terminal(&summary))?;
    if end == End::Stopped {
        writeln!(
            out,
            "stopped: {} of {} trials are finished and kept",
            summary.finished, summary.planned
        )?;
    }
    writeln!(out, "report  {}", page.display())?;
    writeln!(out, "again   echolab report {}", folder.display())?;
    Ok(if end == End::Stopped {
        ExitCode::from(STOPPED)
    } else {
        ExitCode::SUCCESS
    })
}
