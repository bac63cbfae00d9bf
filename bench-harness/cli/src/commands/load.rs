//! `echolab load`: what the user asks of the load generator, and what the user sees of it.

mod announce;
mod args;
mod live;
mod part;
mod processes;
mod summary;

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use announce::Announcer;
use anyhow::Context as _;
use contract::part::Line;
use live::{Live, Reading};
use loadgen::{Load, Outcome};
use measure::stop::Stop;
use part::Part;

pub use args::LoadArgs;
pub use processes::PartFailed;

/// The exit code of a run whose figures mean nothing.
const INVALID: u8 = 3;

/// Carries out `echolab load`.
///
/// # Errors
/// The options contradict each other, or the system fails the generator itself. What the server does wrong is part of
/// the outcome instead.
pub fn run(args: &LoadArgs) -> anyhow::Result<ExitCode> {
    let load = args.load()?;
    let stop =
        Stop::on_signals(crate::screen::leave).context("Ctrl-C cannot be handled; try again")?;
    let began = SystemTime::now();
    let outcome = if args.is_part() {
        watch_part(&load, &stop)?
    } else {
        watch(args, &load, &stop)?
    };
    tell(args, &outcome, began)?;
    if outcome.connections.established == 0 {
        let target = &outcome.load.target;
        eprintln!("no connection to {target} could be made; is the server running there?");
    }
    let wrong = outcome.verification.mismatched > 0 || outcome.requests == 0;
    Ok(if wrong {
        ExitCode::FAILURE
    } else if outcome.valid || args.output.allow_invalid {
        ExitCode::SUCCESS
    } else {
        if !args.output.quiet && !args.is_part() {
            eprintln!("echolab: {}", summary::invalid(&outcome));
        }
        ExitCode::from(INVALID)
    })
}

/// Runs the load, and now and then looks at the signals and shows how it is going.
fn watch(args: &LoadArgs, load: &Load, stop: &Stop) -> anyhow::Result<Outcome> {
    let output = &args.output;
    let mut live = Live::new(&load.to_string(), output.quiet, output.lines);
    let outcome = match load.process.1 {
        1 => watch_one(load, stop, &mut live, output.announce),
        processes => processes::run(processes, stop, &mut live, output.announce),
    };
    live.end();
    outcome
}

fn watch_one(load: &Load, stop: &Stop, live: &mut Live, announce: bool) -> anyhow::Result<Outcome> {
    let end = AtomicBool::new(false);
    let mut announcer = announce.then(Announcer::default);
    let outcome = load.run(&end, &mut |progress| {
        end.store(stop.is_requested(), Ordering::Relaxed);
        if let Some(announcer) = &mut announcer {
            announcer.announce(progress);
        }
        live.show(|at| Reading::of(progress, at));
    });
    Ok(outcome?)
}

/// Runs one part of a load, and keeps its owner informed.
fn watch_part(load: &Load, stop: &Stop) -> anyhow::Result<Outcome> {
    let mut part = Part::new(stop).context("the process that owns this one cannot be heard")?;
    let end = AtomicBool::new(false);
    let outcome = load.run(&end, &mut |progress| {
        end.store(stop.is_requested(), Ordering::Relaxed);
        part.look(progress);
    });
    Ok(outcome?)
}

fn tell(args: &LoadArgs, outcome: &Outcome, began: SystemTime) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let written = if args.output.json || args.is_part() {
        let json =
            serde_json::to_string(outcome).context("the outcome cannot be written as JSON")?;
        if args.is_part() {
            writeln!(out, "{}", Line::Outcome(json))
        } else {
            writeln!(out, "{json}")
        }
    } else {
        write!(out, "{}", summary::summary(outcome))
    };
    written.context("stdout is closed; redirect it to a file to keep the outcome")?;
    // The log of several processes is written once, by the one that has all of it.
    if let Some(path) = args.output.hlog.as_ref().filter(|_| !args.is_part()) {
        let name = path.display();
        let failed = || format!("{name} cannot be written; check folder and disk");
        let mut log = BufWriter::new(File::create(path).with_context(failed)?);
        outcome.write_hlog(began, &mut log).with_context(failed)?;
        log.flush().with_context(failed)?;
    }
    Ok(())
}
