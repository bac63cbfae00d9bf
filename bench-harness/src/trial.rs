//! One trial on one page: wait for quiet, start, warm up, load, ask what it costs, stop, one row.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use loadgen::Outcome;

use crate::cost::{Before, Counting, own_cpu_time};
use crate::cpus::Pinning;
use crate::gate::wait_for_quiet;
use crate::generator::{Generator, GeneratorError};
use crate::judge;
use crate::plan::{Plan, Trial};
use crate::sample::{Failure, NetCounters, Sample, ServerCost};
use crate::server::{Server, ServerError};
use crate::stop::Stop;
use crate::traced;

/// The counters are read for the second time, and then memory, so long before the window ends.
const BEFORE_THE_END: Duration = Duration::from_millis(60);

/// Whoever turns a planned trial into a row: processes and sockets, or a script in a test.
pub trait Runner {
    /// Runs one trial. `None` means that a stop was asked for and there is nothing worth keeping.
    fn run(&mut self, plan: &Plan, trial: Trial) -> Option<Sample>;
}

/// Runs trials with real processes and real sockets.
#[derive(Debug)]
pub struct Processes {
    /// This program, which is both server and generator.
    pub program: PathBuf,
    /// Who runs where.
    pub pinning: Pinning,
    /// The folder for what processes say on stderr.
    pub stderr: PathBuf,
    /// The wish to stop.
    pub stop: Stop,
}

impl Runner for Processes {
    fn run(&mut self, plan: &Plan, trial: Trial) -> Option<Sample> {
        let begin = Instant::now();
        let mut sample = Sample::begin(plan, trial, Timestamp::now());
        if let Some(reason) = &plan.contenders[trial.contender].unsupported {
            sample.failure = Some(failure("unsupported", reason));
            return Some(sample);
        }
        let timing = &plan.timing;
        let [quiet, limit] = [timing.gate_s, timing.gate_limit_s].map(Duration::from_secs_f64);
        sample.gate = wait_for_quiet(quiet, limit, &self.stop);
        self.measure(plan, trial, &mut sample);
        self.trace(plan, trial, &mut sample);
        sample.took_s = begin.elapsed().as_secs_f64();
        sample.warnings = judge::warnings(&sample);
        sample.failure = sample
            .failure
            .or_else(|| judge::failure(sample.outcome.as_ref()?));
        let cut_short = self.stop.asked() && sample.outcome.is_none();
        (!cut_short).then_some(sample)
    }
}

impl Processes {
    fn measure(&self, plan: &Plan, trial: Trial, sample: &mut Sample) {
        let server = match self.server(plan, trial) {
            Ok(server) => server,
            Err(error) => return sample.failure = Some(failure("server", &error.to_string())),
        };
        match self.load(plan, trial, &server, sample) {
            Ok(outcome) => sample.outcome = Some(outcome),
            Err(error) => sample.failure = Some(failure("generator", &error.to_string())),
        }
        let ended = server.stop();
        if let Some(cost) = &mut sample.server {
            cost.life_user_s = ended.usage.user.as_secs_f64();
            cost.life_system_s = ended.usage.system.as_secs_f64();
            cost.life_voluntary = ended.usage.voluntary;
            cost.life_involuntary = ended.usage.involuntary;
        }
        if let Some(how) = ended.badly {
            sample
                .failure
                .get_or_insert(failure("server", &judge::bad_end(&how)));
        }
        sample.stats = ended.stats;
    }

    fn server(&self, plan: &Plan, trial: Trial) -> Result<Server, ServerError> {
        let contender = &plan.contenders[trial.contender];
        let load = &plan.loads[trial.load];
        Server::start(
            &self.program,
            contender,
            load,
            self.pinning.server(),
            self.stderr(trial, "server"),
        )
    }

    /// Drives the server, and asks the kernel about it: about system calls in the warm-up, about all else in the window.
    fn load(
        &self,
        plan: &Plan,
        trial: Trial,
        server: &Server,
        sample: &mut Sample,
    ) -> Result<Outcome, GeneratorError> {
        let network = NetCounters::now();
        let before = Before::now();
        let warm_up = Duration::from_secs_f64(plan.timing.warm_up_s);
        let mut counting = Counting::open(self.pinning.server(), warm_up);
        let mut generator = self.generator(plan, trial, server)?;
        let begin = generator.measuring(&self.stop, &mut |word| {
            if let Ok(counting) = &mut counting {
                counting.hear(word);
            }
        });
        match counting.and_then(Counting::finish) {
            Ok(calls) => sample.system_calls = Some(calls),
            Err(reason) => sample.system_calls_missing = Some(reason),
        }
        if let Some(begin) = begin {
            let window = Duration::from_secs_f64(plan.timing.duration_s);
            let end = begin + window.saturating_sub(BEFORE_THE_END);
            sample.server = self.cost(server, &mut generator, end, before);
        }
        let outcome = generator.finish(&self.stop)?;
        let since = NetCounters::now().zip(network);
        sample.kernel = since.map(|(now, before)| now.since(&before));
        Ok(outcome)
    }

    /// What the server costs from now until then, and what asking costs.
    fn cost(
        &self,
        server: &Server,
        generator: &mut Generator,
        end: Instant,
        before: Before,
    ) -> Option<ServerCost> {
        let own = own_cpu_time();
        let (group, cpus) = (server.group(), self.pinning.server());
        let from = group.counters(cpus);
        generator.work_until(end, &self.stop).then(|| {
            let mut cost = group.cost(&from, &group.counters(cpus), before);
            cost.sampler_cpu_s = own_cpu_time().saturating_sub(own).as_secs_f64();
            cost
        })
    }

    fn generator(
        &self,
        plan: &Plan,
        trial: Trial,
        server: &Server,
    ) -> Result<Generator, GeneratorError> {
        Generator::start(
            &self.program,
            &server.address,
            &plan.loads[trial.load],
            &plan.timing,
            plan.seed,
            self.pinning.generator(),
            self.stderr(trial, "generator"),
        )
    }

    /// Where the kernel could not count system calls, the first trial of each cell is followed by one under `strace`.
    fn trace(&self, plan: &Plan, trial: Trial, sample: &mut Sample) {
        let Some(reason) = sample.system_calls_missing.take() else {
            return;
        };
        let first = trial.block == 0 && trial.attempt == 0 && sample.outcome.is_some();
        let counted = if first {
            let (program, folder) = (&self.program, &self.stderr);
            traced::count(program, &self.pinning, folder, plan, trial, &self.stop)
        } else {
            Err("strace counts in the first block only".to_owned())
        };
        match counted {
            Ok(calls) => sample.system_calls = Some(calls),
            Err(also) => sample.system_calls_missing = Some(format!("{reason}; {also}")),
        }
    }

    fn stderr(&self, trial: Trial, who: &str) -> PathBuf {
        self.stderr
            .join(format!("{:05}-{}-{who}.txt", trial.number, trial.attempt))
    }
}

fn failure(kind: &str, reason: &str) -> Failure {
    Failure {
        kind: kind.to_owned(),
        reason: reason.to_owned(),
    }
}
