//! How a plan is carried out: failures, repeats, and the wish to stop.

use echolab::comparison::End;
use echolab::plan::Trial;
use echolab::store::Run;

use crate::scripted::{Script, carry_out, plan};

#[test]
fn a_failed_trial_is_a_row_and_the_run_goes_on() {
    let parent = tempfile::tempdir().unwrap();
    let run = crate::scripted::run(parent.path());
    let failed: Vec<_> = run
        .samples
        .iter()
        .filter(|sample| sample.failure.is_some())
        .collect();
    let reasons = |kind: &str| {
        failed
            .iter()
            .filter(|sample| sample.failure.as_ref().unwrap().kind == kind)
            .count()
    };
    assert_eq!((reasons("unsupported"), reasons("server")), (8, 1));
}

#[test]
fn a_disturbed_trial_is_repeated_at_the_end_of_its_block() {
    let parent = tempfile::tempdir().unwrap();
    let mut script = Script::to_the_end();
    carry_out(&plan(), &mut script, &parent.path().join("run"));
    let numbers: Vec<_> = script
        .seen
        .iter()
        .take(12)
        .map(|trial| (trial.number, trial.attempt))
        .collect();
    let mut expected: Vec<_> = (0..10).map(|number| (number, 0)).collect();
    expected.extend([(2, 1), (10, 0)]);
    assert_eq!(numbers, expected);
    let repeated: &Trial = &script.seen[10];
    assert_eq!(repeated.block, 0);
}

#[test]
fn a_stop_keeps_what_is_finished() {
    let parent = tempfile::tempdir().unwrap();
    let mut script = Script {
        stop_after: 5,
        ..Script::to_the_end()
    };
    let folder = parent.path().join("run");
    assert_eq!(carry_out(&plan(), &mut script, &folder), End::Stopped);
    assert_eq!(Run::read(&folder).unwrap().samples.len(), 5);
}
