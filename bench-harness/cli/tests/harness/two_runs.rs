//! The comparison of two runs of one plan.

use analysis::{Metric, Verdict, diff};

use crate::verdicts::{change, run_with_twin};

#[test]
fn a_run_does_not_differ_from_itself() {
    let run = run_with_twin();
    let comparison = diff(&run, &run);
    assert!(
        comparison.environment.is_empty()
            && comparison.plan.is_empty()
            && comparison.program.is_empty()
    );
    assert!(!comparison.changes.is_empty());
    for change in &comparison.changes {
        let verdict = &change.compared.verdict;
        assert!(*verdict == Verdict::Equivalent, "{change:?}");
    }
}

#[test]
fn two_runs_differ_where_the_program_changed() {
    let mut before = run_with_twin();
    before.environment.commit = Some("before".to_owned());
    let mut after = change(before.clone(), |row| {
        if let Some(outcome) = row
            .outcome
            .as_mut()
            .filter(|_| row.contender == "ready-list")
        {
            outcome.rate *= 0.5;
        }
    });
    after.environment.commit = Some("after".to_owned());
    after.environment.cpu = "Another processor".to_owned();
    after.plan.timing.warm_up_s = 9.0;
    let comparison = diff(&before, &after);
    let names = |differences: &[record::circumstances::Difference]| {
        differences
            .iter()
            .map(|difference| difference.what.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&comparison.environment), ["cpu"]);
    assert_eq!(names(&comparison.program), ["commit"]);
    assert_eq!(names(&comparison.plan), ["timing"]);
    let slower: Vec<_> = comparison
        .changes
        .iter()
        .filter(|change| change.metric == Metric::Throughput)
        .filter(|change| change.compared.verdict == Verdict::Worse)
        .map(|change| (change.contender.as_str(), change.load.as_str()))
        .collect();
    assert_eq!(
        slower,
        [
            ("ready-list", "1 connection"),
            ("ready-list", "100 connections")
        ]
    );
}
