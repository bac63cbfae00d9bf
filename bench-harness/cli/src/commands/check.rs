//! `echolab check`: runs the conformance suite against a model, a running server, or a server of the user's own.

mod by_hand;
mod choice;
mod document;
mod failed;
mod junit;
mod launch;
mod list;
mod points;
mod progress;
mod reachable;
mod target;
mod text;

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use conformance::{Case, Expect, Machine, Run, Subject, default_jobs};
use jiff::Timestamp;
use measure::stop::Stop;
use record::check::{Check, Verdict};
use record::foreign::visible;

use crate::exit_codes::Exit;
use crate::failure::{Explain as _, Failure};
use crate::values::whole;
use document::Circumstances;
use points::PointsFile;
use progress::Bar;
use target::Target;

/// Most cases that may run at a time.
const MOST_JOBS: usize = 64;

/// Check any echo server: what it does right, what it does wrong, and why
///
/// Each case of the suite is a client, or some of them, and a sentence that a correct server fulfils. A case runs only if the
/// cases that it builds on have passed, so one bug fails one case. A failed case says what happened, what that usually means,
/// and how to see it by hand. With an address, a case can only be a client. With --external, each case starts a server of its
/// own, which it also stops, and whose processes it watches. A model of EchoLab has a contract, which some cases check.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  echolab check --external 'python3 scripts/peers/echo_threads.py {port}'
  echolab check --external './server {port}' --only endings,two_clients_at_once
  echolab check --external './server {port}' --expect sequential    serves one client at a time
  echolab check 127.0.0.1:7007                    a server that runs already
  echolab check epoll-level                       a model of EchoLab
  echolab check --external './server {port}' --points points.toml --junit junit.xml
  echolab check --list                            the cases, and what each of them needs")]
pub struct CheckArgs {
    /// Model, or address of a server: ADDR:PORT, udp:ADDR:PORT or unix:PATH
    #[arg(value_name = "MODEL|ADDRESS")]
    target: Option<String>,
    /// Check a server of your own, in any language
    ///
    /// Each case starts the command, with a free port of 127.0.0.1 in place of {port}. The server must stay in the foreground.
    /// At the end its process group gets SIGTERM, and then SIGKILL.
    #[arg(long, value_name = "COMMAND")]
    external: Option<String>,
    /// The server of --external serves datagrams
    #[arg(long)]
    udp: bool,
    /// Run only these cases and groups
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    only: Vec<String>,
    /// Do not run these cases and groups
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    skip: Vec<String>,
    /// List the cases by group; with a server, also say which of them apply
    #[arg(long, conflicts_with_all = ["json", "junit", "points"])]
    list: bool,
    /// Clients that the server serves at a time: concurrent, sequential or at-most:N
    ///
    /// Without this option the server must serve all clients at once. With `sequential` it serves one at a time, and with
    /// `at-most:N` it serves N; further clients must wait. Add `,spins` for a server that asks its clients in turn and never
    /// waits. Add `,frames` for a server that speaks EchoLab's frames instead of an echo: then clients also ask for sizes and
    /// for work, which may delay only the client that asks, or with `,frames-in-loop` must delay all clients. A model declares
    /// all of this itself.
    #[arg(long, value_name = "CLAIM")]
    expect: Option<Expect>,
    /// Cases that run at a time, 1 to 64 [default: by the server and the CPUs]
    ///
    /// With an address it is always 1, because the cases share the server.
    #[arg(short, long, value_name = "N", value_parser = whole(1..=MOST_JOBS))]
    jobs: Option<usize>,
    /// Give points for the cases that pass, as this TOML file says
    #[arg(long, value_name = "FILE", long_help = points::HELP)]
    points: Option<PathBuf>,
    /// Print a JSON document, and nothing else, on stdout
    #[arg(long)]
    json: bool,
    /// Also write JUnit XML, for CI systems and autograders
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// Runs `echolab check`.
///
/// # Errors
/// There is no such server, case or file, or a file cannot be written. What a case finds is part of the document instead.
pub fn run(args: &CheckArgs) -> Result<ExitCode, Failure> {
    if args.list {
        let target = args
            .names_a_server()
            .then(|| Target::of(args))
            .transpose()?;
        let text = list::text(target.as_ref(), &args.only, &args.skip)?;
        write!(io::stdout().lock(), "{}", visible(&text))?;
        return Ok(ExitCode::SUCCESS);
    }
    let target = Target::of(args)?;
    let cases = choice::choose(target.subject.cases(), &args.only, &args.skip)?;
    choice::refuse_if_none_applies(&cases, &target.subject)?;
    let points = args.points.as_deref().map(PointsFile::read).transpose()?;
    // A file that cannot be written must not cost a run.
    let junit = args.junit.as_deref().map(open).transpose()?;
    let stop = Stop::on_signals(|| {}).explain("cannot handle Ctrl-C", "check `ulimit -i`")?;
    let machine = Machine::measure();
    reachable::ensure(&target, machine.slowness, &stop)?;
    let check = check(args, &target, machine, cases, points.as_ref(), &stop)?;
    // The file is written even if stdout is closed or full.
    let printed = print(args, &check);
    if let Some((path, file)) = junit {
        write_junit(path, file, &check)?;
    }
    printed?;
    Ok(exit(check.verdict).into())
}

/// Runs the cases, and shows how far they are.
fn check(
    args: &CheckArgs,
    target: &Target,
    machine: Machine,
    cases: Vec<&'static Case>,
    points: Option<&PointsFile>,
    stop: &Stop,
) -> Result<Check, Failure> {
    let circumstances = Circumstances {
        server: target.server.clone(),
        command: target.command(),
        expect: target.expect,
        is_expect_given: args.expect.is_some(),
        slowness: machine.slowness,
        jobs: jobs(args, &target.subject),
        began: Timestamp::now(),
    };
    let applies = |case: &&&Case| case.not_applicable(&target.subject).is_none();
    let applying = cases.iter().filter(applies).count();
    if !args.json {
        let text = text::heading(&circumstances, applying, target.subject.cases().len());
        io::stdout().write_all(visible(&text).as_bytes())?;
    }
    let begin = Instant::now();
    let bar = Bar::new(applying);
    let run = Run {
        subject: &target.subject,
        cases,
        jobs: circumstances.jobs,
        machine,
        on_event: &|event| bar.show(&event),
        stop: &|| stop.is_requested(),
    };
    let tested = run.run();
    drop(bar);
    let document = document::of(circumstances, &tested, begin.elapsed(), stop.is_requested());
    Ok(match points {
        Some(points) => points.grade(document),
        None => document,
    })
}

/// Number of cases at a time. At one address, the clients of several cases would disturb each other.
fn jobs(args: &CheckArgs, subject: &Subject) -> usize {
    let wanted = args.jobs.filter(|_| subject.has_process());
    wanted.unwrap_or_else(|| default_jobs(subject))
}

impl CheckArgs {
    const fn names_a_server(&self) -> bool {
        self.target.is_some() || self.external.is_some()
    }
}

fn print(args: &CheckArgs, check: &Check) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, check)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", visible(&text::text(check)))?;
    }
    Ok(())
}

/// The exit code of this verdict.
const fn exit(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Passed => Exit::Done,
        Verdict::Failed => Exit::Failed,
        Verdict::NothingChecked => Exit::WrongUse,
        Verdict::Unclear => Exit::Invalid,
        Verdict::Stopped => Exit::Stopped,
    }
}

/// Opens a file without touching what it contains.
fn open(path: &Path) -> Result<(&Path, File), Failure> {
    let mut options = File::options();
    let file = options.create(true).write(true).truncate(false).open(path);
    let file = file.map_err(|error| {
        Failure::wrong_use(format!(
            "cannot write {} ({error}); give a file in a folder that exists with --junit",
            path.display()
        ))
    })?;
    Ok((path, file))
}

fn write_junit(path: &Path, mut file: File, check: &Check) -> Result<(), Failure> {
    let problem = format!("cannot write {}", path.display());
    let remedy = "check its folder and the space on its disk";
    if file.metadata().is_ok_and(|file| file.is_file()) {
        file.set_len(0).explain(&problem, remedy)?;
    }
    let xml = junit::xml(check);
    file.write_all(xml.as_bytes()).explain(&problem, remedy)
}
