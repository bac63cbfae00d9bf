//! The words of a scripted run in rounds: verdicts, other baselines, two runs, the report.

use std::fs;

use analysis::{Bar, Metric, Replicate, Summary, Unsure, Verdict, diff};
use measure::comparison::AsPlanned;
use record::plan::{ContenderId, LoadId, Plan, PlanOptions};

use crate::sitter::{contenders, options, plan, whole};

const ALONE: LoadId = LoadId(0);
const HUNDRED: LoadId = LoadId(1);
const LIKE_USUAL: ContenderId = ContenderId(1);
const THRIFTY: ContenderId = ContenderId(2);
const WASTEFUL: ContenderId = ContenderId(3);
const SPINNER: ContenderId = ContenderId(4);
const MOODY: ContenderId = ContenderId(5);

fn verdict(summary: &Summary, contender: ContenderId, load: LoadId, metric: Metric) -> &Verdict {
    &summary.cell(contender, load).compared[&metric].verdict
}

#[test]
fn rounds_give_words_although_the_machine_drifts() {
    let summary = Summary::of(&whole(&plan(), &AsPlanned));
    assert_eq!(summary.deciding(ALONE), Metric::Throughput);
    let word = |contender| verdict(&summary, contender, ALONE, Metric::Cpu);
    assert_eq!(word(LIKE_USUAL), &Verdict::Equivalent);
    assert_eq!(word(THRIFTY), &Verdict::Better);
    assert_eq!(word(WASTEFUL), &Verdict::Worse);
    let ratio = summary.cell(THRIFTY, ALONE).compared[&Metric::Cpu].ratio;
    assert!((ratio.estimate - 0.6).abs() < 0.01, "{ratio:?}");
    assert!(ratio.half_width().unwrap() < 0.01, "{ratio:?}");
}

#[test]
fn a_saturated_generator_makes_cpu_time_decide_and_throughput_a_lower_bound() {
    let summary = Summary::of(&whole(&plan(), &AsPlanned));
    assert_eq!(summary.deciding(HUNDRED), Metric::Cpu);
    assert!(summary.cell(THRIFTY, HUNDRED).is_bound());
    assert!(!summary.cell(WASTEFUL, HUNDRED).is_bound());
    let word = |contender, metric| verdict(&summary, contender, HUNDRED, metric);
    assert_eq!(word(THRIFTY, Metric::Cpu), &Verdict::Better);
    assert_eq!(
        word(THRIFTY, Metric::Throughput),
        &Verdict::Better,
        "even its lower bound is higher"
    );
    assert_eq!(word(WASTEFUL, Metric::Cpu), &Verdict::Worse);
    let peak = summary.cell(THRIFTY, HUNDRED).predicted_peak().unwrap();
    assert!((peak / (1e6 / 6.0) - 1.0).abs() < 0.01, "{peak}");
}

#[test]
fn a_server_that_spins_is_not_judged_by_its_cpu_time() {
    let summary = Summary::of(&whole(&plan(), &AsPlanned));
    let barred = verdict(&summary, SPINNER, ALONE, Metric::Cpu);
    assert_eq!(barred, &Verdict::Barred(Bar::Spins));
    let choice = summary.choice(ALONE);
    assert_ne!(choice.good.first(), Some(&SPINNER), "never listed first");
}

#[test]
fn sittings_that_differ_are_the_unit() {
    let summary = Summary::of(&whole(&plan(), &AsPlanned));
    let paired = |contender| {
        let compared = &summary.cell(contender, HUNDRED).compared[&Metric::Cpu];
        compared.paired.clone().expect("it was measured in rounds")
    };
    assert_eq!(paired(MOODY).unit, Replicate::Sitting);
    assert_eq!(paired(MOODY).sittings, 3);
    assert_eq!(paired(WASTEFUL).unit, Replicate::Round);
    assert_eq!(paired(WASTEFUL).rounds, 12);
}

#[test]
fn too_few_rounds_say_how_many_decide() {
    let options = PlanOptions {
        blocks: 1,
        ..options()
    };
    let run = whole(&Plan::new(contenders(), &options).unwrap(), &AsPlanned);
    let summary = Summary::of(&run);
    let few = verdict(&summary, WASTEFUL, ALONE, Metric::Throughput);
    let expected = Unsure::TooFewRounds {
        rounds: 4,
        needed: 6,
    };
    assert_eq!(few, &Verdict::Inconclusive(expected));
}

#[test]
fn another_baseline_is_compared_by_rounds_where_sittings_do_not_differ() {
    let summary = Summary::of(&whole(&plan(), &AsPlanned));
    let other = summary.against(THRIFTY, &[HUNDRED]);
    let usual = &other.cell(ContenderId(0), HUNDRED).compared[&Metric::Cpu];
    assert!(
        (usual.ratio.estimate - 10.0 / 6.0).abs() < 0.02,
        "{usual:?}"
    );
    assert_eq!(usual.verdict, Verdict::Worse, "it was measured in rounds");
    let third = &other.cell(WASTEFUL, HUNDRED).compared[&Metric::Cpu];
    assert!(
        (third.ratio.estimate - 14.0 / 6.0).abs() < 0.05,
        "{third:?}"
    );
    assert_eq!(third.paired, None, "the two never met");
    assert_eq!(third.verdict, Verdict::Worse, "twelve rounds of each");
    let moody = &other.cell(MOODY, HUNDRED).compared[&Metric::Cpu];
    let few = Unsure::TooFew { trials: 3 };
    assert_eq!(
        moody.verdict,
        Verdict::Inconclusive(few),
        "its sittings differ, so there are three values"
    );
}

#[test]
fn two_runs_in_rounds_are_compared_by_their_ratios() {
    let [first, second] = [whole(&plan(), &AsPlanned), whole(&plan(), &AsPlanned)];
    let result = diff(&first, &second);
    assert!(result.plan.is_empty() && result.environment.is_empty());
    let of = |name: &str| {
        let mut changes = result.changes.iter();
        let is_it = |change: &&analysis::Change| {
            change.contender == name && change.metric == Metric::Cpu && change.decides
        };
        changes.find(is_it).expect("it was measured in both")
    };
    let ratio = of("wasteful").compared.ratio;
    assert!((ratio.estimate - 1.0).abs() < 1e-9, "{ratio:?}");
}

#[test]
fn a_run_in_rounds_becomes_a_report() {
    let parent = tempfile::tempdir().unwrap();
    let run = whole(&plan(), &AsPlanned);
    let summary = Summary::of(&run);
    report::write(parent.path(), &run, &summary).unwrap();
    let text = fs::read_to_string(parent.path().join("report.md")).unwrap();
    assert!(text.contains("cheaper") && text.contains("round"), "{text}");
    let table = report::terminal(&summary);
    assert!(
        table.lines().all(|line| line.chars().count() <= 80),
        "{table}"
    );
}
