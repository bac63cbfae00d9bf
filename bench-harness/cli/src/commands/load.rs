//! `echolab load`: runs the load generator and shows its progress and its outcome.

mod announce;
mod args;
mod live;
mod part;
mod part_failed;
mod processes;
mod slices;
mod summary;

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::num::NonZero;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::SystemTime;

use announce::Announcer;
use contract::part::Line;
use live::{Live, Reading};
use loadgen::{Load, Outcome, Schedule};
use measure::stop::Stop;
use part::Part;
use record::foreign::visible;

use crate::exit_codes::Exit;
use crate::failure::{Explain as _, Failure};
use crate::notes::note;

pub use args::LoadArgs;
pub use part_failed::PartFailed;

/// Runs `echolab load`.
///
/// # Errors
/// The options contradict each other, or a system call of the generator fails. Errors of the server are part of the
/// outcome instead.
pub fn run(args: &LoadArgs) -> Result<ExitCode, Failure> {
    let load = args.load()?;
    let stop =
        Stop::on_signals(crate::screen::leave).explain("cannot handle Ctrl-C", "try again")?;
    // A log that cannot be written must not cost a run.
    let log = open_log(args)?;
    if !args.output.quiet && !args.is_part() {
        announce_few(&load);
        if !load.target.is_on_this_machine() {
            note(format_args!(
                "note: {} is another machine, so the figures include the network between them; use only machines that you may load",
                load.target
            ));
        }
    }
    let began = SystemTime::now();
    let outcome = if args.output.slices {
        slices::run(&load, &stop)?
    } else if args.is_part() {
        watch_part(&load, &stop)?
    } else {
        watch(args, &load, &stop)?
    };
    // The log is written even if stdout is closed or full: its figures cannot be measured again.
    let printed = print(args, &outcome);
    if let Some((path, file)) = log {
        write_hlog(path, file, &outcome, began)?;
    }
    printed?;
    if outcome.connections.established == 0 {
        note(format_args!("echolab: {}", summary::unconnected(&outcome)));
    }
    if outcome.server_died && !args.is_part() {
        note(format_args!("echolab: {}", summary::died(&outcome)));
    }
    Ok(if outcome.verification.mismatched > 0 {
        ExitCode::FAILURE
    } else if outcome.server_died {
        Exit::ServerDied.into()
    } else if outcome.requests == 0 {
        ExitCode::FAILURE
    } else if outcome.valid || args.output.allow_invalid {
        ExitCode::SUCCESS
    } else {
        if !args.output.quiet && !args.is_part() {
            let cpus = thread::available_parallelism().map_or(1, NonZero::get);
            let words = summary::invalid(&outcome, args.prints_summary(), cpus);
            note(format_args!("echolab: {words}"));
        }
        Exit::Invalid.into()
    })
}

/// Says before the run that its window is too short for a request.
fn announce_few(load: &Load) {
    for class in &load.classes {
        if let Schedule::Open { rate, .. } = &class.schedule
            && rate.expected(load.duration.as_secs_f64()) < 1.0
        {
            note(format_args!(
                "note: fewer than one request of class `{}` is due in {:?} at {rate} requests/s; use a longer --duration or a higher --rate",
                class.name, load.duration
            ));
        }
    }
}

/// Runs the load, and from time to time checks for signals and updates the view.
fn watch(args: &LoadArgs, load: &Load, stop: &Stop) -> Result<Outcome, Failure> {
    let output = &args.output;
    let mut live = Live::new(load, output.quiet, output.lines);
    let outcome = match load.process.1 {
        1 => watch_own_process(load, stop, &mut live, output.announce),
        processes => processes::run(processes, stop, &mut live, output.announce),
    };
    live.end();
    outcome
}

fn watch_own_process(
    load: &Load,
    stop: &Stop,
    live: &mut Live,
    announce: bool,
) -> Result<Outcome, Failure> {
    let end = AtomicBool::new(false);
    let mut announcer = announce.then(Announcer::default);
    let outcome = load.run(&end, &mut |progress| {
        end.store(stop.is_requested(), Ordering::Relaxed);
        if let Some(announcer) = &mut announcer {
            announcer.announce(progress);
        }
        live.show(progress.phase(), |elapsed| Reading::of(progress, elapsed));
    });
    Ok(outcome?)
}

/// Runs one part of a load, and reports to the process that started it.
fn watch_part(load: &Load, stop: &Stop) -> Result<Outcome, Failure> {
    let mut part = Part::new(stop).explain(
        "cannot listen to the process that started this one",
        "remove --part, which is only for the generator itself",
    )?;
    let end = AtomicBool::new(false);
    let outcome = load.run(&end, &mut |progress| {
        end.store(stop.is_requested(), Ordering::Relaxed);
        part.look(progress);
    });
    Ok(outcome?)
}

fn print(args: &LoadArgs, outcome: &Outcome) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if !args.prints_summary() {
        let json = serde_json::to_string(outcome)?;
        if args.is_part() {
            writeln!(out, "{}", Line::Outcome(json))?;
        } else {
            writeln!(out, "{json}")?;
        }
    } else if outcome.connections.established > 0 {
        write!(out, "{}", visible(&summary::summary(outcome)))?;
    } else {
        write!(out, "{}", visible(&summary::without_connections(outcome)))?;
    }
    Ok(())
}

/// Opens the histogram log, without touching what an earlier run wrote. The owner of several processes writes one log for all
/// of them.
fn open_log(args: &LoadArgs) -> Result<Option<(&Path, File)>, Failure> {
    let Some(path) = args.output.hlog.as_deref().filter(|_| !args.is_part()) else {
        return Ok(None);
    };
    let file = File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(path)
        .map_err(|error| {
            Failure::wrong_use(format!(
                "cannot write {} ({error}); give a file in a folder that you may write to with --hlog",
                path.display()
            ))
        })?;
    Ok(Some((path, file)))
}

fn write_hlog(
    path: &Path,
    file: File,
    outcome: &Outcome,
    began: SystemTime,
) -> Result<(), Failure> {
    let problem = format!("cannot write {}", path.display());
    let remedy = "check its folder and the space on its disk";
    if file.metadata().is_ok_and(|file| file.is_file()) {
        file.set_len(0).explain(&problem, remedy)?;
    }
    let mut log = BufWriter::new(file);
    outcome.write_hlog(began, &mut log)?;
    log.flush().explain(&problem, remedy)
}
