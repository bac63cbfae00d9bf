//! One trial on one page: wait for quiet, start, warm up, load, ask what it costs, stop, one row.

use std::mem;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use loadgen::Outcome;
use record::capacity::Step;
use record::pinning::Pinning;
use record::plan::{Objective, Plan, Trial};
use record::sample::{Failure, FailureKind, Sample, ServerCost};
use record::warning::TrialWarning;

use crate::cost::network;
use crate::cost::{Before, Counting, Members, Selection, own_cpu_time};
use crate::gate::wait_for_quiet;
use crate::generator::{Generator, GeneratorError};
use crate::judge;
use crate::process::Seat;
use crate::search::Search;
use crate::server::{Server, ServerError};
use crate::stop::Stop;
use crate::task::Task;
use crate::traced;

/// The counters are read for the second time so long before the window ends.
const BEFORE_THE_END: Duration = Duration::from_millis(30);

/// Whoever turns a planned trial into a row: processes and sockets, or a script in a test.
pub trait Runner {
    /// Runs one trial. `peak` is that of the probe, in requests a second, where it is known. Returns `None` if a stop was
    /// asked for before there was anything to keep.
    fn run(&mut self, plan: &Plan, trial: Trial, peak: Option<f64>) -> Option<Sample>;
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
    fn run(&mut self, plan: &Plan, trial: Trial, peak: Option<f64>) -> Option<Sample> {
        let begin = Instant::now();
        let mut sample = Sample::begin(plan, trial, Timestamp::now());
        if let Some(reason) = plan.cannot(trial.contender, trial.load) {
            sample.failure = Some(failure(FailureKind::Unsupported, &reason));
            return Some(sample);
        }
        let task = match Task::of(plan, trial, peak) {
            Ok(task) => task,
            Err(reason) => {
                sample.failure = Some(failure(FailureKind::NoPeak, &reason));
                return Some(sample);
            }
        };
        let timing = &task.timing;
        let [quiet, limit] = [timing.gate_s, timing.gate_limit_s].map(Duration::from_secs_f64);
        sample.gate = wait_for_quiet(quiet, limit, &self.stop);
        if let Some((objective, peak)) = task.load.objective.zip(task.peak) {
            self.search(&task, objective, peak, &mut sample);
        } else {
            self.measure(&task, &mut sample);
            self.trace(&task, &mut sample);
            sample.warnings = judge::warnings(&sample);
        }
        sample.took_s = begin.elapsed().as_secs_f64();
        sample.failure = sample
            .failure
            .or_else(|| judge::failure(sample.outcome.as_ref()?));
        let cut_short = self.stop.asked() && sample.outcome.is_none();
        (!cut_short).then_some(sample)
    }
}

impl Processes {
    /// Tries one rate after another, each with a fresh server: what an overload leaves behind would harm the next rate.
    fn search(&self, task: &Task, objective: Objective, peak: f64, sample: &mut Sample) {
        let mut search = Search::around(peak, objective);
        let mut disturbances = Vec::new();
        let mut best = None;
        while let Some(rate) = search.next_rate() {
            let mut tried = sample.clone();
            self.measure(&task.offering(rate), &mut tried);
            tried.warnings = judge::warnings(&tried);
            let Some(outcome) = tried.outcome.as_ref().filter(|_| tried.failure.is_none()) else {
                (sample.failure, sample.outcome) = (tried.failure, None);
                return;
            };
            let step = Step {
                rate,
                missed: objective.missed(outcome),
                value_ns: objective.value_ns(outcome),
                requests: outcome.requests,
            };
            let disturbs = tried.warnings.iter().filter(|warning| warning.disturbs());
            disturbances.extend(disturbs.cloned());
            if step.missed.is_none() || search.found().highest.is_none() {
                best = Some(tried);
            }
            search.note(step);
        }
        if let Some(best) = best {
            *sample = best;
        }
        let new = |warning: &TrialWarning, known: &[TrialWarning]| {
            let kind = mem::discriminant(warning);
            known.iter().all(|other| mem::discriminant(other) != kind)
        };
        disturbances.sort_by(|a: &TrialWarning, b| b.size().total_cmp(&a.size()));
        for warning in disturbances {
            if new(&warning, &sample.warnings) {
                sample.warnings.push(warning);
            }
        }
        sample.capacity = Some(search.finish());
    }

    fn measure(&self, task: &Task, sample: &mut Sample) {
        sample.offered = task.offered();
        let server = match self.server(task) {
            Ok(server) => server,
            Err(error) => {
                return sample.failure = Some(failure(FailureKind::Server, &error.to_string()));
            }
        };
        match self.load(task, &server, sample) {
            Ok(outcome) => sample.outcome = Some(outcome),
            Err(error) => {
                sample.failure = Some(failure(FailureKind::Generator, &error.to_string()));
            }
        }
        let ended = server.stop();
        if let Some(cost) = &mut sample.server {
            cost.life_user_s = ended.usage.user.as_secs_f64();
            cost.life_system_s = ended.usage.system.as_secs_f64();
            cost.life_voluntary = ended.usage.voluntary;
            cost.life_involuntary = ended.usage.involuntary;
            let waited_for_all = ended.stats.is_some() || cost.processes == 1;
            if !waited_for_all {
                cost.life_requests = 0;
            }
        }
        if let Some(how) = ended.badly {
            sample
                .failure
                .get_or_insert(failure(FailureKind::Server, &judge::bad_end(&how)));
        }
        sample.stats = ended.stats;
    }

    fn server(&self, task: &Task) -> Result<Server, ServerError> {
        let seat = Seat {
            program: &self.program,
            cpus: self.pinning.server(),
            stderr: self.stderr(task.trial, "server"),
        };
        Server::start(&seat, task.contender, &task.load)
    }

    /// Drives the server, and asks the kernel about it: about system calls in the warm-up, about all else in the window.
    fn load(
        &self,
        task: &Task,
        server: &Server,
        sample: &mut Sample,
    ) -> Result<Outcome, GeneratorError> {
        let counters = network::now();
        let before = Before::now();
        let warm_up = Duration::from_secs_f64(task.timing.warm_up_s);
        let mut counting = Counting::open(self.pinning.server(), warm_up);
        let mut generator = self.generator(task, server)?;
        let mut members = None;
        let begin = generator.measuring(&self.stop, &mut |word| {
            if let Ok(counting) = &mut counting {
                // Looking for them makes system calls of its own, which nobody counts any more.
                if counting.is_closed() && members.is_none() {
                    members = Some(server.group().members());
                }
                counting.hear(word);
            }
        });
        match counting.and_then(Counting::finish) {
            Ok(calls) => sample.system_calls = Some(calls),
            Err(reason) => sample.system_calls_missing = Some(reason),
        }
        if let Some(begin) = begin {
            let window = Duration::from_secs_f64(task.timing.duration_s);
            let end = begin + window.saturating_sub(BEFORE_THE_END);
            let found = (members, before);
            sample.server = self.cost(task, server, &mut generator, found, end);
        }
        let outcome = generator.finish(&self.stop)?;
        let since = network::now().zip(counters);
        sample.kernel = since.map(|(now, before)| now.since(&before));
        Ok(outcome)
    }

    /// What the server costs from now until then, and what asking costs; and what it holds when the window is over, since the
    /// kernel walks page tables for that, which takes longer than all the rest. `members` are the processes at the end of the
    /// warm-up, if it was found out then.
    fn cost(
        &self,
        task: &Task,
        server: &Server,
        generator: &mut Generator,
        (members, before): (Option<Members>, Before),
        end: Instant,
    ) -> Option<ServerCost> {
        let own = own_cpu_time();
        let (group, cpus) = (server.group(), self.pinning.server());
        let left = end.saturating_duration_since(Instant::now());
        let selection = Selection::affordable(left, task.load.active);
        let members = members.unwrap_or_else(|| group.members());
        let from = group.counters(&members, cpus, selection);
        let mut cost = generator.work_until(end, &self.stop).then(|| {
            let members = members.again(group);
            let mut cost = group.cost(&from, &group.counters(&members, cpus, selection), before);
            cost.sampler_cpu_s = own_cpu_time().saturating_sub(own).as_secs_f64();
            cost
        })?;
        if let Some(answered) = generator.measured(&self.stop) {
            cost.life_requests = answered;
            group.add_held(&mut cost);
        }
        Some(cost)
    }

    fn generator(&self, task: &Task, server: &Server) -> Result<Generator, GeneratorError> {
        let seat = Seat {
            program: &self.program,
            cpus: self.pinning.generator(),
            stderr: self.stderr(task.trial, "generator"),
        };
        let (load, timing) = (&task.load, &task.timing);
        Generator::start(&seat, &server.address, load, timing, task.seed)
    }

    /// Where the kernel could not count system calls, the first trial of each cell is followed by one under `strace`.
    fn trace(&self, task: &Task, sample: &mut Sample) {
        let Some(reason) = sample.system_calls_missing.take() else {
            return;
        };
        let counted = if task.first && sample.outcome.is_some() {
            let (program, folder) = (&self.program, &self.stderr);
            traced::count(program, &self.pinning, folder, task, &self.stop)
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

fn failure(kind: FailureKind, reason: &str) -> Failure {
    Failure {
        kind,
        reason: reason.to_owned(),
    }
}
