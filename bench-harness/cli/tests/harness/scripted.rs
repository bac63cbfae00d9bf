//! The scripted twin of the real runner: contenders, trials and outcomes from a formula, the same in every run.

use std::path::Path;

use hdrhistogram::Histogram;
use loadgen::{Latency, Outcome};
use measure::comparison::{AsPlanned, Comparison, End, Judge, Observer, Rows};
use measure::search::Search;
use measure::sitting::{Log, Sitting};
use measure::stop::Stop;
use measure::task::Task;
use measure::trial::Runner;
use record::environment::Environment;
use record::peak::Probed;
use record::pinning::Pinning;
use record::plan::{Contender, Family, Objective, Plan, PlanOptions, Recipe, Timing, Trial};
use record::sample::{Failure, FailureKind, Gate, Sample, ServerCost};
use record::search_result::{SearchResult, TriedRate};
use record::slice::Slice;
use record::store::{Run, Store, StoreError};
use record::warning::TrialWarning;

/// Contenders: a name, a family, a capacity, and how long a request takes in microseconds.
const CAST: [(&str, Family, Option<usize>, f64); 5] = [
    ("one-by-one", Family::Blocking, Some(1), 9.0),
    ("many-threads", Family::Blocking, None, 8.0),
    ("ready-list", Family::Readiness, None, 5.0),
    ("ready-<scan>", Family::Readiness, None, 5.2),
    ("absent", Family::Completion, None, 4.0),
];

pub fn contenders() -> Vec<Contender> {
    let mut contenders: Vec<Contender> = Vec::new();
    for (name, family, capacity, _) in CAST {
        contenders.push(Contender {
            place: contenders
                .iter()
                .filter(|other| other.family == family)
                .count(),
            summary: format!("A made-up server called {name}."),
            capacity,
            unsupported: (name == "absent")
                .then(|| "this kernel lacks it; use a newer one".to_owned()),
            ..Contender::new(name, family)
        });
    }
    contenders
}

pub fn choice() -> PlanOptions {
    PlanOptions {
        scenarios: vec![ladder(&[1, 100])],
        payload: 64,
        blocks: 4,
        rounds: None,
        tasks: usize::MAX,
        zone: Plan::USUAL_ZONE,
        least_blocks: None,
        seed: 7,
        timing: Timing {
            gate_s: 0.3,
            gate_limit_s: 1.0,
            warm_up_s: 0.2,
            duration_s: 1.0,
            slice_s: 0.05,
        },
        repeats: 1,
        baseline: None,
        reference: None,
        twin: false,
    }
}

/// The ladder with so many connections.
pub fn ladder(connections: &[u32]) -> Recipe {
    Recipe {
        steps: connections.iter().map(|&n| f64::from(n)).collect(),
        ..Recipe::named("ladder").unwrap()
    }
}

pub fn plan() -> Plan {
    Plan::new(contenders(), &choice()).unwrap()
}

pub fn environment() -> Environment {
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

/// A plan of six blocks in which the baseline takes part a second time, so that there are verdicts.
pub fn plan_with_twin() -> Plan {
    let choice = PlanOptions {
        blocks: 6,
        twin: true,
        ..choice()
    };
    Plan::new(contenders(), &choice).unwrap()
}

/// What happens in trials.
pub struct Script {
    /// Trials after which the user presses Ctrl-C.
    pub stop_after: usize,
    pub stop: Stop,
    pub seen: Vec<Trial>,
}

impl Script {
    pub fn to_the_end() -> Self {
        Self {
            stop_after: usize::MAX,
            stop: Stop::manual(),
            seen: Vec::new(),
        }
    }
}

impl Runner for Script {
    fn run(&mut self, plan: &Plan, trial: Trial, probed: Option<Probed>) -> Option<Sample> {
        if self.seen.len() >= self.stop_after {
            self.stop.request();
            return None;
        }
        self.seen.push(trial);
        let mut sample = Sample::begin(plan, trial, environment().started);
        sample.took_s = 1.5;
        sample.gate = Gate {
            waited_s: 0.3,
            busy: 0.01,
            quiet: true,
            ..Gate::default()
        };
        if let Some(reason) = plan.unsupported_reason(trial.contender, trial.load) {
            sample.failure = Some(Failure {
                kind: FailureKind::Unsupported,
                reason,
            });
        } else if sample.contender == "many-threads"
            && sample.load.connections == 100
            && trial.block == 3
        {
            sample.failure = Some(Failure {
                kind: FailureKind::Server,
                reason: "the server was killed by SIGSEGV".into(),
            });
        } else {
            play(&mut sample);
        }
        if let Ok(task) = Task::new(plan, trial, probed) {
            sample.offered = task.offered_rate();
            sample.capacity = task
                .load
                .objective
                .zip(task.probed)
                .map(|(objective, probed)| search(objective, probed.peak));
        }
        Some(sample)
    }

    fn sit(&mut self, _: &Sitting, _: &mut dyn Log) -> Result<Vec<Sample>, StoreError> {
        unreachable!("the plan has no sittings")
    }
}

/// A trial's outcome by a formula: a request costs what the cast says, and every block is 1 % faster.
fn play(sample: &mut Sample) {
    let name = sample.contender.trim_end_matches(" (again)");
    let (.., capacity, cost) = CAST
        .into_iter()
        .find(|role| role.0 == name)
        .unwrap_or(CAST[2]);
    let connections = sample.load.connections;
    let served = connections.min(capacity.unwrap_or(usize::MAX));
    let rate = 1e6 / (cost + 50.0 / served as f64) * (1.0 + 0.01 * sample.block as f64);
    if sample.trial == 2 && sample.attempt == 0 {
        sample.warnings.push(TrialWarning::Disturbed { delay: 0.5 });
    }
    let mut outcome = Outcome {
        requests: rate as u64,
        rate,
        elapsed_s: 1.0,
        valid: true,
        ..Outcome::default()
    };
    outcome.response = latency(rate as u64, served as f64 / rate * 1e9);
    outcome.connections.established = connections as u64;
    outcome.connections.never_served = (connections - served) as u64;
    let threads = if name == "many-threads" {
        connections + 1
    } else {
        1
    };
    sample.server = Some(ServerCost {
        window_s: 0.9,
        cpu_s: 0.9 * rate * cost / 1e6,
        voluntary: 0.9 * rate / served as f64,
        involuntary: 3.0,
        processes: 1,
        threads,
        threads_read: threads,
        pss_kib: 900.0 + 12.0 * threads as f64,
        processes_read: 1,
        cpus: 0,
        cpus_user_s: None,
        cpus_system_s: None,
        life_user_s: 0.05,
        life_system_s: 0.95,
        ..ServerCost::default()
    });
    sample.outcome = Some(outcome);
}

/// A search for a knee that is at 60 % of the peak.
fn search(objective: Objective, peak: f64) -> SearchResult {
    let mut search = Search::around(peak, objective);
    while let Some(rate) = search.next_rate() {
        search.add(TriedRate {
            rate,
            missed: (rate > 0.6 * peak).then(|| "p99 was 1 s".to_owned()),
            ..TriedRate::default()
        });
    }
    search.finish()
}

/// So many waits around a median, with a tail.
pub fn latency(count: u64, median_ns: f64) -> Latency {
    let mut histogram = Histogram::<u64>::new(3).unwrap();
    for i in 0..2000 {
        let quantile = (f64::from(i) + 0.5) / 2000.0;
        let value = median_ns * (0.5 + quantile).max(0.1 / (1.0 - quantile).sqrt());
        histogram.record_n(value as u64, count / 2000 + 1).unwrap();
    }
    Latency::of(&histogram)
}

/// Watches nothing.
pub struct NoObserver;

impl Observer for NoObserver {
    fn trial_begins(&mut self, _: &Plan, _: Trial) {}
    fn trial_finished(&mut self, _: &Plan, _: Trial, _: &Sample) {}
    fn sitting_begins(&mut self, _: &Plan, _: usize, _: usize) {}
    fn slice_finished(&mut self, _: &Plan, _: &Slice) {}
    fn sitting_finished(&mut self, _: &Plan, _: usize, _: &[Sample]) {}
    fn block_finished(&mut self, _: &Plan, _: usize) {}
}

/// Carries out a plan by script in this folder.
pub fn carry_out(plan: &Plan, script: &mut Script, folder: &Path) -> End {
    go_on(plan, Rows::default(), &AsPlanned, script, folder)
}

/// Carries out what is left of a plan when these rows are there, until it is precise.
pub fn go_on(
    plan: &Plan,
    rows: Rows,
    judge: &dyn Judge,
    script: &mut Script,
    folder: &Path,
) -> End {
    let mut store = Store::create(folder, &environment(), plan).unwrap();
    let stop = script.stop.clone();
    let comparison = Comparison {
        plan: plan.clone(),
        rows,
        runner: script,
        store: &mut store,
        observer: &mut NoObserver,
        judge,
        stop: &stop,
    };
    comparison.run().unwrap()
}

/// A whole run by script, read back. Its folder has a name that does not change.
pub fn run(parent: &Path) -> Run {
    let folder = parent.join("20260314-150926");
    assert_eq!(
        carry_out(&plan(), &mut Script::to_the_end(), &folder),
        End::Complete
    );
    Run::read(&folder).unwrap()
}
