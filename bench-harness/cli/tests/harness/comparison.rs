//! A plan is carried out: failures, repeats, and stops.

use measure::comparison::{AsPlanned, End, Judge, Rows};
use record::peak::probed;
use record::plan::{Plan, PlanOptions, Recipe, Sitting, Trial};
use record::sample::{FailureKind, Sample};
use record::store::Run;

use crate::scripted::{Script, carry_out, choice, contenders, go_on, plan};

#[test]
fn a_failed_trial_is_a_row_and_the_run_continues() {
    let parent = tempfile::tempdir().unwrap();
    let run = crate::scripted::run(parent.path());
    let failed: Vec<_> = run
        .samples
        .iter()
        .filter(|sample| sample.failure.is_some())
        .collect();
    let reasons = |kind: FailureKind| {
        failed
            .iter()
            .filter(|sample| sample.failure.as_ref().unwrap().kind == kind)
            .count()
    };
    assert_eq!(
        (
            reasons(FailureKind::Unsupported),
            reasons(FailureKind::Server)
        ),
        (8, 1)
    );
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
fn a_reference_line_that_disturbs_itself_is_not_repeated() {
    let parent = tempfile::tempdir().unwrap();
    let mut plan = plan();
    for contender in &mut plan.contenders {
        contender.reference_line = true;
    }
    let mut script = Script::to_the_end();
    carry_out(&plan, &mut script, &parent.path().join("run"));
    assert!(script.seen.iter().all(|trial| trial.attempt == 0));
}

#[test]
fn a_stop_keeps_finished_trials() {
    let parent = tempfile::tempdir().unwrap();
    let mut script = Script {
        stop_after: 5,
        ..Script::to_the_end()
    };
    let folder = parent.path().join("run");
    assert_eq!(carry_out(&plan(), &mut script, &folder), End::Stopped);
    assert_eq!(Run::read(&folder).unwrap().samples.len(), 5);
}

#[test]
fn a_run_continues_after_the_last_finished_trial() {
    let parent = tempfile::tempdir().unwrap();
    let mut whole = Script::to_the_end();
    carry_out(&plan(), &mut whole, &parent.path().join("whole"));
    for stop_after in 0..whole.seen.len() {
        let mut first = Script {
            stop_after,
            ..Script::to_the_end()
        };
        let folder = parent.path().join(format!("first-{stop_after}"));
        assert_eq!(carry_out(&plan(), &mut first, &folder), End::Stopped);
        let rows = Rows {
            samples: Run::read(&folder).unwrap().samples,
            slices: Vec::new(),
        };
        let mut second = Script::to_the_end();
        let folder = parent.path().join(format!("second-{stop_after}"));
        assert_eq!(
            go_on(&plan(), rows, &AsPlanned, &mut second, &folder),
            End::Complete
        );
        let both = [first.seen, second.seen].concat();
        assert_eq!(both, whole.seen, "stopped after {stop_after}");
    }
}

/// A plan with rates that are shares of the peak, which the probe measures first.
fn plan_with_a_probe() -> Plan {
    let scenarios = Recipe::select(&["rate".into(), "capacity".into()]).unwrap();
    let choice = PlanOptions {
        scenarios,
        blocks: 3,
        least_blocks: Some(2),
        ..choice()
    };
    Plan::new(contenders(), &choice).unwrap()
}

#[test]
fn rates_are_shares_of_the_best_median_of_the_probe() {
    let parent = tempfile::tempdir().unwrap();
    let plan = plan_with_a_probe();
    carry_out(&plan, &mut Script::to_the_end(), &parent.path().join("run"));
    let rows = Run::read(&parent.path().join("run")).unwrap().samples;
    let (probe, others): (Vec<_>, Vec<_>) = rows
        .into_iter()
        .partition(|row| row.load.scenario == "probe");
    assert!(
        probe
            .iter()
            .all(|row| row.block < 2 && row.offered.is_none())
    );
    // The fastest model needs 5 us and is 1 % faster in each block, so the median of two blocks lies between
    // them.
    let expected = 1e6 / (5.0 + 50.0 / 100.0) * 1.005;
    let found = probed(&probe).map(|probed| probed.peak).unwrap();
    assert!((found / expected - 1.0).abs() < 1e-9, "{found}");
    let served = |row: &&Sample| row.failure.is_none();
    for row in others.iter().filter(served) {
        if let Some(capacity) = &row.capacity {
            let highest = capacity.highest.unwrap();
            assert!((0.585..0.6).contains(&(highest / expected)), "{highest}");
        } else {
            let offered = row.offered.unwrap() / (row.load.step * expected);
            assert!((offered - 1.0).abs() < 1e-9, "{offered}");
        }
    }
    assert_eq!(probed(&others), None);
}

/// A judge that is content at once.
struct Content;

impl Judge for Content {
    fn is_precise(&self, _: &Plan, _: &Rows) -> bool {
        true
    }

    fn next_sitting(&self, _: &Plan, _: &Rows) -> Option<Sitting> {
        None
    }
}

#[test]
fn a_run_ends_when_it_is_precise_but_not_before_the_least_number_of_blocks() {
    let parent = tempfile::tempdir().unwrap();
    let plan = plan_with_a_probe();
    let mut script = Script::to_the_end();
    let end = go_on(
        &plan,
        Rows::default(),
        &Content,
        &mut script,
        &parent.path().join("run"),
    );
    assert_eq!(end, End::Precise);
    // Two blocks of the probe, and two of the scenario.
    assert_eq!(script.seen.last().unwrap().block, 3);
}
