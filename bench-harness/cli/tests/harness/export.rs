//! The files for other programs: the table, the schema of a row, the histogram logs.

use std::fs::{self, File};
use std::io::Read as _;
use std::process::{Command, Stdio};

use analysis::{Metric, Summary};
use echolab::commands::export::{write_csv, write_slices};
use loadgen::Outcome;
use measure::comparison::AsPlanned;
use record::sample::Sample;
use record::slice::Slice;
use report::data::Document;
use serde_json::Value;

use crate::scripted::run;
use crate::sitter::{self, whole};

const PUBLISHED: &str = include_str!("../../../record/schema/trial.schema.json");
const PUBLISHED_SLICE: &str = include_str!("../../../record/schema/slice.schema.json");

#[test]
fn the_table_has_a_row_for_each_trial_and_metric() {
    let parent = tempfile::tempdir().unwrap();
    let run = run(parent.path());
    let mut text = Vec::new();
    write_csv(&run, &mut text).unwrap();
    let mut table = csv::Reader::from_reader(&*text);
    let header: Vec<_> = table.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(header[0], "run");
    assert_eq!(header[header.len() - 3..], ["metric", "unit", "value"]);
    let rows: Vec<_> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), run.samples.len() * Metric::ALL.len());
    let column = |name: &str| header.iter().position(|other| other == name).unwrap();
    let cell = |row: &csv::StringRecord, name: &str| row[column(name)].to_owned();
    let first = &run.samples[0];
    let throughput = rows.iter().find(|row| cell(row, "metric") == "throughput");
    let throughput = throughput.unwrap();
    assert_eq!(cell(throughput, "contender"), first.contender);
    assert_eq!(cell(throughput, "unit"), "1/s");
    let value = Metric::Throughput
        .value_in(first)
        .map_or_else(String::new, |value| value.to_string());
    assert_eq!(cell(throughput, "value"), value);
    let disturbed = rows.iter().filter(|row| cell(row, "disturbed") == "true");
    assert_eq!(
        disturbed.count(),
        Metric::ALL.len(),
        "one trial was disturbed"
    );
    let failed = rows
        .iter()
        .find(|row| cell(row, "failure").contains("this kernel lacks it"));
    assert_eq!(cell(failed.unwrap(), "value"), "");
}

#[test]
fn the_table_goes_into_a_file_or_a_pipe_that_ends_early() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join(run(parent.path()).name);
    let export = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_echolab"));
        command.arg("export").arg(&folder).arg("--csv");
        command
    };
    let file = parent.path().join("run.csv");
    let output = export().arg("--out").arg(&file).output().unwrap();
    assert!(output.status.success() && output.stdout.is_empty());
    let to_stdout = export().output().unwrap().stdout;
    assert_eq!(fs::read(&file).unwrap(), to_stdout);

    let mut child = export()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 3];
    let mut pipe = child.stdout.take().unwrap();
    pipe.read_exact(&mut first).unwrap();
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );

    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = export().stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let output = export().args(["--out", "/dev/full"]).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        error.contains("check its folder and the space on its disk"),
        "{error}"
    );
}

#[test]
fn the_published_schema_of_a_row_is_current() {
    let published: Value = serde_json::from_str(PUBLISHED).unwrap();
    assert!(
        published == Sample::json_schema(),
        "the types have changed; run `cargo run -p record --example schema > bench-harness/record/schema/trial.schema.json`"
    );
}

#[test]
fn the_published_schema_of_a_slice_is_current() {
    let published: Value = serde_json::from_str(PUBLISHED_SLICE).unwrap();
    assert!(
        published == Slice::json_schema(),
        "the types have changed; run `cargo run -p record --example schema -- slice > bench-harness/record/schema/slice.schema.json`"
    );
}

#[test]
fn every_slice_obeys_its_schema_and_survives_the_round_trip() {
    let run = whole(&sitter::plan(), &AsPlanned);
    let schema = jsonschema::draft202012::new(&Slice::json_schema()).unwrap();
    for slice in &run.slices {
        let document = serde_json::to_value(slice).unwrap();
        let errors = schema.iter_errors(&document);
        let errors: Vec<String> = errors.map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        let text = document.to_string();
        assert_eq!(&serde_json::from_str::<Slice>(&text).unwrap(), slice);
    }
}

#[test]
fn the_table_of_slices_has_their_log_ratios() {
    let run = whole(&sitter::plan(), &AsPlanned);
    let mut text = Vec::new();
    write_slices(&run, &mut text).unwrap();
    let mut table = csv::Reader::from_reader(&*text);
    let header = table.headers().unwrap().clone();
    let rows: Vec<_> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), run.slices.len());
    let cell = |row: &csv::StringRecord, name: &str| {
        let column = header.iter().position(|other| other == name);
        row[column.expect(name)].to_owned()
    };
    let of = |name: &str, number: &str| {
        let own = rows.iter().filter(|row| cell(row, "contender") == name);
        let logs = own.map(|row| cell(row, number));
        logs.filter(|log| !log.is_empty()).collect::<Vec<_>>()
    };
    let logs = of("thrifty", "log_cpu");
    assert_eq!(
        logs.len(),
        2 * 3 * 4,
        "two loads, three sittings, four rounds"
    );
    for log in logs {
        let off = log.parse::<f64>().unwrap() - 0.6_f64.ln();
        assert!(off.abs() < 0.05, "{log}");
    }
    assert!(of("usual", "log_cpu").is_empty(), "the baseline has none");
    assert_eq!(of("usual", "cpu").len(), of("usual", "run").len());
}

#[test]
fn every_row_obeys_the_schema_and_survives_the_round_trip() {
    let parent = tempfile::tempdir().unwrap();
    let run = run(parent.path());
    let schema = jsonschema::draft202012::new(&Sample::json_schema()).unwrap();
    for sample in &run.samples {
        let document = serde_json::to_value(sample).unwrap();
        let errors: Vec<_> = schema
            .iter_errors(&document)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
        let text = document.to_string();
        assert_eq!(&serde_json::from_str::<Sample>(&text).unwrap(), sample);
    }
    assert!(!schema.is_valid(&serde_json::json!({"schema": 2})));
}

#[test]
fn every_outcome_has_its_histogram_log() {
    let parent = tempfile::tempdir().unwrap();
    let run = run(parent.path());
    let folder = parent.path().join(&run.name).join("histograms");
    let logs = fs::read_dir(&folder).unwrap().count();
    let outcomes = run.samples.iter().filter(|sample| sample.outcome.is_some());
    assert_eq!(logs, outcomes.clone().count());
    let sample = outcomes.into_iter().next().unwrap();
    let log = folder.join(format!("{:05}-{}.hlog", sample.trial, sample.attempt));
    let text = fs::read_to_string(log).unwrap();
    assert!(
        text.starts_with("#[Histogram log format version 1.3]"),
        "{text}"
    );
    assert!(text.contains("Tag=response,"), "{text}");
}

#[test]
fn the_outcome_of_a_trial_has_what_its_row_leaves_out() {
    let parent = tempfile::tempdir().unwrap();
    let run = run(parent.path());
    let folder = parent.path().join(&run.name).join("outcomes");
    let with_outcome = |sample: &&Sample| sample.outcome.is_some();
    assert_eq!(
        fs::read_dir(&folder).unwrap().count(),
        run.samples.iter().filter(with_outcome).count()
    );
    for sample in run.samples.iter().filter(with_outcome) {
        let document = folder.join(format!("{:05}-{}.json", sample.trial, sample.attempt));
        let whole: Outcome = serde_json::from_slice(&fs::read(document).unwrap()).unwrap();
        assert_eq!(whole.response.histogram().unwrap().sigfig(), 3);
        assert_eq!(Some(whole.lean()), run.whole(sample).outcome);
    }
}

#[test]
fn the_summary_obeys_its_published_schema() {
    let published: Value =
        serde_json::from_str(include_str!("../../../report/schema/summary.schema.json")).unwrap();
    assert!(
        published == Document::json_schema(),
        "the types have changed; run `cargo run -p report --example schema > bench-harness/report/schema/summary.schema.json`"
    );
    let parent = tempfile::tempdir().unwrap();
    let run = run(parent.path());
    let document = Document::of(&run, &Summary::of(&run));
    let schema = jsonschema::draft202012::new(&published).unwrap();
    let json: Value = serde_json::from_str(&document.json()).unwrap();
    let errors: Vec<String> = schema
        .iter_errors(&json)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, [""; 0]);
    let rows = document.csv().lines().count();
    let values: usize = document.cells.iter().map(|cell| cell.metrics.len()).sum();
    assert_eq!(rows, values + 1, "one row a figure, and the header");
}
