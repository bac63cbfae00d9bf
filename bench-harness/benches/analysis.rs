//! How long 100,000 trials take to read and to analyse: `cargo bench -p echolab --bench analysis`.
//!
//! The run has thirty blocks, as the full profile has, of the committed sample's models and loads, these many times over with
//! other payloads. Each row is one of the sample under another number, so that it is as long as real rows are.

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use echolab::analysis::Summary;
use echolab::store::Run;
use serde_json::Value;

const TRIALS: usize = 100_000;
const BLOCKS: usize = 30;

/// A run of so many trials.
fn generate(folder: &Path) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../results/sample");
    let read = |name: &str| fs::read_to_string(sample.join(name)).expect("it is committed");
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
    let rows: Vec<Value> = read("trials.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("it is JSON"))
        .collect();
    // One row of each cell of the sample, cut where its number stands.
    let template = |cell: usize| {
        let who = &contenders[cell / original.len()]["name"];
        let connections = &original[cell % original.len()]["connections"];
        let same =
            |row: &&Value| row["contender"] == *who && row["load"]["connections"] == *connections;
        let row = rows.iter().find(same).expect("each cell was measured");
        let text = row.to_string();
        let (before, after) = text.split_once("\"trial\":").expect("a row has a number");
        let after = after.trim_start_matches(|letter: char| letter.is_ascii_digit());
        (before.to_owned(), after.to_owned())
    };
    let templates: Vec<_> = (0..contenders.len() * original.len())
        .map(template)
        .collect();
    let mut text = String::new();
    for trial in 0..BLOCKS * cells {
        let (who, load) = (trial % cells / loads, trial % loads);
        let (before, after) = &templates[who * original.len() + load % original.len()];
        writeln!(text, "{before}\"trial\":{trial}{after}").expect("a string takes all text");
    }
    let write =
        |name: &str, text: &str| fs::write(folder.join(name), text).expect("it can be written");
    write("trials.jsonl", &text);
    write("plan.json", &plan.to_string());
    write("environment.json", &read("environment.json"));
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().expect("it is a list").clone()
}

fn analysis(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("the temporary directory is writable");
    generate(folder.path());
    let mut group = criterion.benchmark_group("100,000 trials");
    group.sample_size(10);
    group.bench_function("read", |bench| {
        bench.iter(|| Run::read(folder.path()).expect("it is a run"));
    });
    let run = Run::read(folder.path()).expect("it is a run");
    group.bench_function("analyse", |bench| {
        bench.iter(|| black_box(Summary::of(&run)));
    });
    group.finish();
}

criterion_group!(benches, analysis);
criterion_main!(benches);
