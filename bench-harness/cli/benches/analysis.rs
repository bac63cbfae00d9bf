//! Measures the time to read and to analyse 100,000 trials: `cargo bench -p echolab --bench analysis`.
//!
//! The run has thirty blocks, as the full profile has, with the models and loads of the committed sample; each load
//! occurs many times with other payloads. Each row is one of the sample's trials under another number, as `compare`
//! writes it today: fields that the sample is too old to have are filled in, so that no row is shorter than a real one.
//! The length is printed.

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use analysis::Summary;
use criterion::{Criterion, criterion_group, criterion_main};
use record::sample::{NetCounters, Sample, SystemCalls};
use record::store::Run;
use serde_json::Value;

const TRIALS: usize = 100_000;
const BLOCKS: usize = 30;

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/sample")
}

/// Writes a run of [`TRIALS`] trials.
fn generate(folder: &Path) {
    let read = |name: &str| fs::read_to_string(sample().join(name)).expect("it is committed");
    let mut plan: Value = serde_json::from_str(&read("plan.json")).expect("it is JSON");
    let contenders = list(&plan["contenders"]);
    let original = list(&plan["loads"]);
    let loads = TRIALS / BLOCKS / contenders.len();
    let load = |index: usize| {
        let mut load = original[index % original.len()].clone();
        load["payload"] = (64 + index / original.len()).into();
        load
    };
    let cells = contenders.len() * loads;
    plan["loads"] = (0..loads).map(load).collect();
    plan["blocks"] = vec![(0..cells).collect::<Vec<_>>(); BLOCKS].into();
    let templates = templates(original.len());
    let mut text = String::new();
    for trial in 0..BLOCKS * cells {
        let (contender, load) = (trial % cells / loads, trial % loads);
        let (before, after) = &templates[contender * original.len() + load % original.len()];
        writeln!(text, "{before}\"trial\":{trial}{after}").expect("a string takes all text");
    }
    eprintln!(
        "{} trials, {} bytes per row",
        BLOCKS * cells,
        text.len() / (BLOCKS * cells)
    );
    let write =
        |name: &str, text: &str| fs::write(folder.join(name), text).expect("it can be written");
    write("trials.jsonl", &text);
    write("plan.json", &plan.to_string());
    write("environment.json", &read("environment.json"));
}

/// A row of each cell of the sample as it would be written today, in two parts: before and after its number.
fn templates(loads: usize) -> Vec<(String, String)> {
    let run = Run::read(&sample()).expect("it is committed");
    let template = |cell: usize| {
        let contender = &run.plan.contenders[cell / loads].name;
        let load = &run.plan.loads[cell % loads];
        let same = |row: &&Sample| row.contender == *contender && row.load == *load;
        let row = run.samples.iter().find(same);
        let mut row = run.whole(row.expect("each cell was measured")).lean();
        row.kernel.get_or_insert_with(NetCounters::default);
        row.system_calls.get_or_insert_with(calls);
        let text = serde_json::to_string(&row).expect("a row is JSON");
        let (before, after) = text.split_once("\"trial\":").expect("a row has a number");
        let after = after.trim_start_matches(|letter: char| letter.is_ascii_digit());
        (before.to_owned(), after.to_owned())
    };
    (0..run.plan.contenders.len() * loads)
        .map(template)
        .collect()
}

/// The system calls of a server with many threads.
fn calls() -> SystemCalls {
    let names = [
        "accept4",
        "clone3",
        "close",
        "epoll_ctl",
        "epoll_wait",
        "futex",
        "others",
        "read",
        "write",
    ];
    SystemCalls {
        by_name: names.map(|name| (name.to_owned(), 12_345)).into(),
        requests: 67_890,
        span_s: 0.123_456_789,
        ..SystemCalls::default()
    }
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().expect("it is a list").clone()
}

fn analysis(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("the temporary directory is writable");
    generate(folder.path());
    let read = || Run::read(folder.path()).expect("it is a run");
    let mut group = criterion.benchmark_group("100,000 trials");
    group.sample_size(10);
    group.bench_function("read and analyse", |bench| {
        bench.iter(|| black_box(Summary::of(&read())));
    });
    group.bench_function("read", |bench| bench.iter(read));
    let run = read();
    group.bench_function("analyse", |bench| {
        bench.iter(|| black_box(Summary::of(&run)));
    });
    group.finish();
}

criterion_group!(benches, analysis);
criterion_main!(benches);
