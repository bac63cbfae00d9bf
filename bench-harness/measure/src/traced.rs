//! Runs a short trial under `strace` to count system calls, if the kernel's tracepoints are out of reach.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use contract::clock::now;
use contract::generator::Answered;
use record::pinning::Pinning;
use record::plan::Timing;
use record::sample::{Method, SystemCalls};

use crate::cost::{Strace, requests_at};
use crate::generator::Generator;
use crate::process::Seat;
use crate::server::Server;
use crate::stop::Stop;
use crate::task::Task;

/// Length of the trial: the server settles, strace attaches, counts and detaches.
const LENGTH: Duration = Duration::from_millis(1200);
/// Time for the server to start its threads and processes. A tracer that attaches earlier would miss some of them.
const SETTLE: Duration = Duration::from_millis(300);
/// Time before the end of the trial at which strace detaches.
const DETACH: Duration = Duration::from_millis(200);

/// A count in progress.
struct Traced<'a> {
    server: &'a Server,
    folder: &'a Path,
    /// The reports of the generator so far.
    reports: Vec<Answered>,
    /// The tracer, and the time at which it attached.
    tracer: Option<(Strace, Duration)>,
    result: Option<Result<Counted, String>>,
}

/// The calls by name, and the time in which they were counted.
struct Counted {
    by_name: BTreeMap<String, u64>,
    from: Duration,
    to: Duration,
}

/// Counts the system calls of a contender under a load.
///
/// # Errors
/// Counting failed. The error is a sentence with what the user can do.
pub fn count(
    program: &Path,
    pinning: &Pinning,
    folder: &Path,
    task: &Task,
    stop: &Stop,
) -> Result<SystemCalls, String> {
    if !Strace::is_installed() {
        return Err(
            "strace is not installed; install it (Debian: `apt-get install strace`)".to_owned(),
        );
    }
    let (contender, load) = (task.contender, &task.load);
    let seat = |process: &str, cpus| Seat {
        program,
        cpus,
        stderr: folder.join(format!("{:05}-traced-{process}.txt", task.trial.number)),
    };
    let server = Server::start(&seat("server", pinning.server()), contender, load)
        .map_err(|error| error.to_string())?;
    let timing = Timing {
        warm_up_s: LENGTH.as_secs_f64(),
        duration_s: DETACH.as_secs_f64(),
        ..task.timing
    };
    let seat = seat("generator", pinning.generator());
    let mut generator = Generator::start(&seat, &server.address, load, &timing, task.seed)
        .map_err(|error| error.to_string())?;
    let mut traced = Traced {
        server: &server,
        folder,
        reports: Vec::new(),
        tracer: None,
        result: None,
    };
    generator.wait_for_window(stop, &mut |report| traced.progress(report));
    let result = traced.finish();
    drop(generator);
    server.stop();
    result
}

impl Traced<'_> {
    /// Handles a report of the generator: attaches the tracer when the server has settled, and detaches it before the end.
    fn progress(&mut self, report: Answered) {
        self.reports.push(report);
        let since_first = report.at.saturating_sub(self.reports[0].at);
        if self.result.is_some() || since_first < SETTLE {
            return;
        }
        if self.tracer.is_none() {
            let members = self.server.group().members();
            match Strace::attach(&members.pids, &self.folder.join("strace")) {
                Ok(tracer) => self.tracer = Some((tracer, now())),
                Err(reason) => self.result = Some(Err(reason)),
            }
        } else if since_first >= LENGTH.saturating_sub(DETACH) {
            self.detach();
        }
    }

    fn detach(&mut self) {
        if let Some((tracer, from)) = self.tracer.take() {
            let to = now();
            let members = self.server.group().members().pids;
            let missed_some = members.into_iter().any(|pid| !Strace::traces(pid));
            let counted = tracer.detach().map(|by_name| Counted { by_name, from, to });
            self.result = Some(if missed_some {
                Err("strace attached too late to some processes of the server; count with fewer --connections".to_owned())
            } else {
                counted
            });
        }
    }

    /// The calls, with the number of requests in the same time. The requests are known only after a report that follows the
    /// detach.
    fn finish(mut self) -> Result<SystemCalls, String> {
        self.detach();
        let no_reports =
            || Err("the generator sent no requests; see why the trial failed".to_owned());
        let Counted { by_name, from, to } = self.result.take().unwrap_or_else(no_reports)?;
        let requests = requests_at(&self.reports, to) - requests_at(&self.reports, from);
        if self.reports.last().is_none_or(|last| last.at < to) || requests < 1.0 {
            return Err(
                "strace took too long to attach; count with fewer --connections".to_owned(),
            );
        }
        Ok(SystemCalls {
            by_name,
            requests: requests.round() as u64,
            span_s: to.saturating_sub(from).as_secs_f64(),
            how: Method::Strace,
            overran_s: 0.0,
        })
    }
}
