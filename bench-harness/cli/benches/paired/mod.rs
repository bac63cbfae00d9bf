//! Measures servers in turn, as `echolab compare` does, but with any server, any generator and any order of slices.
//!
//! ```text
//! sides ──> sitting (fresh processes, one side active at a time) ──> slices ──> log ratios ──> words
//!   a side: the command of a server, and who asks it: `echolab load` or the bare client
//! ```
//!
//! Chain, members and warnings are those of `measure::sitting`, the ratios and their intervals those of `analysis`.

#![allow(dead_code, unused_imports, reason = "each bench uses a part of this")]

mod turns;
mod words;

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use analysis::{Estimate, PairedSummary, summarise};
use jiff::Timestamp;
use measure::cpus;
use measure::gate::wait_for_quiet;
use measure::sitting::Member;
use measure::stop::Stop;
use measure::task::Task;
use measure::trial::Processes;
use record::pinning::Pinning;
use record::plan::{Contender, Family, LoadId, Plan, PlanOptions, Profile, Recipe, names};
use record::sample::Sample;
use record::slice::{Place, Slice};

pub use turns::Order;
pub use words::{Word, done, interval, print_disturbed, word};

/// The program under test.
pub const ECHOLAB: &str = env!("CARGO_BIN_EXE_echolab");

/// A server, and the generator that asks it.
#[derive(Clone, Debug)]
pub struct Side {
    /// Its name in tables.
    pub name: String,
    /// Its command, with `{port}` in it.
    pub command: String,
    /// The program that asks it.
    pub generator: Generator,
}

/// The program that asks a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generator {
    /// `echolab load`.
    Echolab,
    /// This program in the role `load`, which must be the bare client.
    Bare,
}

impl Side {
    /// A model, with more options of `echolab serve`.
    pub fn model(model: &str, options: &str) -> Self {
        Self {
            name: model.to_owned(),
            command: format!("'{ECHOLAB}' serve {model} --listen 127.0.0.1:{{port}} {options}"),
            generator: Generator::Echolab,
        }
    }

    /// This program in another role, which gets its port as the last argument.
    pub fn own(name: &str, role: &str) -> Self {
        Self {
            name: name.to_owned(),
            command: format!("'{}' {role} {{port}}", own_path().display()),
            generator: Generator::Echolab,
        }
    }

    /// The same server under another name.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        let name = name.to_owned();
        Self { name, ..self }
    }

    /// The same server, asked by this generator.
    #[must_use]
    pub fn asked_by(self, generator: Generator) -> Self {
        Self { generator, ..self }
    }
}

/// The path of this program.
pub fn own_path() -> PathBuf {
    env::current_exe().expect("a running program has a path")
}

/// How a sitting measures.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Clients of each server.
    pub connections: usize,
    /// Rounds.
    pub rounds: usize,
    /// Least window of a slice; many clients need a longer one.
    pub window: Duration,
    /// The order of slices.
    pub order: Order,
    /// True if all servers are stopped between their slices, and not only those that compute then.
    pub stops_all: bool,
}

impl Setting {
    /// The setting of `echolab compare` at this number of clients.
    pub const fn usual(connections: usize) -> Self {
        Self {
            connections,
            rounds: 6,
            window: Profile::SLICE,
            order: Order::Adjacent,
            stops_all: false,
        }
    }

    /// The window of its slices.
    pub fn real_window(&self) -> Duration {
        let any = [Side::model("epoll-level", "")];
        plan(&any, self, 0).slicing(LoadId(0), None).window
    }
}

/// Measures these sides in one sitting; the first is the baseline. `number` decides the order in each round.
pub fn sit(sides: &[Side], setting: &Setting, number: usize) -> Vec<Slice> {
    let plan = plan(sides, setting, number);
    let together = plan.sittings[0].contenders.len();
    assert_eq!(together, sides.len(), "these are too many for one sitting");
    let folder = tempfile::tempdir().expect("a folder for messages");
    let stop = Stop::manual();
    let own_path = own_path();
    let processes = [Path::new(ECHOLAB), &own_path].map(|program| Processes {
        program: program.to_owned(),
        pinning: Pinning::halves(&cpus::allowed()),
        stderr: folder.path().to_owned(),
        stop: stop.clone(),
    });
    let gate = Duration::from_secs_f64(plan.timing.gate_s);
    wait_for_quiet(gate, Duration::from_secs(1), &stop);
    let members = plan.trials_of_sitting(0).map(|trial| {
        let side = &sides[trial.contender.0];
        let processes = &processes[usize::from(side.generator == Generator::Bare)];
        let task = Task::new(&plan, trial, None).expect("a closed loop needs no probe");
        let sample = Sample::begin(&plan, trial, Timestamp::now());
        let slicing = plan.slicing(trial.load, None);
        let member = Member::start(processes, task, sample, slicing);
        member.unwrap_or_else(|row| panic!("{}: {:?}", side.name, row.failure))
    });
    let mut members: Vec<Member> = members.collect();
    if setting.stops_all {
        members.iter_mut().for_each(Member::stop_between_slices);
    }
    let slices = measure(&mut members, &plan, setting, &stop);
    for member in members {
        member.finish(&stop);
    }
    slices
}

/// The same in several sittings, each with fresh processes.
pub fn sittings(sides: &[Side], setting: &Setting, count: usize) -> Vec<Vec<Slice>> {
    (0..count)
        .map(|number| sit(sides, setting, number))
        .collect()
}

fn plan(sides: &[Side], setting: &Setting, number: usize) -> Plan {
    let mut ladder = Recipe::named(names::LADDER).expect("it is built in");
    ladder.steps = vec![setting.connections as f64];
    let contender = |side: &Side| Contender {
        command: Some(side.command.clone()),
        ..Contender::new(&side.name, Family::External)
    };
    let options = PlanOptions {
        scenarios: vec![ladder],
        payload: 64,
        blocks: 1,
        rounds: Some(setting.rounds),
        tasks: usize::MAX,
        zone: Plan::USUAL_ZONE,
        least_blocks: None,
        seed: number as u64,
        timing: Profile::Quick.timing(None, Some(setting.window)),
        repeats: 0,
        baseline: Some(sides[0].name.clone()),
        reference: None,
        twin: false,
    };
    Plan::new(sides.iter().map(contender).collect(), &options).expect("the options are right")
}

fn measure(members: &mut [Member], plan: &Plan, setting: &Setting, stop: &Stop) -> Vec<Slice> {
    let mut slices = Vec::new();
    let mut turns = setting.order.turns(plan, setting.rounds);
    while let Some(step) = turns.next() {
        let is_next = |member: &&mut Member| member.task.trial.contender == step.contender;
        let member = members.iter_mut().find(is_next);
        let place = Place {
            sitting: 0,
            start: 0,
            position: slices.len(),
            round: step.round,
            attempt: step.attempt,
        };
        let member = member.expect("a step belongs to a member");
        let slice = member.slice(place, stop);
        let slice = slice.unwrap_or_else(|error| panic!("{}: {error}", member.sample.contender));
        assert_eq!(slice.failure, None, "{}", slice.contender);
        turns.measured(slice.disturbed());
        slices.push(slice);
    }
    slices
}

/// The ratio of a figure of two sides; `None` if no round was undisturbed.
pub fn ratio(
    sittings: &[Vec<Slice>],
    side: &str,
    baseline: &str,
    value: fn(&Slice) -> Option<f64>,
) -> Option<PairedSummary> {
    let of_sitting = |slices: &Vec<Slice>| log_ratios(slices, side, baseline, value);
    let mut logs: Vec<Vec<f64>> = sittings.iter().map(of_sitting).collect();
    logs.retain(|logs| !logs.is_empty());
    summarise(&logs)
}

/// The log ratios of a figure of two sides in one sitting.
pub fn log_ratios(
    slices: &[Slice],
    side: &str,
    baseline: &str,
    value: fn(&Slice) -> Option<f64>,
) -> Vec<f64> {
    let slices: Vec<&Slice> = slices.iter().collect();
    analysis::log_ratios(&slices, side, baseline, value)
}

/// The median of a figure of one side.
pub fn median(sittings: &[Vec<Slice>], side: &str, value: fn(&Slice) -> Option<f64>) -> f64 {
    let slices = sittings.iter().flatten();
    let own = slices.filter(|slice| slice.contender == side);
    let found = Estimate::of(own.filter_map(value).collect());
    found.map_or(f64::NAN, |found| found.median)
}

/// The generator's CPU time a request, in microseconds.
pub fn generator_us(slice: &Slice) -> Option<f64> {
    let requests = slice.clients.requests;
    (requests > 0).then(|| slice.clients.cpu_s * 1e6 / requests as f64)
}
