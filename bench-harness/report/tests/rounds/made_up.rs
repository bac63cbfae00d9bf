//! A run in rounds by a formula: servers that spin, fall behind, or differ from start to start.

use std::path::Path;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use record::environment::Environment;
use record::outcome::{Latency, Outcome, SliceOutcome};
use record::pinning::Pinning;
use record::plan::{
    Contender, ContenderId, Family, LoadId, Plan, PlanOptions, Recipe, Sitting, Timing,
};
use record::sample::{Sample, ServerCost};
use record::slice::{Place, Slice, SliceCost};
use record::store::{Run, Store};
use record::warning::TrialWarning;

/// Requests per second of the generator at most.
const GENERATOR: f64 = 120e3;
/// Length of a window, in seconds.
const WINDOW_S: f64 = 0.05;

/// A server, and what it costs.
#[derive(Clone, Debug)]
pub struct Role {
    pub name: String,
    pub family: Family,
    /// CPU time of a request in a closed loop, in microseconds.
    pub cpu_us: f64,
    /// More of it at an offered rate, where fewer requests share a wake-up.
    pub wake_up_us: f64,
    /// True if it uses a whole CPU even if no client asks.
    pub spins: bool,
    /// Half the range of the logarithm of its cost from start to start.
    pub starts: f64,
    /// The share of the offered requests that it answers.
    pub answers: f64,
    /// The share of its clients that it never serves.
    pub leaves_out: f64,
}

impl Role {
    pub fn new(name: &str, family: Family, cpu_us: f64, wake_up_us: f64) -> Self {
        Self {
            name: name.to_owned(),
            family,
            cpu_us,
            wake_up_us,
            spins: false,
            starts: 0.0,
            answers: 1.0,
            leaves_out: 0.0,
        }
    }
}

/// The servers of most tests. The second one is the baseline.
pub fn cast() -> Vec<Role> {
    vec![
        Role::new("threads", Family::Blocking, 16.0, 10.0),
        Role::new("ready-list", Family::Readiness, 8.0, 12.0),
        Role::new("ready-edge", Family::Readiness, 8.1, 12.0),
        Role::new("ready-scan", Family::Readiness, 8.2, 22.0),
        Role {
            spins: true,
            ..Role::new("spinner", Family::Readiness, 8.2, 0.0)
        },
        Role {
            starts: 0.4,
            ..Role::new("stages", Family::Readiness, 16.0, 20.0)
        },
        Role {
            answers: 0.8,
            ..Role::new("tired", Family::Blocking, 20.0, 10.0)
        },
    ]
}

/// A run to make up.
#[derive(Clone, Debug)]
pub struct Script {
    pub roles: Vec<Role>,
    pub scenarios: Vec<&'static str>,
    pub blocks: usize,
    pub rounds: usize,
    /// Half the range of the logarithm of a slice's speed.
    pub noise: f64,
    pub seed: u64,
    /// True if the baseline is measured twice.
    pub twin: bool,
    /// True if the scenarios have the steps of the quick profile.
    pub quick: bool,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            roles: cast(),
            scenarios: vec!["equal", "ladder", "idle"],
            blocks: 5,
            rounds: 6,
            noise: 0.03,
            seed: 7,
            twin: true,
            quick: true,
        }
    }
}

impl Script {
    /// The run. Its folder in `parent` gets only a plan; the rows are in memory.
    pub fn run(&self, parent: &Path) -> Run {
        let plan = self.plan();
        let folder = parent.join("20260314-150926");
        drop(Store::create(&folder, &environment(), &plan).unwrap());
        let mut run = Run::read(&folder).unwrap();
        let mut stage = Play {
            script: self,
            plan: &plan,
            random: ChaCha12Rng::seed_from_u64(self.seed),
        };
        stage.probe(&mut run);
        for (place, sitting) in plan.sittings.iter().enumerate() {
            stage.sitting(place, sitting, &mut run);
        }
        run.digest = "0".repeat(64).into();
        run
    }

    fn plan(&self) -> Plan {
        let contender = |(place, role): (usize, &Role)| Contender {
            place,
            summary: format!("A made-up server called {}.", role.name),
            ..Contender::new(role.name.clone(), role.family)
        };
        let scenarios = self.scenarios.iter();
        let scenarios = scenarios.map(|name| {
            let recipe = Recipe::named(name).unwrap();
            if self.quick {
                recipe.with_quick_steps()
            } else {
                recipe
            }
        });
        let options = PlanOptions {
            scenarios: scenarios.collect(),
            payload: 64,
            blocks: self.blocks,
            rounds: Some(self.rounds),
            tasks: usize::MAX,
            zone: 1.1,
            least_blocks: None,
            seed: 7,
            timing: Timing {
                gate_s: 0.02,
                gate_limit_s: 1.0,
                warm_up_s: 0.1,
                duration_s: 0.2,
                slice_s: WINDOW_S,
            },
            repeats: 1,
            baseline: None,
            reference: Some("ready-list".to_owned()),
            twin: self.twin,
        };
        let contenders = self.roles.iter().enumerate().map(contender).collect();
        Plan::new(contenders, &options).unwrap()
    }
}

fn environment() -> Environment {
    Environment {
        schema: Environment::SCHEMA,
        started: "2026-03-14T15:09:26Z".parse().unwrap(),
        command: vec!["echolab".to_owned(), "compare".to_owned()],
        version: "0.0.0".to_owned(),
        optimised: true,
        kernel: "Linux 6.18".to_owned(),
        cpu: "A made-up processor".to_owned(),
        cpus: 2,
        memory_kib: 8 << 20,
        descriptors: 20_000,
        pinning: Pinning::halves(&[0, 1]),
        ..Environment::default()
    }
}

/// Plays the servers.
struct Play<'a> {
    script: &'a Script,
    plan: &'a Plan,
    random: ChaCha12Rng,
}

impl Play<'_> {
    fn role(&self, contender: ContenderId) -> &Role {
        let model = self.plan.contenders[contender].model();
        let mut roles = self.script.roles.iter();
        roles.find(|role| role.name == model).unwrap()
    }

    fn luck(&mut self, half_range: f64) -> f64 {
        if half_range == 0.0 {
            return 1.0;
        }
        self.random.random_range(-half_range..half_range).exp()
    }

    /// In the probe the slowest server reaches 50,000 requests per second.
    fn probe(&self, run: &mut Run) {
        for trial in (0..self.plan.first_block()).flat_map(|block| self.plan.trials_of(block)) {
            let mut sample = Sample::begin(self.plan, trial, run.environment.started);
            sample.outcome = Some(Outcome {
                rate: 50e3 + 1e3 * trial.contender.0 as f64,
                valid: true,
                ..Outcome::default()
            });
            run.samples.push(sample);
        }
    }

    fn sitting(&mut self, number: usize, sitting: &Sitting, run: &mut Run) {
        let costs: Vec<f64> = sitting
            .contenders
            .iter()
            .map(|&contender| {
                let starts = self.role(contender).starts;
                self.luck(starts)
            })
            .collect();
        let cost = |contender: ContenderId| {
            let mut members = sitting.contenders.iter();
            costs[members.position(|&member| member == contender).unwrap()]
        };
        let baseline = sitting.contenders[0];
        let mut order = vec![(0, baseline)];
        for round in 0..sitting.rounds {
            for contender in self.plan.round_order(number, round) {
                order.extend([(round, contender), (round, baseline)]);
            }
        }
        for (position, (round, contender)) in order.into_iter().enumerate() {
            let place = Place {
                sitting: number,
                start: 0,
                position,
                round,
                attempt: 0,
            };
            let slice = self.slice(place, contender, sitting.load, cost(contender));
            run.slices.push(slice);
        }
        let trials: Vec<_> = self.plan.trials_of_sitting(number).collect();
        for trial in trials {
            let mut sample = Sample::begin(self.plan, trial, run.environment.started);
            sample.sitting = Some(number);
            self.live(&mut sample, trial.contender, cost(trial.contender));
            run.samples.push(sample);
        }
    }

    /// Requests per second, and CPU time of a request in microseconds.
    fn figures(&self, contender: ContenderId, load: LoadId, cost: f64) -> (f64, f64) {
        let (role, load) = (self.role(contender), &self.plan.loads[load]);
        if !load.is_equal_rate() {
            let cpu_us = role.cpu_us * cost;
            return ((1e6 / cpu_us).min(GENERATOR), cpu_us);
        }
        let rate = 50e3 * load.step * role.answers;
        if role.spins {
            return (rate, 1e6 / rate);
        }
        (
            rate,
            (role.cpu_us + role.wake_up_us * (1.0 - load.step)) * cost,
        )
    }

    fn slice(&mut self, place: Place, contender: ContenderId, load: LoadId, cost: f64) -> Slice {
        let (rate, cpu_us) = self.figures(contender, load, cost);
        let document = &self.plan.loads[load];
        let is_open = document.is_equal_rate();
        let (of_rate, of_cpu) = (self.luck(self.script.noise), self.luck(self.script.noise));
        let requests = rate * WINDOW_S * if is_open { 1.0 } else { of_rate };
        let spent_s = requests * cpu_us * of_cpu / 1e6;
        let mut slice = slice_of(&self.plan.contenders[contender].name, place);
        slice.scenario.clone_from(&document.scenario);
        slice.step = document.step;
        slice.offered = is_open.then_some(50e3 * document.step);
        slice.clients = SliceOutcome {
            window_s: WINDOW_S,
            requests: requests as u64,
            response: Latency {
                count: requests as u64,
                p50_ns: (100e3 * of_rate) as u64,
                ..Latency::default()
            },
            // A little more than the window, as clocks have it.
            cpu_s: WINDOW_S * 1.004 * if is_open { 0.5 } else { rate / GENERATOR },
            ..SliceOutcome::default()
        };
        slice.server = SliceCost {
            window_s: WINDOW_S,
            cpu_s: Some(spent_s),
            cpus: 1,
            threads: 1,
            processes: 1,
            ..SliceCost::default()
        };
        if place.position == 2 && place.sitting == 0 {
            slice.warnings.push(TrialWarning::Disturbed { delay: 0.3 });
        }
        slice
    }

    /// The life of a server in a sitting.
    fn live(&mut self, sample: &mut Sample, contender: ContenderId, cost: f64) {
        let load = self.plan.loads.iter().position(|load| *load == sample.load);
        let (rate, cpu_us) = self.figures(contender, LoadId(load.unwrap()), cost);
        let (luck, role) = (self.luck(self.script.noise), self.role(contender));
        let (rate, active) = (rate * luck, sample.load.active as f64);
        let mut outcome = Outcome {
            requests: (2.0 * rate) as u64,
            rate,
            elapsed_s: 2.0,
            valid: true,
            response: Latency {
                count: (2.0 * rate) as u64,
                mean_ns: 110e3,
                p50_ns: (100e3 * luck) as u64,
                p99_ns: (900e3 * luck) as u64,
                ..Latency::default()
            },
            ..Outcome::default()
        };
        outcome.connections.never_served = (active * role.leaves_out) as u64;
        if !sample.load.is_equal_rate() && rate >= GENERATOR * 0.97 {
            sample
                .warnings
                .push(TrialWarning::GeneratorBusy { share: 1.004 });
        }
        sample.idle_share = Some(if role.spins { 1.0 } else { 0.001 });
        sample.outcome = Some(outcome);
        sample.server = Some(ServerCost {
            window_s: 1.0,
            cpu_s: rate * cpu_us / 1e6,
            voluntary: rate / 10.0,
            processes: 1,
            threads: 1,
            threads_read: 1,
            pss_kib: 900.0 + 2.0 * sample.load.connections as f64,
            processes_read: 1,
            ..ServerCost::default()
        });
    }
}

/// A slice of this contender at this place in which nothing was measured.
fn slice_of(contender: &str, place: Place) -> Slice {
    Slice {
        schema: Slice::SCHEMA,
        place,
        contender: contender.to_owned(),
        scenario: String::new(),
        step: 0.0,
        offered: None,
        started: "2026-03-14T15:09:26Z".parse().unwrap(),
        took_s: 0.06,
        clients: SliceOutcome::default(),
        server: SliceCost::default(),
        failure: None,
        warnings: Vec::new(),
    }
}
