//! The committed run: its report is what this program makes of its raw rows, and the README shows the same figures.
//!
//! After a change of the report: `echolab report results/sample`, and copy what it prints into the README.

use std::fs;
use std::path::{Path, PathBuf};

use analysis::Summary;
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
    let run = Run::read(&copy).expect("the sample run can be read");
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

#[test]
fn the_readme_shows_the_sample_run() {
    let run = Run::read(&sample()).expect("the sample run is committed");
    let table = report::terminal(&Summary::of(&run));
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = fs::read_to_string(readme).expect("there is a README");
    let shown = readme.contains(table.trim_end());
    assert!(
        shown,
        "copy the table that `echolab report results/sample` prints into the README:\n{table}"
    );
}
