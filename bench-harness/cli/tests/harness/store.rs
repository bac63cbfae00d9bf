//! What is on the disk, and what is made of it when the disk or the machine failed.

use std::fs::{self, OpenOptions};
use std::io::Write as _;

use record::store::{Run, Store, StoreError};
use record::warning::RunWarning;

use crate::scripted::{environment, plan, run};
use record::plan::{ContenderId, LoadId, Plan, Sitting};

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
fn a_row_of_a_trial_that_the_plan_does_not_have_is_said() {
    let parent = tempfile::tempdir().unwrap();
    let whole = run(parent.path());
    let folder = parent.path().join("20260314-150926");
    let mut row = serde_json::to_value(&whole.samples[0]).unwrap();
    row["trial"] = 9999.into();
    let mut trials = OpenOptions::new()
        .append(true)
        .open(folder.join("trials.jsonl"))
        .unwrap();
    writeln!(trials, "{row}").unwrap();
    let read = Run::read(&folder).unwrap();
    assert_eq!(read.warnings, [RunWarning::BeyondPlan { rows: 1 }]);
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
fn files_that_are_removed_or_moved_in_a_run_are_noticed_before_the_next_row() {
    for name in ["trials.jsonl", "slices.jsonl"] {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("run");
        let store = Store::create(&folder, &environment(), &plan()).unwrap();
        store.check_in_place().unwrap();
        fs::remove_file(folder.join(name)).unwrap();
        let error = store.check_in_place().unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
        assert!(error.ends_with("leave the folder alone"), "{error}");
    }
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let store = Store::create(&folder, &environment(), &plan()).unwrap();
    fs::rename(&folder, parent.path().join("moved")).unwrap();
    let error = store.check_in_place().unwrap_err();
    assert!(matches!(error, StoreError::Gone(_)), "{error}");
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
        error.ends_with(
            "(it names trials that do not exist); restore it from a copy, or measure again"
        ),
        "{error}"
    );
}

/// Makes a plan wrong.
type Change = fn(&mut Plan);

#[test]
fn a_plan_with_a_time_or_a_count_that_makes_no_sense_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    run(parent.path());
    let folder = parent.path().join("20260314-150926");
    let changes: [(Change, &str); 7] = [
        (|plan| plan.timing.gate_s = 1e26, "`gate_s` is 1"),
        (|plan| plan.timing.gate_s = -1.0, "`gate_s` is -1"),
        (|plan| plan.timing.gate_limit_s = 1e12, "`gate_limit_s`"),
        (|plan| plan.timing.duration_s = 1e300, "`duration_s`"),
        (
            |plan| {
                let contenders = [0, 1].map(ContenderId).to_vec();
                plan.sittings.push(Sitting {
                    block: 0,
                    load: LoadId(0),
                    contenders,
                    rounds: usize::MAX,
                    extra: false,
                });
            },
            "rounds",
        ),
        (|plan| plan.loads[0].connections = usize::MAX, "connections"),
        (|plan| plan.zone = 1e300, "`zone`"),
    ];
    for (change, word) in changes {
        let mut plan = plan();
        change(&mut plan);
        let text = serde_json::to_string(&plan).unwrap();
        fs::write(folder.join("plan.json"), text).unwrap();
        let error = Run::read(&folder).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
        assert!(error.ends_with("or measure again"), "{error}");
    }
}
