//! The largest run that a report must show: thirty models under forty loads of all scenarios, thirty times, by a
//! formula.
//!
//! The rows have the same parts as real ones: percentiles, a histogram, costs, system calls by name. The bench of the
//! report uses it too.

use std::collections::BTreeMap;
use std::path::Path;

use echolab::{contenders, lessons};
use hdrhistogram::Histogram;
use loadgen::{Latency, Outcome};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;
use record::environment::Environment;
use record::pinning::Pinning;
use record::plan::{
    Contender, ContenderId, Family, LoadId, Plan, PlanOptions, Recipe, Timing, Trial,
};
use record::sample::{Sample, ServerCost, SystemCalls};
use record::search_result::{SearchResult, TriedRate};
use record::store::{Run, Store};

const MODELS: usize = 30;
const LOADS: usize = 40;
const BLOCKS: usize = 30;
/// Scenarios with other steps than the built-in ones, so that there are forty loads.
const STEPS: [(&str, &[f64]); 4] = [
    ("ladder", &[1.0, 10.0, 30.0, 100.0, 1000.0]),
    ("churn", &[1.0, 16.0, 64.0, 256.0]),
    ("large", &[1.0, 10.0, 100.0]),
    ("pipeline", &[64.0]),
];

/// The whole run. Its folder gets only a plan; the rows are in memory.
pub fn run(folder: &Path) -> Run {
    let plan = plan();
    let environment = Environment {
        schema: Environment::SCHEMA,
        started: "2026-03-14T15:09:26Z".parse().expect("it is a time"),
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
    };
    drop(Store::create(folder, &environment, &plan).expect("the folder can be written"));
    let mut run = Run::read(folder).expect("a run without rows is a run");
    run.lessons = lessons::lessons(&plan.contenders);
    let waits: Vec<Latency> = (0..plan.contenders.len() * plan.loads.len())
        .map(|cell| latency(&plan, cell))
        .collect();
    let mut random = ChaCha12Rng::seed_from_u64(plan.seed);
    let row = |trial: Trial| {
        let cell = plan.cell_of(trial.contender, trial.load);
        row(&plan, trial, &waits[cell], random.random_range(0.96..1.04))
    };
    run.samples = plan.trials().map(row).collect();
    run
}

fn plan() -> Plan {
    let mut scenarios = Recipe::built_in();
    for (name, steps) in STEPS {
        let named = scenarios.iter_mut().find(|scenario| scenario.name == name);
        named.expect("it is built in").steps = steps.to_vec();
    }
    let choice = PlanOptions {
        scenarios,
        payload: 64,
        blocks: BLOCKS,
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
        twin: true,
    };
    let plan = Plan::new(contenders(), &choice).expect("the choice makes sense");
    let loads = plan.loads.iter().filter(|load| !load.is_probe());
    assert_eq!(loads.count(), LOADS);
    plan
}

/// The models of the registry, filled up with synthetic ones.
fn contenders() -> Vec<Contender> {
    let all = contenders::contenders(&["all".to_owned()], &Pinning::Off);
    let mut all = all.expect("`all` is no unknown name");
    all.truncate(MODELS);
    let missing = MODELS - all.len();
    all.extend((0..missing).map(|place| {
        Contender {
            place,
            summary: "A made-up server with a sentence that is as long as those of the others are."
                .to_owned(),
            ..Contender::new(format!("server-of-elsewhere-{place}"), Family::External)
        }
    }));
    for contender in &mut all {
        contender.unsupported = None;
        contender.datagrams = false;
    }
    all
}

/// CPU time per request of this contender in microseconds: a few are good, some are not, and one in four gets worse
/// with many clients.
fn cost(plan: &Plan, contender: ContenderId, load: LoadId) -> f64 {
    let place = place(plan, contender);
    let connections = plan.loads[load].connections as f64;
    let crowd = if place.is_multiple_of(4) {
        connections / 200.0
    } else {
        0.0
    };
    4.0 + ((place * 7) % 11) as f64 * 0.9 + crowd + load.0 as f64 * 0.1
}

/// The place of a contender in the cast; the twin has the place of the baseline.
fn place(plan: &Plan, contender: ContenderId) -> usize {
    let model = plan.contenders[contender].model();
    let place = plan.contenders.iter().position(|who| who.name == model);
    place.unwrap_or(contender.0)
}

fn latency(plan: &Plan, cell: usize) -> Latency {
    let (contender, load) = (plan.contender_of(cell), plan.load_of(cell));
    let middle = cost(plan, contender, load) * plan.loads[load].connections.max(1) as f64 * 1e3;
    let mut histogram = Histogram::<u64>::new(3).expect("3 is a number of digits that exists");
    for i in 0..3000 {
        let quantile = (f64::from(i) + 0.5) / 3000.0;
        let value = middle * (0.5 + quantile).max(0.1 / (1.0 - quantile).sqrt());
        histogram
            .record_n(value as u64 + 1, 60)
            .expect("it resizes");
    }
    Latency::of(&histogram)
}

fn row(plan: &Plan, trial: Trial, waits: &Latency, luck: f64) -> Sample {
    let mut sample = Sample::begin(
        plan,
        trial,
        "2026-03-14T15:09:26Z".parse().expect("it is a time"),
    );
    if plan
        .unsupported_reason(trial.contender, trial.load)
        .is_some()
    {
        return sample;
    }
    let cost = cost(plan, trial.contender, trial.load);
    let load = &sample.load;
    let connections = load.connections;
    let served = plan.contenders[trial.contender]
        .capacity
        .map_or(connections, |most| most.min(connections));
    let rate = 1e6 / (cost + 20.0 / served as f64) * luck;
    let mut outcome = Outcome {
        requests: rate as u64,
        rate,
        elapsed_s: 1.0,
        valid: true,
        response: Latency {
            p50_ns: (waits.p50_ns as f64 / luck) as u64,
            p99_ns: (waits.p99_ns as f64 / luck) as u64,
            ..waits.clone()
        },
        ..Outcome::default()
    };
    outcome.fairness.jain = Some(served as f64 / connections as f64 * luck.min(1.0));
    outcome.connections.established = connections as u64;
    outcome.connections.never_served = (connections - served) as u64;
    sample.capacity = load.objective.is_some().then(|| SearchResult {
        highest: Some(rate),
        steps: vec![TriedRate {
            rate: rate * 1.1,
            missed: Some("p99 was 3 ms".to_owned()),
            ..TriedRate::default()
        }],
        ..SearchResult::default()
    });
    sample.outcome = Some(outcome);
    sample.server = Some(server(
        rate,
        cost,
        connections,
        place(plan, trial.contender).is_multiple_of(3),
    ));
    sample.system_calls = Some(calls(cost, luck));
    sample
}

fn server(rate: f64, cost: f64, connections: usize, threads: bool) -> ServerCost {
    let threads = if threads { connections + 1 } else { 2 };
    ServerCost {
        window_s: 0.9,
        cpu_s: 0.9 * rate * cost / 1e6,
        user_s: Some(0.2 * rate * cost / 1e6),
        system_s: Some(0.7 * rate * cost / 1e6),
        voluntary: 0.9 * rate / cost,
        involuntary: 3.0,
        run_queue_s: Some(0.01),
        processes: 1,
        threads,
        threads_read: threads,
        pss_kib: 900.0 + 12.0 * threads as f64,
        page_tables_bytes: 60_000.0 + 4096.0 * threads as f64,
        kernel_stacks_bytes: 16_384.0 * threads as f64,
        socket_memory_bytes: 4096.0 * connections as f64,
        descriptors: connections as f64 + 5.0,
        processes_read: 1,
        ..ServerCost::default()
    }
}

fn calls(cost: f64, luck: f64) -> SystemCalls {
    let names = [
        "read",
        "write",
        "epoll_wait",
        "epoll_ctl",
        "accept4",
        "futex",
        "close",
    ];
    let count = |place: usize| (1e4 * luck / (place as f64 * cost / 6.0 + 1.0)) as u64;
    let by_name: BTreeMap<String, u64> = (0..names.len())
        .map(|place| (names[place].to_owned(), count(place)))
        .collect();
    SystemCalls {
        by_name,
        requests: 10_000,
        span_s: 0.1,
        ..SystemCalls::default()
    }
}
