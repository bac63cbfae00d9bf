//! Measures the time to write the report of a very large run: `cargo bench -p echolab --bench report`.
//!
//! The run has thirty models under forty loads, with thirty trials each. Measured are the analysis of its 37,000 rows,
//! and writing all files of the report.

#[path = "../tests/harness/large.rs"]
mod large;

use std::fs;
use std::hint::black_box;

use analysis::Summary;
use criterion::{Criterion, criterion_group, criterion_main};

fn report(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("the temporary directory is writable");
    let run = large::run(folder.path());
    let mut group = criterion.benchmark_group("30 models x 40 loads x 30 trials");
    group.sample_size(10);
    group.bench_function("analyse", |bench| {
        bench.iter(|| black_box(Summary::of(&run)));
    });
    let summary = Summary::of(&run);
    group.bench_function("write", |bench| {
        bench.iter(|| report::write(folder.path(), &run, &summary).expect("it can be written"));
    });
    group.bench_function("analyse and write", |bench| {
        bench.iter(|| {
            report::write(folder.path(), &run, &Summary::of(&run)).expect("it can be written")
        });
    });
    group.finish();
    let page = fs::metadata(folder.path().join("report.html")).expect("it was just written");
    println!("report.html: {} bytes", page.len());
}

criterion_group!(benches, report);
criterion_main!(benches);
