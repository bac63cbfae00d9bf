//! What is on the disk, and what is made of it when the disk or the machine failed.

use std::fs::{self, OpenOptions};
use std::io::Write as _;

use record::store::{Run, Store, StoreError};
use record::warning::RunWarning;

use crate::scripted::{environment, plan, run};

#[test]
fn a_run_is_read_as_it_was_written() {
    let parent = tempfile::tempdir().unwrap();
    let run = run(parent.path());
    assert_eq!(run.plan, plan());
    assert_eq!(run.environment, environment());
    assert_eq!(run.samples.len(), 41, "40 trials and one repeat");
    assert!(run.warnings.is_empty());
}

#[test]
fn a_torn_last_line_is_left_out_and_said() {
    let parent = tempfile::tempdir().unwrap();
    let whole = run(parent.path());
    let digest = whole.digest.to_string();
    let path = parent.path().join("20260314-150926/trials.jsonl");
    let text = fs::read(&path).unwrap();
    fs::write(&path, &text[..text.len() - 10]).unwrap();
    let torn = Run::read(path.parent().unwrap()).unwrap();
    assert_eq!(torn.samples, whole.samples[..40]);
    assert_eq!(torn.warnings, [RunWarning::TornLine]);
    assert_ne!(torn.digest.as_str(), digest);
}

#[test]
fn a_line_that_nobody_understands_costs_only_itself() {
    let parent = tempfile::tempdir().unwrap();
    run(parent.path());
    let path = parent.path().join("20260314-150926/trials.jsonl");
    OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap()
        .write_all(b"{\"schema\":99}\n")
        .unwrap();
    let read = Run::read(path.parent().unwrap()).unwrap();
    assert_eq!(read.samples.len(), 41);
    assert_eq!(read.warnings, [RunWarning::UnknownLines { lines: 1 }]);
}

#[test]
fn a_second_run_does_not_overwrite_the_first() {
    let parent = tempfile::tempdir().unwrap();
    run(parent.path());
    let again = Store::create(
        &parent.path().join("20260314-150926"),
        &environment(),
        &plan(),
    );
    let error = again.unwrap_err();
    assert!(matches!(error, StoreError::Exists(_)));
    assert!(
        error
            .to_string()
            .ends_with("continue that run with --resume, or choose another folder with --out")
    );
}

#[test]
fn a_folder_that_is_no_run_is_named() {
    let empty = tempfile::tempdir().unwrap();
    let error = Run::read(empty.path()).unwrap_err().to_string();
    assert!(
        error.ends_with("give the folder that `echolab compare` printed"),
        "{error}"
    );
}

#[test]
fn a_run_of_a_newer_schema_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    run(parent.path());
    let folder = parent.path().join("20260314-150926");
    fs::write(folder.join("plan.json"), "{\"schema\": 99}").unwrap();
    let error = Run::read(&folder).unwrap_err().to_string();
    assert!(
        error.contains("has schema 99") && error.ends_with("or a newer one"),
        "{error}"
    );
}

#[test]
fn a_plan_that_contradicts_itself_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    run(parent.path());
    let folder = parent.path().join("20260314-150926");
    let mut plan = plan();
    plan.blocks[0][0] = 99;
    fs::write(
        folder.join("plan.json"),
        serde_json::to_string(&plan).unwrap(),
    )
    .unwrap();
    let error = Run::read(&folder).unwrap_err().to_string();
    assert!(
        error.ends_with("names trials that do not exist; restore it from a copy, or measure again"),
        "{error}"
    );
}
