//! The scripted twin of the runner of sittings: slices by a formula, in the order that the harness gives them.
//!
//! The machine becomes 2 % slower with each slice, and one slice in a hundred is disturbed. Under one connection server and
//! generator wait for each other. Under a hundred connections the generator is saturated beside a server that is cheaper than
//! itself.

use std::path::Path;

use loadgen::{Latency, Outcome, SliceOutcome};
use measure::comparison::{Comparison, End, Judge, Rows};
use measure::sitting::{Log, Sitting, Step};
use measure::stop::Stop;
use measure::trial::Runner;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use record::peak::Probed;
use record::plan::{Contender, Family, Plan, PlanOptions, Trial};
use record::sample::{Sample, ServerCost};
use record::slice::{Place, Slice, SliceCost};
use record::store::{Run, Store, StoreError};
use record::warning::TrialWarning;

use crate::scripted::{NoObserver, Script, choice, environment, latency};

/// Contenders: a name, and CPU time per request in microseconds.
const CAST: [(&str, f64); 6] = [
    ("usual", 10.0),
    ("like-usual", 10.1),
    ("thrifty", 6.0),
    ("wasteful", 14.0),
    ("spinner", 9.0),
    ("moody", 12.0),
];
/// CPU time of the generator per request in microseconds.
const GENERATOR: f64 = 8.0;
/// Window of a slice in seconds.
const WINDOW: f64 = 0.05;
/// The place of the disturbed slices in the order of all slices.
const DISTURBED: usize = 3;
const APART: usize = 100;

pub fn contenders() -> Vec<Contender> {
    CAST.map(|(name, _)| Contender::new(name, Family::Readiness))
        .into()
}

/// A plan of three blocks with the ladder in rounds.
pub fn options() -> PlanOptions {
    PlanOptions {
        blocks: 3,
        rounds: Some(4),
        twin: true,
        ..choice()
    }
}

pub fn plan() -> Plan {
    Plan::new(contenders(), &options()).unwrap()
}

/// What happens in sittings.
pub struct Sitter {
    /// Slices after which the user presses Ctrl-C.
    pub stop_after: usize,
    pub stop: Stop,
    /// Slices so far.
    pub seen: usize,
    trials: Script,
}

impl Sitter {
    pub fn to_the_end() -> Self {
        let trials = Script::to_the_end();
        Self {
            stop_after: usize::MAX,
            stop: trials.stop.clone(),
            seen: 0,
            trials,
        }
    }

    pub fn until(stop_after: usize) -> Self {
        Self {
            stop_after,
            ..Self::to_the_end()
        }
    }
}

impl Runner for Sitter {
    fn run(&mut self, plan: &Plan, trial: Trial, probed: Option<Probed>) -> Option<Sample> {
        self.trials.run(plan, trial, probed)
    }

    fn sit(&mut self, sitting: &Sitting, log: &mut dyn Log) -> Result<Vec<Sample>, StoreError> {
        let plan = sitting.plan;
        let members = &plan.sittings[sitting.number].contenders;
        let mut chain = sitting.chain(members).expect("a sitting has a baseline");
        let mut position = 0;
        while let Some(step) = chain.next() {
            if self.seen >= self.stop_after {
                self.stop.request();
                return Ok(Vec::new());
            }
            let slice = slice(sitting, step, position);
            self.seen += 1;
            position += 1;
            log.slice(&slice)?;
            if chain.measured(slice.disturbed()) {
                log.round_ends()?;
            }
        }
        let trials = plan.trials_of_sitting(sitting.number);
        Ok(trials.map(|trial| life(sitting, trial)).collect())
    }
}

/// CPU time per request of a contender in this sitting, in microseconds. Each start of `moody` turns out differently.
fn cost(sitting: &Sitting, name: &str) -> f64 {
    let name = name.trim_end_matches(" (again)");
    let role = CAST.into_iter().find(|(other, _)| *other == name);
    let (_, cost) = role.expect("the cast is known");
    let mood = [1.0, 1.3, 1.6][sitting.plan.sittings[sitting.number].block % 3];
    if name == "moody" { cost * mood } else { cost }
}

/// Requests a second, and the shares of server and generator.
fn speed(cost: f64, connections: usize) -> (f64, f64, f64) {
    let each = match connections {
        1 => cost + GENERATOR + 50.0,
        _ => cost.max(GENERATOR),
    };
    (1e6 / each, cost / each, GENERATOR / each)
}

fn slice(sitting: &Sitting, step: Step, position: usize) -> Slice {
    let plan = sitting.plan;
    let load = &plan.loads[plan.sittings[sitting.number].load];
    let name = &plan.contenders[step.contender].name;
    let seed = [sitting.number, step.round, step.contender.0, position];
    let seed = seed
        .into_iter()
        .fold(7, |seed, part| seed * 1009 + part as u64);
    let noise: f64 = ChaCha12Rng::seed_from_u64(seed).random_range(-0.005..0.005);
    let is_disturbed = step.attempt == 0 && position % APART == DISTURBED;
    let slowdown = if is_disturbed { 3.0 } else { 1.0 };
    let speed_now = (-0.02 * position as f64 + noise).exp() / slowdown;
    let cost = cost(sitting, name);
    let (rate, server, generator) = speed(cost, load.connections);
    let requests = (rate * WINDOW * speed_now) as u64;
    Slice {
        schema: Slice::SCHEMA,
        place: Place {
            sitting: sitting.number,
            start: sitting.start,
            position,
            round: step.round,
            attempt: step.attempt,
        },
        contender: name.clone(),
        scenario: load.scenario.clone(),
        step: load.step,
        offered: None,
        started: environment().started,
        took_s: 0.06,
        clients: SliceOutcome {
            window_s: WINDOW,
            requests,
            offered: requests,
            answered: requests,
            response: latency(requests, load.connections as f64 / rate / speed_now * 1e9),
            clients: load.connections as u64,
            cpu_s: generator * WINDOW,
            ..SliceOutcome::default()
        },
        server: SliceCost {
            window_s: WINDOW,
            cpu_s: Some(if name == "spinner" {
                WINDOW
            } else {
                server * WINDOW
            }),
            whole_s: WINDOW,
            processes: 1,
            threads: 1,
            threads_read: 1,
            cpus: 1,
            ..SliceCost::default()
        },
        failure: None,
        warnings: is_disturbed
            .then_some(TrialWarning::Disturbed { delay: 0.5 })
            .into_iter()
            .collect(),
    }
}

/// The row of a server's life.
fn life(sitting: &Sitting, trial: Trial) -> Sample {
    let plan = sitting.plan;
    let mut sample = Sample::begin(plan, trial, environment().started);
    sample.sitting = Some(sitting.number);
    sample.attempt = sitting.start;
    sample.took_s = 2.0;
    let spins = sample.contender == "spinner";
    sample.idle_share = Some(if spins { 1.0 } else { 0.0 });
    let connections = sample.load.connections;
    let (rate, server, _) = speed(cost(sitting, &sample.contender), connections);
    let mut outcome = Outcome {
        requests: rate as u64,
        rate,
        elapsed_s: 1.0,
        valid: true,
        response: of_life(rate, connections),
        ..Outcome::default()
    };
    outcome.connections.established = connections as u64;
    sample.outcome = Some(outcome);
    sample.server = Some(ServerCost {
        window_s: 1.0,
        cpu_s: if spins { 1.0 } else { server },
        processes: 1,
        threads: 1,
        threads_read: 1,
        pss_kib: 900.0,
        processes_read: 1,
        life_system_s: 1.0,
        ..ServerCost::default()
    });
    sample
}

fn of_life(rate: f64, connections: usize) -> Latency {
    latency(rate as u64, connections as f64 / rate * 1e9)
}

/// Carries out what is left of a plan when these rows are there.
pub fn sit_on(
    plan: &Plan,
    rows: Rows,
    judge: &dyn Judge,
    sitter: &mut Sitter,
    store: &mut Store,
) -> End {
    let stop = sitter.stop.clone();
    let comparison = Comparison {
        plan: plan.clone(),
        rows,
        runner: sitter,
        store,
        observer: &mut NoObserver,
        judge,
        stop: &stop,
    };
    comparison.run().unwrap()
}

/// Carries out a plan in this folder.
pub fn sit_out(plan: &Plan, judge: &dyn Judge, sitter: &mut Sitter, folder: &Path) -> End {
    let mut store = Store::create(folder, &environment(), plan).unwrap();
    sit_on(plan, Rows::default(), judge, sitter, &mut store)
}

/// Resumes the run in this folder.
pub fn sit_again(judge: &dyn Judge, sitter: &mut Sitter, folder: &Path) -> End {
    let (mut store, run) = Store::resume(folder).unwrap();
    let rows = Rows {
        samples: run.samples,
        slices: run.slices,
    };
    sit_on(&run.plan, rows, judge, sitter, &mut store)
}

/// A whole run of this plan, read back.
pub fn whole(plan: &Plan, judge: &dyn Judge) -> Run {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let end = sit_out(plan, judge, &mut Sitter::to_the_end(), &folder);
    assert_eq!(end, End::Complete);
    Run::read(&folder).unwrap()
}
