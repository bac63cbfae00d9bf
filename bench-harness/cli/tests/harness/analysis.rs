//! The summary of a scripted run.

use analysis::{Metric, Summary, Warning};
use record::plan::{ContenderId, LoadId};
use record::store::Run;

use crate::scripted::{Script, carry_out, plan, run};

/// Numbers of the scripted contenders and loads.
const ONE_BY_ONE: ContenderId = ContenderId(0);
const MANY_THREADS: ContenderId = ContenderId(1);
const READY_LIST: ContenderId = ContenderId(2);
const READY_SCAN: ContenderId = ContenderId(3);
const ALONE: LoadId = LoadId(0);
const HUNDRED: LoadId = LoadId(1);

fn summary() -> Summary {
    Summary::of(&run(tempfile::tempdir().unwrap().path()))
}

#[test]
fn medians_are_those_of_the_script() {
    let summary = summary();
    let rate = |block: f64| 1e6 / (5.0 + 0.5) * (1.0 + 0.01 * block);
    let found = &summary.cell(READY_LIST, HUNDRED).estimates[&Metric::Throughput];
    assert!((found.median - rate(1.5)).abs() < 1e-6, "{found:?}");
    assert!(
        (found.low - rate(0.0)).abs() < 1e-6 && (found.high - rate(3.0)).abs() < 1e-6,
        "{found:?}"
    );
    let cpu = summary.median(READY_LIST, HUNDRED, Metric::Cpu).unwrap();
    let user = summary
        .median(READY_LIST, HUNDRED, Metric::CpuUser)
        .unwrap();
    assert!(
        (cpu - 5.0).abs() < 1e-9 && (user - 0.25).abs() < 1e-9,
        "{cpu} {user}"
    );
}

#[test]
fn starved_clients_are_counted() {
    assert_eq!(
        summary().median(ONE_BY_ONE, HUNDRED, Metric::NeverServed),
        Some(99.0)
    );
}

#[test]
fn a_failed_trial_leaves_a_cell_with_fewer_trials_and_a_reason() {
    let summary = summary();
    let cell = summary.cell(MANY_THREADS, HUNDRED);
    assert_eq!((cell.trials, cell.failed), (3, 1));
    assert_eq!(cell.reasons, ["the server was killed by SIGSEGV"]);
}

#[test]
fn the_repeat_of_a_disturbed_trial_takes_its_place() {
    let summary = summary();
    for contender in summary.contender_ids() {
        for load in summary.load_ids() {
            assert_eq!(summary.cell(contender, load).disturbed, 0);
        }
    }
    assert_eq!((summary.planned, summary.finished), (40, 40));
}

#[test]
fn ratios_are_against_the_baseline_under_the_same_load() {
    let summary = summary();
    assert_eq!(summary.contenders[summary.baseline].name, "many-threads");
    assert!(summary.cell(summary.baseline, HUNDRED).compared.is_empty());
    let ratio = summary.cell(READY_LIST, HUNDRED).compared[&Metric::Throughput].ratio;
    assert!((ratio.estimate - 8.5 / 5.5).abs() < 0.02, "{ratio:?}");
}

#[test]
fn a_run_that_stopped_early_says_what_is_missing() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let mut script = Script {
        stop_after: 5,
        ..Script::to_the_end()
    };
    carry_out(&plan(), &mut script, &folder);
    let summary = Summary::of(&Run::read(&folder).unwrap());
    assert_eq!(summary.finished, 5);
    let said = summary
        .warnings
        .iter()
        .any(|warning| matches!(warning, Warning::Run(warning) if warning.to_string().starts_with("only 5 of 40")));
    assert!(said, "{:?}", summary.warnings);
}

#[test]
fn recommended_models_are_not_clearly_slower_and_serve_every_client() {
    let summary = summary();
    // One trial of many-threads failed, so it is not known to be worse.
    let good = [READY_LIST, READY_SCAN, MANY_THREADS];
    assert_eq!(summary.choice(HUNDRED).good, good);
    assert!(
        summary.choice(ALONE).good.contains(&ONE_BY_ONE),
        "with one client none is left out"
    );
}
