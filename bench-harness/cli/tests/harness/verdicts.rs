//! Verdicts, claims and choices of a scripted run whose baseline takes part twice.

use std::fs;

use analysis::{Bar, ClaimResult, Metric, Summary, Unsure, Verdict, check, precise};
use record::plan::{Claim, ContenderId, Expect, LoadId};
use record::sample::Sample;
use record::store::Run;
use record::warning::TrialWarning;
use serde_json::json;

use crate::scripted::{Script, carry_out, plan, plan_with_twin, run};

/// Numbers of the scripted contenders and loads.
const ONE_BY_ONE: ContenderId = ContenderId(0);
const MANY_THREADS: ContenderId = ContenderId(1);
pub const READY_LIST: ContenderId = ContenderId(2);
const READY_SCAN: ContenderId = ContenderId(3);
const ABSENT: ContenderId = ContenderId(4);
pub const TWIN: ContenderId = ContenderId(5);
const ALONE: LoadId = LoadId(0);
pub const HUNDRED: LoadId = LoadId(1);

pub fn run_with_twin() -> Run {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    carry_out(&plan_with_twin(), &mut Script::to_the_end(), &folder);
    let mut run = Run::read(&folder).unwrap();
    // Another test covers the crash that the script plays.
    run.samples.retain(|row| row.block != 3);
    run
}

pub fn change(mut run: Run, change: impl Fn(&mut Sample)) -> Run {
    run.samples.iter_mut().for_each(change);
    run
}

fn verdict(summary: &Summary, contender: ContenderId, load: LoadId, metric: Metric) -> &Verdict {
    &summary.cell(contender, load).compared[&metric].verdict
}

#[test]
fn a_run_with_a_twin_has_verdicts() {
    let summary = Summary::of(&run_with_twin());
    let word = |metric: Metric| verdict(&summary, READY_LIST, HUNDRED, metric).word(metric);
    assert_eq!(word(Metric::Throughput), "faster");
    assert_eq!(word(Metric::P99), "faster");
    assert_eq!(word(Metric::Cpu), "cheaper");
    assert_eq!(
        verdict(&summary, TWIN, HUNDRED, Metric::Throughput),
        &Verdict::Control
    );
    let starving = verdict(&summary, ONE_BY_ONE, HUNDRED, Metric::Throughput);
    assert_eq!(starving, &Verdict::Worse);
    let starving = verdict(&summary, ONE_BY_ONE, HUNDRED, Metric::P99);
    assert_eq!(
        starving,
        &Verdict::Barred(Bar::LeftOut),
        "its p99 is that of one client"
    );
    assert!(summary.cell(ABSENT, HUNDRED).compared.is_empty());
}

#[test]
fn without_a_control_no_model_gets_a_verdict() {
    let parent = tempfile::tempdir().unwrap();
    let summary = Summary::of(&run(parent.path()));
    let barred = verdict(&summary, READY_LIST, ALONE, Metric::Throughput);
    assert_eq!(barred, &Verdict::Barred(Bar::NoControl));
    let why = barred.because().unwrap();
    assert!(why.starts_with("the run has no control"), "{why}");
}

#[test]
fn another_baseline_gets_verdicts_under_the_control_of_the_plan() {
    let summary = Summary::of(&run_with_twin());
    let other = summary.against(READY_LIST, &[HUNDRED]);
    let word =
        |summary: &Summary| verdict(summary, MANY_THREADS, HUNDRED, Metric::Throughput).clone();
    assert_eq!(word(&other), Verdict::Worse, "many-threads is the plan's");
    assert!(
        other.cell(MANY_THREADS, ALONE).compared.is_empty(),
        "not asked for"
    );
    let faster = |row: &mut Sample| {
        if row.contender.ends_with("(again)") {
            row.outcome.as_mut().unwrap().rate *= 1.5;
        }
    };
    let distrusted = Summary::of(&change(run_with_twin(), faster));
    let barred = word(&distrusted.against(READY_LIST, &[HUNDRED]));
    assert!(matches!(barred, Verdict::Barred(Bar::Control { .. })));
}

#[test]
fn a_failed_control_bars_its_load_and_metric_only() {
    let faster = |row: &mut Sample| {
        if row.contender.ends_with("(again)") && row.load.connections == 100 {
            row.outcome.as_mut().unwrap().rate *= 1.5;
        }
    };
    let summary = Summary::of(&change(run_with_twin(), faster));
    let barred = verdict(&summary, READY_LIST, HUNDRED, Metric::Throughput);
    assert!(
        matches!(barred, Verdict::Barred(Bar::Control { .. })),
        "{barred:?}"
    );
    assert!(
        barred
            .because()
            .unwrap()
            .starts_with("the control failed: the baseline differs from itself [1.4")
    );
    assert_eq!(
        verdict(&summary, READY_LIST, HUNDRED, Metric::P99),
        &Verdict::Better
    );
}

#[test]
fn a_disturbed_trial_is_set_aside_where_enough_others_are_left() {
    let disturb = |row: &mut Sample| {
        if row.contender == "ready-list" && row.block == 1 && row.load.connections == 100 {
            row.outcome.as_mut().unwrap().rate = 1.0;
            row.warnings.push(TrialWarning::Disturbed { delay: 0.3 });
        }
    };
    let summary = Summary::of(&change(run_with_twin(), disturb));
    let cell = summary.cell(READY_LIST, HUNDRED);
    assert_eq!((cell.trials, cell.disturbed, cell.set_aside), (4, 0, 1));
    assert_eq!(
        verdict(&summary, READY_LIST, HUNDRED, Metric::Throughput),
        &Verdict::Better
    );
}

#[test]
fn disturbed_trials_that_had_to_be_kept_bar_their_cell() {
    let disturb = |row: &mut Sample| {
        if row.contender == "ready-list" && row.block >= 1 && row.load.connections == 100 {
            row.warnings.push(TrialWarning::Disturbed { delay: 0.3 });
        }
    };
    let summary = Summary::of(&change(run_with_twin(), disturb));
    let barred = verdict(&summary, READY_LIST, HUNDRED, Metric::Cpu);
    assert_eq!(barred, &Verdict::Barred(Bar::Disturbed { trials: 4 }));
    assert_ne!(verdict(&summary, READY_LIST, ALONE, Metric::Cpu), barred);
    assert_eq!(
        verdict(&summary, READY_SCAN, HUNDRED, Metric::Throughput),
        &Verdict::Better
    );
}

#[test]
fn a_saturated_generator_bars_the_metrics_that_it_distorts() {
    let limit = |row: &mut Sample| {
        if let Some(outcome) = row.outcome.as_mut() {
            outcome.valid = row.contender != "ready-list";
        }
    };
    let summary = Summary::of(&change(run_with_twin(), limit));
    let word = |metric| verdict(&summary, READY_LIST, HUNDRED, metric);
    let at_least = "its throughput is at least what was measured, and so it is faster";
    assert_eq!(word(Metric::Throughput), &Verdict::Better, "{at_least}");
    let barred = Verdict::Barred(Bar::Generator { trials: 5 });
    assert_eq!(word(Metric::P99), &barred);
    assert_eq!(
        verdict(&summary, READY_LIST, HUNDRED, Metric::Memory),
        &Verdict::Better
    );
}

#[test]
fn three_blocks_are_inconclusive_and_say_why() {
    let mut few = run_with_twin();
    few.samples.retain(|row| row.block < 3);
    let summary = Summary::of(&few);
    let inconclusive = verdict(&summary, READY_LIST, HUNDRED, Metric::Throughput);
    assert_eq!(
        inconclusive,
        &Verdict::Inconclusive(Unsure::TooFew { trials: 3 })
    );
}

#[test]
fn a_run_is_precise_when_all_intervals_are_narrow() {
    let mut run = run_with_twin();
    run.plan.zone = 1.2;
    assert!(
        precise(&run.plan, &run.samples, &[]),
        "blocks differ by 1 % each"
    );
    let first: Vec<Sample> = run
        .samples
        .iter()
        .filter(|row| row.block < 3)
        .cloned()
        .collect();
    assert!(
        !precise(&run.plan, &first, &[]),
        "three trials have no interval"
    );
    let wide = change(run.clone(), |row| {
        if let Some(outcome) = row
            .outcome
            .as_mut()
            .filter(|_| row.contender == "ready-list")
        {
            outcome.rate *= 1.0 + 0.1 * row.block as f64;
        }
    });
    assert!(!precise(&wide.plan, &wide.samples, &[]));
    assert!(!precise(&run.plan, &[], &[]), "nothing is not precise");
}

#[test]
fn a_thread_costs_twelve_kibibytes_per_connection() {
    let summary = Summary::of(&run_with_twin());
    let slope = summary
        .per_connection(MANY_THREADS, Metric::Memory)
        .unwrap();
    assert!((slope.estimate - 12.0).abs() < 1e-9, "{slope:?}");
    assert_eq!(
        summary.per_connection(ONE_BY_ONE, Metric::Memory),
        None,
        "it left clients out"
    );
}

#[test]
fn capacity_is_a_median_with_its_interval_and_a_verdict() {
    let search = |row: &mut Sample| {
        let knee = if row.contender == "ready-list" {
            90e3
        } else {
            60e3
        };
        let step =
            |rate: f64| json!({"rate": rate, "missed": (rate > knee).then_some("p99 was 3 ms")});
        let highest = knee + row.block as f64;
        let capacity = json!({"steps": [step(50e3), step(200e3)], "highest": highest});
        row.capacity = Some(serde_json::from_value(capacity).unwrap());
    };
    let run = change(run_with_twin(), search);
    let summary = Summary::of(&run);
    assert_eq!(
        summary.median(READY_LIST, HUNDRED, Metric::Capacity),
        Some(90_002.0)
    );
    assert_eq!(
        verdict(&summary, READY_LIST, HUNDRED, Metric::Capacity),
        &Verdict::Better
    );
    let endless = change(run, |row| {
        let capacity = row.capacity.as_mut().unwrap();
        capacity.steps.truncate(if row.block == 0 { 1 } else { 2 });
    });
    let summary = Summary::of(&endless);
    let barred = verdict(&summary, READY_LIST, HUNDRED, Metric::Capacity);
    assert_eq!(barred, &Verdict::Barred(Bar::AboveRange { trials: 3 }));
}

fn claims() -> Vec<Claim> {
    let claim = |says: &str, scenario: &str, metric: &str, expect| Claim {
        says: says.to_owned(),
        scenario: scenario.to_owned(),
        metric: metric.to_owned(),
        expect,
    };
    vec![
        claim(
            "A thread each.",
            "ladder",
            "threads",
            Expect::Grows { by: 10.0 },
        ),
        claim(
            "Idle clients are free.",
            "idle",
            "cpu",
            Expect::Flat { within: 1.25 },
        ),
    ]
}

#[test]
fn claims_are_checked_where_their_scenario_was_measured() {
    let mut run = run_with_twin();
    for contender in &mut run.plan.contenders {
        contender.claims = claims();
    }
    let checked = check(&Summary::of(&run));
    assert_eq!(checked.len(), 2 * 5, "the twin makes none");
    let of = |who: &str| {
        checked
            .iter()
            .filter(|claim| claim.contender == who)
            .collect::<Vec<_>>()
    };
    let [threads, idle] = of("many-threads")[..] else {
        panic!("two claims");
    };
    assert_eq!(threads.result.words(), "holds");
    assert!(
        threads
            .result
            .figures()
            .contains("2 at 1 connection, 101 at 100 connections")
    );
    let reason = "the scenario `idle` was not part of this run".to_owned();
    assert_eq!(idle.result, ClaimResult::NotMeasured { reason });
    assert_eq!(of("ready-list")[0].result.words(), "does not hold here");
    assert!(
        of("absent")[0]
            .result
            .figures()
            .starts_with("it cannot run here")
    );
}

#[test]
fn the_report_shows_the_verdicts() {
    let parent = tempfile::tempdir().unwrap();
    let run = run_with_twin();
    let summary = Summary::of(&run);
    report::write(parent.path(), &run, &summary).unwrap();
    let text = fs::read_to_string(parent.path().join("report.md")).unwrap();
    assert!(
        text.contains("requests/s decides") && text.contains("against many-threads"),
        "{text}"
    );
    assert!(
        text.contains("| ready-list | F |") && text.contains("| many-threads (again) | control |"),
        "{text}"
    );
    let table = report::terminal(&summary);
    assert!(
        table.contains("faster\n") && table.contains("baseline\n"),
        "{table}"
    );
    assert!(
        table.lines().all(|line| line.chars().count() <= 80),
        "{table}"
    );
}

#[test]
fn a_second_scenario_has_a_section_of_its_own() {
    let mut plan = plan();
    plan.loads[HUNDRED].scenario = "idle".to_owned();
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    carry_out(&plan, &mut Script::to_the_end(), &folder);
    let run = Run::read(&folder).unwrap();
    report::write(&folder, &run, &Summary::of(&run)).unwrap();
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    let (_, costs) = page.split_once("id=costs ").expect("there are costs");
    assert!(costs.contains("<summary>100 idle connections") || costs.contains("(idle)</summary>"));
}

#[test]
fn a_choice_goes_by_intervals_and_serves_every_client() {
    let summary = Summary::of(&run_with_twin());
    let choice = summary.choice(HUNDRED);
    assert!(choice.good.contains(&READY_LIST) && !choice.good.contains(&TWIN));
    assert_eq!(choice.left_out, [ONE_BY_ONE]);
    assert!(choice.doubts.is_empty(), "{:?}", choice.doubts);
    assert!(choice.lead().is_none_or(|lead| lead > 1.05), "{choice:?}");
}

#[test]
fn a_report_of_some_models_keeps_baseline_twin_and_verdicts() {
    let whole = Summary::of(&run_with_twin());
    let name = whole.contenders[READY_LIST].name.clone();
    let part = whole.with_models(std::slice::from_ref(&name));
    let own = part.find_contender(|who| who.name == name);
    assert_eq!(part.contenders.len(), 3);
    assert_eq!(
        part.cell(own.unwrap(), HUNDRED),
        whole.cell(READY_LIST, HUNDRED)
    );
    assert_eq!(
        part.contenders[part.baseline],
        whole.contenders[whole.baseline]
    );
}
