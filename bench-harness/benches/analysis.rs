//! How long 100,000 trials take to read and to analyse: `cargo bench -p echolab --bench analysis`.
//!
//! Each generated row is one of the committed sample run under another number, so that it is as long as real rows are.

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use echolab::analysis::Summary;
use echolab::store::Run;
use serde_json::Value;

const TRIALS: usize = 100_000;

/// A run of so many trials: the sample's plan with more blocks.
fn generate(folder: &Path) {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../results/sample");
    let read = |name: &str| fs::read_to_string(sample.join(name)).expect("it is committed");
    let mut plan: Value = serde_json::from_str(&read("plan.json")).expect("it is JSON");
    let cells = plan["blocks"][0]
        .as_array()
        .expect("a block has cells")
        .len();
    let block: Vec<usize> = (0..cells).collect();
    plan["blocks"] = vec![block; TRIALS / cells].into();
    // One row of each cell, cut behind its number and its place.
    let loads = plan["loads"].as_array().expect("there are loads").clone();
    let contenders = plan["contenders"]
        .as_array()
        .expect("there are contenders")
        .clone();
    let rows: Vec<Value> = read("trials.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("it is JSON"))
        .collect();
    let of_cell = |cell: usize| {
        let (who, load) = (
            &contenders[cell / loads.len()]["name"],
            &loads[cell % loads.len()],
        );
        let same = |row: &&Value| {
            row["contender"] == *who && row["load"]["connections"] == load["connections"]
        };
        let row = rows
            .iter()
            .find(same)
            .expect("each cell was measured")
            .to_string();
        let (before, after) = row.split_once("\"trial\":").expect("a row has a number");
        let after = after.trim_start_matches(|letter: char| letter.is_ascii_digit());
        (before.to_owned(), after.to_owned())
    };
    let templates: Vec<_> = (0..cells).map(of_cell).collect();
    let mut text = String::new();
    for trial in 0..TRIALS / cells * cells {
        let (before, after) = &templates[trial % cells];
        writeln!(text, "{before}\"trial\":{trial}{after}").expect("a string takes all text");
    }
    fs::write(folder.join("trials.jsonl"), text).expect("the folder can be written");
    fs::write(folder.join("plan.json"), plan.to_string()).expect("the folder can be written");
    fs::write(folder.join("environment.json"), read("environment.json"))
        .expect("it can be written");
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
        bench.iter(|| black_box(Summary::of(&run)))
    });
    group.finish();
}

criterion_group!(benches, analysis);
criterion_main!(benches);
