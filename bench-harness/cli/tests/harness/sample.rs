//! The committed run: its report is what this program makes of its raw rows, and the README shows the same figures.
//!
//! After a change of the report: `echolab report results/sample`, and then
//! `ECHOLAB_BLESS=1 cargo test -p echolab --test harness -- sample::`, which writes the part of the README.

use std::fs;
use std::path::{Path, PathBuf};

use analysis::Summary;
use echolab::lessons;
use record::store::Run;

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/sample")
}

#[test]
fn the_report_of_the_sample_run_is_current() {
    let temporary = tempfile::tempdir().expect("the temporary directory is writable");
    let copy = temporary.path().join("sample");
    fs::create_dir(&copy).expect("it is new");
    for raw in [
        "environment.json",
        "plan.json",
        "trials.jsonl",
        "slices.jsonl",
    ] {
        fs::copy(sample().join(raw), copy.join(raw)).expect("the sample run is committed");
    }
    // A run of an older version has none.
    let texts = "lessons.json";
    if sample().join(texts).exists() {
        fs::copy(sample().join(texts), copy.join(texts)).expect("the sample run is committed");
    }
    let mut run = Run::read(&copy).expect("the sample run can be read");
    lessons::fill_in(&mut run);
    report::write(&copy, &run, &Summary::of(&run)).expect("the report can be written");
    for file in ["report.html", "report.md", "figures/throughput.svg"] {
        let read = |folder: &Path| fs::read_to_string(folder.join(file)).expect(file);
        let current = read(&copy) == read(&sample());
        assert!(
            current,
            "{file} is out of date; renew it with `echolab report results/sample`"
        );
    }
}

/// The marks around the part of the README that shows the sample run.
const MARKS: [&str; 2] = ["<!-- sample -->\n", "<!-- /sample -->"];

fn readme_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")
}

#[test]
fn the_readme_shows_the_sample_run() {
    let run = Run::read(&sample()).expect("the sample run is committed");
    let made = report::readme(&Summary::of(&run), "results/sample");
    let readme = fs::read_to_string(readme_path()).expect("there is a README");
    let (before, rest) = readme
        .split_once(MARKS[0])
        .expect("the README has a sample");
    let (shown, after) = rest.split_once(MARKS[1]).expect("the sample ends");
    if shown != made && std::env::var_os("ECHOLAB_BLESS").is_some() {
        let renewed = [before, MARKS[0], &made, MARKS[1], after].concat();
        fs::write(readme_path(), renewed).expect("the README is writable");
        return;
    }
    assert!(
        shown == made,
        "renew the README with `ECHOLAB_BLESS=1 cargo test -p echolab --test harness -- sample::`; it should show:\n{made}"
    );
}

#[test]
fn the_readme_begins_with_the_question_that_the_project_answers() {
    let readme = fs::read_to_string(readme_path()).expect("there is a README");
    let first = readme.lines().filter(|line| !line.is_empty()).nth(1);
    let question = "what does each cost on your machine, and why?";
    assert!(
        first.is_some_and(|line| line.contains(question)),
        "{first:?}"
    );
}

#[test]
fn ten_models_of_the_sample_stand_in_the_readme_with_a_word_each() {
    let run = Run::read(&sample()).expect("the sample run is committed");
    let table = report::readme(&Summary::of(&run), "results/sample");
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    assert_eq!(rows.len(), 10, "{table}");
    assert!(
        rows.iter().all(|row| row.matches(" us, ").count() > 0),
        "{table}"
    );
    assert_eq!(
        rows.iter().filter(|row| row.contains("baseline")).count(),
        1
    );
    assert!(
        table.contains("height=\"300\"") && table.contains("1,000"),
        "{table}"
    );
}
