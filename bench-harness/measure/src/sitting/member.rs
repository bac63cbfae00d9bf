//! One contender of a sitting: its server and its generator, which stay alive while others are measured.

use std::time::{Duration, Instant};

use contract::slices::Order;
use jiff::Timestamp;
use loadgen::{Outcome, SliceOutcome};
use record::plan::{Load, Slicing};
use record::sample::{Failure, FailureKind, Sample, ServerCost};
use record::slice::{Place, Slice, SliceCost};
use record::warning::TrialWarning;

use super::life::Life;
use super::slice_cost::Meter;
use super::slice_generator::SliceGenerator;
use super::slice_warnings::slice_warnings;
use crate::cost::{BeforeLoad, Members, NetNamespace, Selection};
use crate::failure::{bad_end, failure_of};
use crate::generator::GeneratorError;
use crate::process::Seat;
use crate::server::{Server, ServerEnd};
use crate::stop::Stop;
use crate::task::Task;
use crate::trial::Processes;
use crate::warnings::warnings;

/// Time from an order to its begin: the generator wakes up meanwhile.
const NOTICE: Duration = Duration::from_micros(300);
/// A contender of a sitting that is connected and warm.
#[derive(Debug)]
pub struct Member<'a> {
    /// What it has to do.
    pub task: Task<'a>,
    /// Its row so far.
    pub sample: Sample,
    /// The parts of its slices.
    pub slicing: Slicing,
    pub(super) server: Server,
    generator: SliceGenerator,
    pub(super) members: Option<Members>,
    before: BeforeLoad,
    pub(super) cpus: Option<&'a [usize]>,
    /// True while the server is stopped by a signal.
    pub(super) is_paused: bool,
    /// True if it is stopped between its slices, whether it computes then or not.
    is_always_paused: bool,
    pub(super) life: Life,
    began: Instant,
}

/// The result of one slice.
#[derive(Debug)]
pub(super) struct Measured {
    /// The time at which it began.
    started: Timestamp,
    /// What the clients saw.
    pub clients: SliceOutcome,
    /// What the server cost.
    pub server: SliceCost,
}

impl<'a> Member<'a> {
    /// Starts server and generator, connects, and warms up.
    ///
    /// # Errors
    /// The row with the failure.
    pub fn start(
        processes: &'a Processes,
        task: Task<'a>,
        mut sample: Sample,
        slicing: Slicing,
    ) -> Result<Self, Box<Sample>> {
        let began = Instant::now();
        sample.offered = task.offered_rate();
        let (server, generator) = match start(processes, &task, slicing) {
            Ok(started) => started,
            Err(failure) => {
                sample.failure = Some(failure);
                sample.took_s = began.elapsed().as_secs_f64();
                return Err(Box::new(sample));
            }
        };
        let network = NetNamespace::of(server.group());
        let network_before = network.counters();
        let mut member = Self {
            task,
            sample,
            slicing,
            server,
            generator,
            members: None,
            before: BeforeLoad::now(network),
            cpus: processes.pinning.server(),
            is_paused: false,
            is_always_paused: false,
            life: Life::default(),
            began,
        };
        let warmed = member.warm_up(&processes.stop);
        let counters = network.counters().zip(network_before);
        member.sample.kernel = counters.map(|(now, before)| now.since(&before));
        match warmed {
            Ok(()) => Ok(member),
            Err(error) => Err(Box::new(member.fail(&error, &processes.stop))),
        }
    }

    /// Measures one slice, and makes its row with the warnings about it.
    ///
    /// # Errors
    /// The generator fails, or the user stops the run.
    pub fn slice(&mut self, place: Place, stop: &Stop) -> Result<Slice, GeneratorError> {
        let began = Instant::now();
        let measured = self.measure(stop)?;
        let mut slice = Slice {
            schema: Slice::SCHEMA,
            place,
            contender: self.sample.contender.clone(),
            scenario: self.sample.load.scenario.clone(),
            step: self.sample.load.step,
            offered: self.sample.offered,
            started: measured.started,
            took_s: began.elapsed().as_secs_f64(),
            clients: measured.clients,
            server: measured.server,
            failure: None,
            warnings: Vec::new(),
        };
        if slice.clients.mismatched > 0 {
            let reason = "replies were wrong; see the row of this server in trials.jsonl";
            slice.failure = Some(Failure::new(FailureKind::Mismatch, reason));
        }
        slice.warnings = slice_warnings(&slice, self.slicing);
        Ok(slice)
    }

    fn measure(&mut self, stop: &Stop) -> Result<Measured, GeneratorError> {
        let group = self.server.group();
        let members = self.members.take().unwrap_or_else(|| group.members());
        let selection = Selection::affordable(self.slicing.window, self.task.load.active);
        if self.is_paused {
            self.server.resume();
            self.is_paused = false;
        }
        let mut meter = Meter::begin(group, self.cpus, selection, members);
        let measured = self.run(stop, Some(&mut meter));
        let (cost, members) = meter.end();
        self.pause();
        self.members = Some(members);
        let mut measured = measured?;
        measured.server = cost;
        self.life.add(&measured);
        Ok(measured)
    }

    /// Runs one slice, and reads CPU time at both ends of its window.
    pub(super) fn run(
        &mut self,
        stop: &Stop,
        mut meter: Option<&mut Meter>,
    ) -> Result<Measured, GeneratorError> {
        let (started, began) = (Timestamp::now(), Instant::now());
        let Slicing { settle, window } = self.slicing;
        let order = Order {
            at: began + NOTICE,
            settle,
            window,
        };
        self.generator.order(&order)?;
        if let Some(meter) = &mut meter {
            for end in [order.at + settle, order.at + settle + window] {
                std::thread::sleep(end.saturating_duration_since(Instant::now()));
                meter.read();
            }
        }
        let clients = self.generator.slice(&order, stop)?;
        self.life.answered += clients.answered;
        Ok(Measured {
            started,
            clients,
            server: SliceCost::default(),
        })
    }

    /// Stops the server between its slices from now on, even if it does not compute then. Benches show what this changes.
    pub fn stop_between_slices(&mut self) {
        self.is_always_paused = true;
        self.pause();
    }

    /// Stops a server that computes although no client asks.
    pub(super) fn pause(&mut self) {
        let must_stop = self.is_always_paused || self.sample.spins();
        if must_stop && !self.is_paused {
            // Without a guard it goes on, and disturbs the others. Their slices then have a warning.
            self.is_paused = self.server.pause().is_ok();
        }
    }

    /// Reads what the server holds, ends both processes, and completes the row.
    pub fn finish(mut self, stop: &Stop) -> Sample {
        let mut cost = self.life.cost(self.before);
        self.server.group().add_resources(&mut cost);
        self.sample.server = Some(cost);
        if self.is_paused {
            self.server.resume();
        }
        let outcome = self.generator.finish(stop);
        let end = self.server.stop();
        complete(self.sample, outcome, &end, self.began)
    }

    /// Ends both processes after a failure, and completes the row.
    pub fn fail(mut self, error: &GeneratorError, stop: &Stop) -> Sample {
        let failure = Failure::new(FailureKind::Generator, error.to_string());
        self.sample.failure = Some(failure);
        self.finish(stop)
    }
}

fn start(
    processes: &Processes,
    task: &Task,
    slicing: Slicing,
) -> Result<(Server, SliceGenerator), Failure> {
    let server = processes.start_server(task);
    let server = server.map_err(|error| Failure::new(FailureKind::Server, error.to_string()))?;
    let seat = Seat {
        program: &processes.program,
        cpus: processes.pinning.generator(),
        stderr: processes.stderr_file(task.trial, "generator"),
    };
    let mut load: Load = task.load.clone();
    if !task.is_first {
        // The first milliseconds of one sitting tell who waits for whom; those of every sitting would only make the rows longer.
        load.timeline = 0;
    }
    let generator = SliceGenerator::start(
        &seat,
        &server.address,
        &load,
        slicing,
        task.seed,
        &processes.stop,
    );
    match generator {
        Ok(generator) => Ok((server, generator)),
        Err(error) => {
            server.stop();
            Err(Failure::new(FailureKind::Generator, error.to_string()))
        }
    }
}

/// Adds the outcome, the end of the server and the warnings to the row.
fn complete(
    mut sample: Sample,
    outcome: Result<Outcome, GeneratorError>,
    end: &ServerEnd,
    began: Instant,
) -> Sample {
    match outcome {
        Ok(outcome) => sample.outcome = Some(outcome),
        Err(error) => {
            let failure = Failure::new(FailureKind::Generator, error.to_string());
            sample.failure.get_or_insert(failure);
        }
    }
    if let Some(cost) = &mut sample.server {
        add_life(cost, end);
    }
    if let Some(how) = &end.fault {
        sample.failure.get_or_insert_with(|| bad_end(how));
    }
    sample.stats.clone_from(&end.stats);
    sample.took_s = began.elapsed().as_secs_f64();
    sample.failure = sample
        .failure
        .or_else(|| failure_of(sample.outcome.as_ref()?));
    sample.warnings = warnings(&sample);
    // Each slice has its own warnings about disturbances, and those that were disturbed have been repeated.
    // Sampling takes place between windows, on the generator's CPUs.
    sample.warnings.retain(|warning| {
        !warning.disturbs() && !matches!(warning, TrialWarning::SamplerCost { .. })
    });
    sample
}

/// Adds the cost of the whole life of the server.
pub(crate) fn add_life(cost: &mut ServerCost, end: &ServerEnd) {
    cost.life_user_s = end.usage.user.as_secs_f64();
    cost.life_system_s = end.usage.system.as_secs_f64();
    cost.life_voluntary = end.usage.voluntary;
    cost.life_involuntary = end.usage.involuntary;
    // A server that was killed could not wait for its children, and so their usage is missing.
    let is_complete = end.stats.is_some() || cost.processes == 1;
    if !is_complete {
        cost.life_requests = 0;
    }
}
