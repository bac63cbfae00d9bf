//! One short trial under `strace`, for its system calls alone, where the kernel's own counters are out of reach.

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

/// How long asking goes on, the tracer's coming and going included.
const ASKING: Duration = Duration::from_millis(1200);
/// Time that the server is given to start what it needs for its clients: a tracer that comes meanwhile would miss some of it.
const SETTLE: Duration = Duration::from_millis(300);
/// The tracer leaves so long before the end.
const LEAVE: Duration = Duration::from_millis(200);

/// A count under way.
struct Traced<'a> {
    server: &'a Server,
    folder: &'a Path,
    heard: Vec<Answered>,
    tracer: Option<(Strace, Duration)>,
    /// The calls, and from when to when they were counted.
    result: Option<Result<Counted, String>>,
}

struct Counted {
    by_name: BTreeMap<String, u64>,
    from: Duration,
    to: Duration,
}

/// Counts the system calls of a contender under a load.
///
/// # Errors
/// A sentence with what can be done about it.
pub fn count(
    program: &Path,
    pinning: &Pinning,
    folder: &Path,
    task: &Task,
    stop: &Stop,
) -> Result<SystemCalls, String> {
    if !Strace::is_installed() {
        return Err("strace is not installed (Debian: `apt-get install strace`)".to_owned());
    }
    let (contender, load) = (task.contender, &task.load);
    let seat = |who: &str, cpus| Seat {
        program,
        cpus,
        stderr: folder.join(format!("{:05}-traced-{who}.txt", task.trial.number)),
    };
    let server = Server::start(&seat("server", pinning.server()), contender, load)
        .map_err(|error| error.to_string())?;
    let timing = Timing {
        warm_up_s: ASKING.as_secs_f64(),
        duration_s: LEAVE.as_secs_f64(),
        ..task.timing
    };
    let seat = seat("generator", pinning.generator());
    let mut generator = Generator::start(&seat, &server.address, load, &timing, task.seed)
        .map_err(|error| error.to_string())?;
    let mut traced = Traced {
        server: &server,
        folder,
        heard: Vec::new(),
        tracer: None,
        result: None,
    };
    generator.measuring(stop, &mut |word| traced.hear(word));
    let result = traced.finish();
    drop(generator);
    server.stop();
    result
}

impl Traced<'_> {
    fn hear(&mut self, word: Answered) {
        self.heard.push(word);
        let since_asking = word.at.saturating_sub(self.heard[0].at);
        if self.result.is_some() || since_asking < SETTLE {
            return;
        }
        if self.tracer.is_none() {
            let members = self.server.group().members();
            match Strace::attach(&members.pids, &self.folder.join("strace")) {
                Ok(tracer) => self.tracer = Some((tracer, now())),
                Err(reason) => self.result = Some(Err(reason)),
            }
        } else if since_asking >= ASKING.saturating_sub(LEAVE) {
            self.let_go();
        }
    }

    fn let_go(&mut self) {
        if let Some((tracer, from)) = self.tracer.take() {
            let to = now();
            let missed = self
                .server
                .group()
                .members()
                .pids
                .into_iter()
                .any(|pid| !Strace::traces(pid));
            let counted = tracer.detach().map(|by_name| Counted { by_name, from, to });
            self.result = Some(if missed {
                Err("strace came too late for some processes of the server; count with fewer --connections".to_owned())
            } else {
                counted
            });
        }
    }

    /// Only now is it known how many requests were answered until after the tracer left.
    fn finish(mut self) -> Result<SystemCalls, String> {
        self.let_go();
        let nothing = || Err("the generator asked nothing; see why the trial failed".to_owned());
        let Counted { by_name, from, to } = self.result.take().unwrap_or_else(nothing)?;
        let requests = requests_at(&self.heard, to) - requests_at(&self.heard, from);
        if self.heard.last().is_none_or(|last| last.at < to) || requests < 1.0 {
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
