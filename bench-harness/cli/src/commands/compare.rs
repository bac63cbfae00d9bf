//! `echolab compare`: from the plan to the report.

mod budget;

use std::collections::HashSet;
use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::mem;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use analysis::Summary;
use clap::Args;
use echo_protocol::Protocol;
use jiff::Timestamp;
use measure::comparison::{Comparison, End, Rows};
use measure::lock::{self, Lock};
use measure::machine;
use measure::prices;
use measure::resume;
use measure::server::Server;
use measure::stop::Stop;
use measure::trial::Processes;
use record::environment::Environment;
use record::foreign::{visible, word};
use record::number::{counted, waiting};
use record::pinning::Pinning;
use record::plan::{Load, Plan};
use record::prices::Prices;
use record::sample::Sample;
use record::store::{Run, Store};
use record::tally::Tally;

use crate::activity::Activity;
use crate::choice::ChoiceArgs;
use crate::exit_codes::Exit;
use crate::failure::{Explain as _, Failure};
use crate::http_args::HttpArgs;
use crate::lessons;
use crate::notes::note;
use crate::progress::Progress;
use budget::Budget;

/// Measure models side by side and write a report
///
/// Servers are measured in turn, in short slices, each beside a slice of the baseline, so that a machine whose speed
/// drifts treats them alike. Server and generator run on different CPUs if there are two or more (--pin). Only one
/// comparison runs at a time. Each finished slice is stored in the results folder at once. Ctrl-C ends the run early:
/// the report then says what is missing, and --resume continues the run at the next round.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab compare                                             the core models, about six minutes
  echolab compare --models all                                all models, about fifteen minutes
  echolab compare --models poll,epoll-level --connections 10,1000
  echolab compare --profile standard --baseline epoll-level --out results/mine
  echolab compare --models poll,epoll-level --scenarios rate,capacity --slo 'p99<5ms'
  echolab compare --models poll --external mine='python3 server.py {port}'
  echolab compare --models epoll-level --protocol http --external py='python3 -m http.server {port} -d site'
  echolab compare --resume results/20260314-150926            continue a run that was interrupted
  echolab plan                                                show the plan without measuring")]
pub struct CompareArgs {
    #[command(flatten)]
    choice: ChoiceArgs,
    // Not within `choice`: clap leaves a group empty whose struct has another one in it, and the conflict below needs the groups.
    #[command(flatten)]
    http: HttpArgs,
    /// Folder for raw rows and report [default: results/ and the time]
    #[arg(short, long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Continue the run in this folder, by its own plan
    ///
    /// Finished trials are kept, however the run ended.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["ChoiceArgs", "HttpArgs", "out"])]
    resume: Option<PathBuf>,
    /// Resume even if the machine or the program has changed
    ///
    /// The report lists what has changed.
    #[arg(long, requires = "resume")]
    force: bool,
    /// Show no progress
    #[arg(short, long)]
    quiet: bool,
}

/// Runs `echolab compare`.
///
/// # Errors
/// The options make no plan, or the results cannot be written. A trial that fails is a row of the results instead.
pub fn run(args: &CompareArgs) -> Result<ExitCode, Failure> {
    let mut job = match &args.resume {
        Some(folder) => Job::resume(folder, args)?,
        None => Job::begin(args)?,
    };
    announce(args, &job);
    let stop =
        Stop::on_signals(crate::screen::leave).explain("cannot handle Ctrl-C", "try again")?;
    let mut runner = runner(&job, stop.clone())?;
    let mut watch = Progress::new(&job.plan, args.quiet);
    watch.skip_finished(&job.plan, &job.rows);
    let judge = Budget::of(&job.plan, &job.rows);
    let comparison = Comparison {
        plan: job.plan.clone(),
        rows: mem::take(&mut job.rows),
        runner: &mut runner,
        store: &mut job.store,
        observer: &mut watch,
        judge: &judge,
        stop: &stop,
    };
    let begin = machine::cpu_time();
    let end = comparison.run()?;
    job.environment.add_cpu_time(begin, machine::cpu_time());
    if end != End::Stopped {
        job.environment.completed = Some(Timestamp::now());
    }
    job.store.update_environment(&job.environment)?;
    watch.clear();
    // This removes the folder only if it is empty: messages of servers stay.
    let _ = fs::remove_dir(&runner.stderr);
    conclude(job.store.folder(), end, args.quiet)
}

/// A comparison that is ready to run.
struct Job {
    plan: Plan,
    environment: Environment,
    store: Store,
    /// What was finished before this run was resumed.
    rows: Rows,
    /// Keeps other comparisons waiting until this one ends.
    _lock: Lock,
}

impl Job {
    fn begin(args: &CompareArgs) -> Result<Self, Failure> {
        let pinning = args.choice.pinning()?;
        let plan = args.choice.plan(&args.http, &pinning)?;
        let folder = args.out.clone().unwrap_or_else(folder_of_now);
        let lock = Lock::take(&lock::path(), &purpose(&folder))?;
        try_externals(&plan, &pinning, args.quiet)?;
        let environment = Environment {
            prices: Some(price(&pinning, args.quiet)),
            ..machine::describe(pinning, env::args().collect())
        };
        let store = Store::create(&folder, &environment, &plan)?;
        store.write_lessons(&lessons::lessons(&plan.contenders))?;
        Ok(Self {
            plan,
            environment,
            store,
            rows: Rows::default(),
            _lock: lock,
        })
    }

    fn resume(folder: &Path, args: &CompareArgs) -> Result<Self, Failure> {
        let lock = Lock::take(&lock::path(), &purpose(folder))?;
        let this_machine = |pinning| machine::describe(pinning, Vec::new());
        let (store, run) = resume::open(folder, args.force, this_machine)?;
        try_externals(&run.plan, &run.environment.pinning, args.quiet)?;
        Ok(Self {
            plan: run.plan,
            environment: run.environment,
            store,
            rows: Rows {
                samples: run.samples,
                slices: run.slices,
            },
            _lock: lock,
        })
    }

    /// What was finished before this run was resumed.
    fn finished(&self) -> String {
        let tally = tally(&self.plan, &self.rows.samples);
        let slices = self.rows.slices.len();
        match slices {
            0 => tally.to_string(),
            _ => format!("{tally}, {} in all", counted(slices, "slice")),
        }
    }
}

/// Counts the finished parts of a plan.
fn tally(plan: &Plan, rows: &[Sample]) -> Tally {
    let rows: HashSet<usize> = rows.iter().map(|row| row.trial).collect();
    Tally::of(plan, &rows)
}

/// Starts each external server once. A mistake in its command then ends the comparison here, and not in a run of failed
/// trials.
fn try_externals(plan: &Plan, pinning: &Pinning, quiet: bool) -> Result<(), Failure> {
    let activity = Activity::spinning(quiet);
    let mut loads: Vec<&Load> = Vec::new();
    for load in &plan.loads {
        let asks_the_same = |other: &&Load| {
            let is_http = load.protocol == Protocol::Http;
            other.protocol == load.protocol
                && (!is_http || (&other.http, other.payload) == (&load.http, load.payload))
        };
        if load.protocol != Protocol::Framed && !loads.iter().any(asks_the_same) {
            loads.push(load);
        }
    }
    for contender in &plan.contenders {
        if let Some(command) = &contender.command {
            let name = &contender.name;
            activity.step(format!("trying the external server `{name}`"));
            Server::try_out(command, pinning.server(), &loads).map_err(|error| {
                Failure::from(error).about(format_args!("the external server `{name}`"))
            })?;
        }
    }
    Ok(())
}

/// Prices switches, wake-ups and system calls where the server will run. It takes about a second.
fn price(pinning: &Pinning, quiet: bool) -> Prices {
    let activity = Activity::still(quiet);
    activity.step("pricing context switches and system calls");
    prices::measure(pinning)
}

/// What the lock shows to a user who wants to measure at the same time.
fn purpose(folder: &Path) -> String {
    let since = Timestamp::now()
        .strftime("%Y-%m-%d %H:%M:%S UTC")
        .to_string();
    format!("since {since}, into {}", folder.display())
}

/// A new folder; its name sorts by time.
fn folder_of_now() -> PathBuf {
    Path::new("results").join(Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string())
}

fn announce(args: &CompareArgs, job: &Job) {
    if args.quiet {
        return;
    }
    let (plan, environment) = (&job.plan, &job.environment);
    if args.resume.is_some() {
        note(job.finished());
    }
    note(format_args!(
        "{} in about {}: {} x {} x {}, seed {}; {}; into {}",
        report::plan_parts(plan),
        waiting(plan.expected()),
        counted(plan.contenders.len(), "model"),
        counted(plan.loads.len(), "load"),
        counted(plan.most_blocks(), "block"),
        plan.seed,
        environment.pinning.sentence(),
        job.store.folder().display()
    ));
    let most = plan
        .loads
        .iter()
        .map(|load| load.connections)
        .max()
        .unwrap_or(0);
    for warning in environment.warnings(most) {
        note(format_args!("note: {warning}"));
    }
    for warning in report::plan_notes(plan) {
        note(format_args!("note: {warning}"));
    }
}

fn runner(job: &Job, stop: Stop) -> Result<Processes, Failure> {
    let program = env::current_exe().explain(
        "this program cannot find itself to start servers",
        "call it by its full path",
    )?;
    let stderr = job.store.folder().join("stderr");
    fs::create_dir_all(&stderr).explain(
        format_args!("cannot make `{}`", stderr.display()),
        "check the permissions of the folder and the space on its disk",
    )?;
    Ok(Processes {
        program,
        pinning: job.environment.pinning.clone(),
        stderr,
        stop,
    })
}

/// Writes the report and shows the most important part of it.
fn conclude(folder: &Path, end: End, quiet: bool) -> Result<ExitCode, Failure> {
    let activity = Activity::spinning(quiet);
    activity.step("analysing the run");
    let mut run = Run::read(folder)?;
    // A run of an older version may have been resumed.
    lessons::fill_in(&mut run);
    let summary = Summary::of(&run);
    activity.step("writing the report");
    let page = report::write(folder, &run, &summary)?;
    drop(activity);
    let mut out = io::stdout().lock();
    writeln!(out, "{}", visible(&report::terminal(&summary)))?;
    if end == End::Stopped {
        writeln!(
            out,
            "stopped: {} and kept; continue with `echolab compare --resume {}`",
            tally(&run.plan, &run.samples),
            word(&folder.to_string_lossy())
        )?;
    }
    writeln!(out, "report  {}", page.display())?;
    writeln!(
        out,
        "again   echolab report {}",
        word(&folder.to_string_lossy())
    )?;
    Ok(match end {
        End::Stopped => Exit::Stopped.into(),
        End::Complete | End::Precise => ExitCode::SUCCESS,
    })
}
