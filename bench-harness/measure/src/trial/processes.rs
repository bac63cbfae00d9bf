//! Measures a contender under a load with real processes: start, warm up, load, sample the cost, stop.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use loadgen::Outcome;
use record::pinning::Pinning;
use record::plan::Trial;
use record::sample::{Failure, FailureKind, Sample, ServerCost};

use crate::cost::{BeforeLoad, Counting, Members, NetNamespace, Selection, thread_cpu_time};
use crate::failure::bad_end;
use crate::generator::{Generator, GeneratorError};
use crate::process::Seat;
use crate::server::{Server, ServerError};
use crate::sitting::add_life;
use crate::stop::Stop;
use crate::task::Task;
use crate::traced;

/// Time before the end of the window at which the counters are read for the second time.
const END_MARGIN: Duration = Duration::from_millis(30);

/// Runs trials with real processes and real sockets.
#[derive(Debug)]
pub struct Processes {
    /// This program, which is both server and generator.
    pub program: PathBuf,
    /// The CPUs of the server and of the generator.
    pub pinning: Pinning,
    /// The folder for what processes write to stderr.
    pub stderr: PathBuf,
    /// The user's request to stop.
    pub stop: Stop,
}

impl Processes {
    /// Starts a server, puts the load on it, stops it, and writes the results into the row.
    pub(super) fn measure(&self, task: &Task, sample: &mut Sample) {
        sample.offered = task.offered_rate();
        let server = match self.start_server(task) {
            Ok(server) => server,
            Err(error) => {
                sample.failure = Some(Failure::new(FailureKind::Server, error.to_string()));
                return;
            }
        };
        match self.run_load(task, &server, sample) {
            Ok(outcome) => sample.outcome = Some(outcome),
            Err(error) => {
                sample.failure = Some(Failure::new(FailureKind::Generator, error.to_string()));
            }
        }
        let end = server.stop();
        if let Some(cost) = &mut sample.server {
            add_life(cost, &end);
        }
        if let Some(how) = &end.fault {
            sample.failure.get_or_insert_with(|| bad_end(how));
        }
        sample.stats = end.stats;
    }

    /// Puts the load on the server. System calls are counted in the warm-up, all other costs are sampled in the window.
    fn run_load(
        &self,
        task: &Task,
        server: &Server,
        sample: &mut Sample,
    ) -> Result<Outcome, GeneratorError> {
        let network = NetNamespace::of(server.group());
        let network_before = network.counters();
        let before = BeforeLoad::now(network);
        let warm_up = Duration::from_secs_f64(task.timing.warm_up_s);
        let mut counting = Counting::open(self.pinning.server(), warm_up);
        let mut generator = self.start_generator(task, server)?;
        let mut members = None;
        let begin = generator.wait_for_window(&self.stop, &mut |answered| {
            if let Ok(counting) = &mut counting {
                // Listing the processes makes system calls, so it waits until they are not counted any more.
                if counting.is_closed() && members.is_none() {
                    members = Some(server.group().members());
                }
                counting.progress(answered);
            }
        });
        match counting.and_then(Counting::finish) {
            Ok(calls) => sample.system_calls = Some(calls),
            Err(reason) => sample.system_calls_missing = Some(reason),
        }
        if let Some(begin) = begin {
            let window = Duration::from_secs_f64(task.timing.duration_s);
            let end = begin + window.saturating_sub(END_MARGIN);
            sample.server = self.sample_cost(task, server, &mut generator, members, before, end);
        }
        let outcome = generator.finish(&self.stop)?;
        let counters = network.counters().zip(network_before);
        sample.kernel = counters.map(|(now, before)| now.since(&before));
        Ok(outcome)
    }

    /// The cost of the server from now until `end`, and the cost of sampling. `members` are the processes at the end of the
    /// warm-up, if they are known.
    ///
    /// Memory is sampled after the window, because the kernel walks page tables for it, which takes longer than all the
    /// rest.
    fn sample_cost(
        &self,
        task: &Task,
        server: &Server,
        generator: &mut Generator,
        members: Option<Members>,
        before: BeforeLoad,
        end: Instant,
    ) -> Option<ServerCost> {
        let sampler_start = thread_cpu_time();
        let (group, cpus) = (server.group(), self.pinning.server());
        let window = end.saturating_duration_since(Instant::now());
        let selection = Selection::affordable(window, task.load.active);
        let members = members.unwrap_or_else(|| group.members());
        let from = group.counters(&members, cpus, selection);
        if !generator.sleep_until(end, &self.stop) {
            return None;
        }
        let members = members.refresh();
        let to = group.counters(&members, cpus, selection);
        let mut cost = group.cost(&from, &to, before);
        let sampler = thread_cpu_time().saturating_sub(sampler_start);
        cost.sampler_cpu_s = sampler.as_secs_f64();
        if let Some(answered) = generator.wait_for_window_end(&self.stop) {
            cost.life_requests = answered;
            group.add_resources(&mut cost);
        }
        Some(cost)
    }

    /// If the kernel could not count system calls, the first trial of each cell is followed by one under `strace`.
    pub(crate) fn count_with_strace(&self, task: &Task, sample: &mut Sample) {
        let Some(reason) = sample.system_calls_missing.take() else {
            return;
        };
        let counted = if task.is_first && sample.outcome.is_some() {
            let (program, folder) = (&self.program, &self.stderr);
            traced::count(program, &self.pinning, folder, task, &self.stop)
        } else {
            Err("strace counts only in the first block".to_owned())
        };
        match counted {
            Ok(calls) => sample.system_calls = Some(calls),
            Err(strace) => sample.system_calls_missing = Some(format!("{reason}; {strace}")),
        }
    }

    /// Starts the server of a task.
    pub(crate) fn start_server(&self, task: &Task) -> Result<Server, ServerError> {
        let seat = Seat {
            program: &self.program,
            cpus: self.pinning.server(),
            stderr: self.stderr_file(task.trial, "server"),
        };
        Server::start(&seat, task.contender, &task.load)
    }

    fn start_generator(&self, task: &Task, server: &Server) -> Result<Generator, GeneratorError> {
        let seat = Seat {
            program: &self.program,
            cpus: self.pinning.generator(),
            stderr: self.stderr_file(task.trial, "generator"),
        };
        let (load, timing) = (&task.load, &task.timing);
        Generator::start(&seat, &server.address, load, timing, task.seed)
    }

    /// The file for the messages of a process of this trial.
    pub(crate) fn stderr_file(&self, trial: Trial, process: &str) -> PathBuf {
        let (number, attempt) = (trial.number, trial.attempt);
        self.stderr
            .join(format!("{number:05}-{attempt}-{process}.txt"))
    }
}
