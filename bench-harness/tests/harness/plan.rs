//! What a plan promises before anything runs.

use std::collections::BTreeSet;

use echolab::plan::{Choice, Plan, PlanError};

use crate::scripted::{choice, contenders, ladder, plan};

#[test]
fn every_block_holds_every_cell_once() {
    let plan = plan();
    assert_eq!(plan.blocks.len(), 4);
    for block in 0..4 {
        let trials: Vec<_> = plan.trials().filter(|trial| trial.block == block).collect();
        let cells: BTreeSet<_> = trials
            .iter()
            .map(|trial| (trial.contender, trial.load))
            .collect();
        assert_eq!((trials.len(), cells.len()), (10, 10));
    }
}

#[test]
fn the_seed_decides_the_order() {
    let other = Choice {
        seed: 8,
        ..choice()
    };
    assert_eq!(plan(), plan());
    assert_ne!(
        plan().blocks,
        Plan::new(contenders(), &other).unwrap().blocks
    );
    assert_ne!(plan().blocks[0], plan().blocks[1]);
}

#[test]
fn the_baseline_serves_everybody_unless_another_is_chosen() {
    assert_eq!(plan().baseline, "many-threads");
    let chosen = Choice {
        baseline: Some("ready-list".into()),
        ..choice()
    };
    assert_eq!(
        Plan::new(contenders(), &chosen).unwrap().baseline,
        "ready-list"
    );
}

#[test]
fn a_plan_without_sense_is_refused_with_a_remedy() {
    let refused = |choice: Choice| Plan::new(contenders(), &choice).unwrap_err().to_string();
    let baseline = refused(Choice {
        baseline: Some("ready-lisp".into()),
        ..choice()
    });
    assert!(
        baseline.contains("did you mean `ready-list`?"),
        "{baseline}"
    );
    assert!(
        refused(Choice {
            scenarios: vec![ladder(&[0])],
            ..choice()
        })
        .contains("--connections")
    );
    assert!(
        refused(Choice {
            blocks: 0,
            ..choice()
        })
        .contains("--blocks")
    );
    assert!(
        refused(Choice {
            payload: 0,
            ..choice()
        })
        .contains("--payload")
    );
    assert_eq!(Plan::new(vec![], &choice()), Err(PlanError::NoContenders));
}

#[test]
fn what_cannot_run_here_takes_no_time() {
    let plan = plan();
    let absent = plan
        .trials()
        .find(|trial| plan.contenders[trial.contender].name == "absent")
        .unwrap();
    assert!(plan.expected_trial(absent).is_zero());
    let seconds = plan.expected().as_secs_f64();
    assert!(
        (48.0..55.0).contains(&seconds),
        "32 trials of 1.5 s and a little more: {seconds}"
    );
}

#[test]
fn clients_that_will_wait_are_known_before() {
    let plan = plan();
    assert_eq!(plan.declared_waiting(0, 1), 99);
    assert_eq!(plan.declared_waiting(1, 1), 0);
}

#[test]
fn a_plan_in_words_says_who_waits_and_who_cannot_run() {
    let text = echolab::report::plan(&plan(), true);
    assert!(
        text.starts_with("40 trials: 5 models x 2 loads x 4 blocks, about "),
        "{text}"
    );
    assert!(
        text.contains("serves 1 at once: up to 99 clients wait"),
        "{text}"
    );
    assert!(
        text.contains("cannot run here: this kernel lacks it; use a newer one"),
        "{text}"
    );
    assert_eq!(
        text.matches("  ready-list              ladder     100 connections")
            .count(),
        4,
        "{text}"
    );
}
