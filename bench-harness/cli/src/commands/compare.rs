//! `echolab compare`: from the plan to the report.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::mem;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use analysis::{Summary, precise};
use anyhow::Context as _;
use clap::Args;
use jiff::Timestamp;
use measure::comparison::{Comparison, End};
use measure::lock::{self, Lock};
use measure::machine;
use measure::resume;
use measure::server::Server;
use measure::stop::Stop;
use measure::trial::Processes;
use record::environment::Environment;
use record::number::{counted, waiting};
use record::pinning::Pinning;
use record::plan::Plan;
use record::sample::Sample;
use record::store::{Run, Store};

use crate::commands::plan::ChoiceArgs;
use crate::progress::Progress;

/// What a shell expects of a program that Ctrl-C ended.
const STOPPED: u8 = 130;

/// Measures models side by side, a fresh server and a fresh generator a trial, and writes a report.
///
/// Server and generator run on different CPUs where there are two or more (--pin). One comparison runs at a time. Every
/// finished trial is kept in the results folder at once; Ctrl-C ends the run early, its report says what is missing, and
/// --resume goes on with it.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab compare                                             all models, about six minutes
  echolab compare --models poll,epoll-level --connections 10,1000
  echolab compare --profile standard --baseline epoll-level --out results/mine
  echolab compare --models poll,epoll-level --scenarios rate,capacity --slo 'p99<5ms'
  echolab compare --models poll --external mine='python3 server.py {port}'
  echolab compare --resume results/20260314-150926            go on where it was killed
  echolab plan                                                what it would do")]
pub struct CompareArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
    /// Folder for raw rows and report [default: results/ and the time]
    #[arg(short, long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Go on with the run in this folder, however it ended: its plan holds, and its finished trials are kept
    #[arg(long, value_name = "RUN", conflicts_with_all = ["ChoiceArgs", "out"])]
    resume: Option<PathBuf>,
    /// Go on although machine or program are not those of the beginning; the report says so
    #[arg(long, requires = "resume")]
    force: bool,
    /// No progress
    #[arg(short, long)]
    quiet: bool,
}

/// Carries out `echolab compare`.
///
/// # Errors
/// The options make no plan, or the results cannot be written. What goes wrong in a trial is a row of the results instead.
pub fn run(args: &CompareArgs) -> anyhow::Result<ExitCode> {
    let mut job = match &args.resume {
        Some(folder) => Job::resume(folder, args.force)?,
        None => Job::begin(args)?,
    };
    announce(args, &job);
    let stop =
        Stop::on_signals(crate::screen::leave).context("Ctrl-C cannot be handled; try again")?;
    let mut runner = runner(&job, stop.clone())?;
    let mut watch = Progress::new(&job.plan, args.quiet);
    watch.go_on(job.finished());
    let comparison = Comparison {
        plan: &job.plan,
        rows: mem::take(&mut job.rows),
        runner: &mut runner,
        store: &mut job.store,
        observer: &mut watch,
        precise: &|rows| precise(&job.plan, rows),
        stop: &stop,
    };
    let end = comparison.run()?;
    if end != End::Stopped {
        job.environment.completed = Some(Timestamp::now());
        job.store.update_environment(&job.environment)?;
    }
    watch.clear();
    // An empty folder says nothing; one with messages stays.
    let _ = fs::remove_dir(&runner.stderr);
    conclude(job.store.folder(), end)
}

/// What is to be done, where, and who keeps it.
struct Job {
    plan: Plan,
    environment: Environment,
    store: Store,
    /// What was finished before.
    rows: Vec<Sample>,
    /// Nobody else measures meanwhile.
    _alone: Lock,
}

impl Job {
    fn begin(args: &CompareArgs) -> anyhow::Result<Self> {
        let pinning = args.choice.pinning()?;
        let plan = args.choice.plan(&pinning)?;
        let folder = args.out.clone().unwrap_or_else(folder_of_now);
        let alone = Lock::take(&lock::path(), &purpose(&folder))?;
        try_externals(&plan, &pinning)?;
        let environment = machine::describe(pinning, env::args().collect());
        let store = Store::create(&folder, &environment, &plan)?;
        Ok(Self {
            plan,
            environment,
            store,
            rows: Vec::new(),
            _alone: alone,
        })
    }

    fn resume(folder: &Path, force: bool) -> anyhow::Result<Self> {
        let alone = Lock::take(&lock::path(), &purpose(folder))?;
        let look = |pinning| machine::describe(pinning, Vec::new());
        let (store, run) = resume::open(folder, force, look)?;
        try_externals(&run.plan, &run.environment.pinning)?;
        Ok(Self {
            plan: run.plan,
            environment: run.environment,
            store,
            rows: run.samples,
            _alone: alone,
        })
    }

    /// Trials that were finished before, repeats aside.
    fn finished(&self) -> usize {
        self.rows.iter().filter(|row| row.attempt == 0).count()
    }
}

/// Starts every server of a command once, so that a slip of the pen is no run of failed trials.
fn try_externals(plan: &Plan, pinning: &Pinning) -> anyhow::Result<()> {
    for contender in &plan.contenders {
        if let Some(command) = &contender.command {
            Server::try_out(command, pinning.server())
                .with_context(|| format!("the external server `{}`", contender.name))?;
        }
    }
    Ok(())
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

fn announce(args: &CompareArgs, job: &Job) {
    if args.quiet {
        return;
    }
    let (plan, environment) = (&job.plan, &job.environment);
    if args.resume.is_some() {
        let planned = plan.trials().count();
        eprintln!("{} of {planned} trials are finished", job.finished());
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
        job.store.folder().display()
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

fn runner(job: &Job, stop: Stop) -> anyhow::Result<Processes> {
    let program = env::current_exe()
        .context("this program cannot find itself to start servers; call it by its full path")?;
    let stderr = job.store.folder().join("stderr");
    fs::create_dir_all(&stderr)
        .with_context(|| format!("cannot make `{}`; check the permissions", stderr.display()))?;
    Ok(Processes {
        program,
        pinning: job.environment.pinning.clone(),
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
            "stopped: {} of {} trials are finished and kept; go on with `echolab compare --resume {}`",
            summary.finished,
            summary.planned,
            folder.display()
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
