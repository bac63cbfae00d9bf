//! One trial on one page: wait for quiet, start, warm up, load, ask what it costs, stop, one row.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use loadgen::Outcome;

use crate::cpus::Pinning;
use crate::gate::wait_for_quiet;
use crate::generator::{Generator, GeneratorError};
use crate::judge;
use crate::plan::{Plan, Trial};
use crate::sample::{Failure, Sample, ServerCost};
use crate::server::{Server, ServerError};
use crate::stop::Stop;

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
        match self.load(plan, trial, &server) {
            Ok((cost, outcome)) => (sample.server, sample.outcome) = (cost, Some(outcome)),
            Err(error) => sample.failure = Some(failure("generator", &error.to_string())),
        }
        let ended = server.stop();
        if let Some(cost) = &mut sample.server {
            cost.life_user_s = ended.usage.user.as_secs_f64();
            cost.life_system_s = ended.usage.system.as_secs_f64();
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

    /// Drives the server, and asks the kernel about it twice while it is busy.
    fn load(
        &self,
        plan: &Plan,
        trial: Trial,
        server: &Server,
    ) -> Result<(Option<ServerCost>, Outcome), GeneratorError> {
        let stderr = self.stderr(trial, "generator");
        let cpus = self.pinning.generator();
        let load = &plan.loads[trial.load];
        let (program, timing) = (&self.program, &plan.timing);
        let mut generator = Generator::start(
            program,
            &server.address,
            load,
            timing,
            plan.seed,
            cpus,
            stderr,
        )?;
        let mut cost = None;
        if let Some(begin) = generator.measuring(&self.stop) {
            let from = server.group().counters(self.pinning.server());
            let window = Duration::from_secs_f64(timing.duration_s).saturating_sub(BEFORE_THE_END);
            if generator.work_until(begin + window, &self.stop) {
                let to = server.group().counters(self.pinning.server());
                cost = Some(server.group().cost(&from, &to));
            }
        }
        Ok((cost, generator.finish(&self.stop)?))
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
