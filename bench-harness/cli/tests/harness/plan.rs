//! The plan: order, baseline, budget, and the options that shape it.

use std::collections::BTreeSet;

use clap::Parser;
use echo_protocol::Protocol;
use echolab::choice::ChoiceArgs;
use echolab::http_args::HttpArgs;
use record::plan::{ContenderId, Family, LoadId, Plan, PlanError, PlanOptions, Recipe};

use crate::report::assert_golden;
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
    let other = PlanOptions {
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
fn the_baseline_serves_all_clients_unless_another_is_chosen() {
    assert_eq!(plan().baseline, "many-threads");
    let chosen = PlanOptions {
        baseline: Some("ready-list".into()),
        ..choice()
    };
    assert_eq!(
        Plan::new(contenders(), &chosen).unwrap().baseline,
        "ready-list"
    );
}

#[test]
fn an_impossible_plan_is_refused_with_a_remedy() {
    let refused = |choice: PlanOptions| Plan::new(contenders(), &choice).unwrap_err().to_string();
    let baseline = refused(PlanOptions {
        baseline: Some("ready-lisp".into()),
        ..choice()
    });
    assert!(
        baseline.contains("did you mean `ready-list`?"),
        "{baseline}"
    );
    assert!(
        refused(PlanOptions {
            scenarios: vec![ladder(&[0])],
            ..choice()
        })
        .contains("--connections")
    );
    assert!(
        refused(PlanOptions {
            blocks: 0,
            ..choice()
        })
        .contains("--blocks")
    );
    assert!(
        refused(PlanOptions {
            payload: 0,
            ..choice()
        })
        .contains("--payload")
    );
    assert_eq!(Plan::new(vec![], &choice()), Err(PlanError::NoContenders));
}

#[test]
fn a_model_that_cannot_run_here_takes_no_time() {
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
fn the_plan_knows_how_many_clients_will_wait() {
    let plan = plan();
    assert_eq!(plan.declared_waiting(ContenderId(0), LoadId(1)), 99);
    assert_eq!(plan.declared_waiting(ContenderId(1), LoadId(1)), 0);
}

#[test]
fn the_text_of_a_plan_shows_waiting_clients_and_models_that_cannot_run() {
    let text = report::plan(&plan(), true);
    assert!(
        text.starts_with("32 trials with fresh processes, about "),
        "a model that cannot run has no trials: {text}"
    );
    assert!(
        text.contains("serves at most 1 at once: up to 99 clients wait"),
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

/// Parses the options of `echolab plan`.
#[derive(Parser)]
struct Options {
    #[command(flatten)]
    choice: ChoiceArgs,
    #[command(flatten)]
    http: HttpArgs,
}

pub fn planned(words: &[&str]) -> Result<Plan, PlanError> {
    let words = ["plan", "--seed", "7"].iter().chain(words);
    let options = Options::try_parse_from(words).expect("the words are options");
    options.choice.plan_of(contenders(), &options.http)
}

fn refused(words: &[&str]) -> String {
    planned(words).unwrap_err().to_string()
}

#[test]
fn the_text_of_the_quick_plan_is_golden() {
    assert_golden("plan.txt", &report::plan(&planned(&[]).unwrap(), false));
}

#[test]
fn standard_runs_all_scenarios_and_full_ends_when_it_is_precise() {
    let standard = planned(&["--profile", "standard"]).unwrap();
    let names: Vec<_> = standard
        .scenarios
        .iter()
        .map(|scenario| scenario.name.as_str())
        .collect();
    assert_eq!(names[0], "probe");
    assert_eq!(names.len(), 1 + Recipe::built_in().len());
    assert_eq!(
        (
            standard.most_blocks(),
            standard.first_block(),
            standard.least_blocks
        ),
        (6, 2, None)
    );
    assert!(!standard.may_end_after(7));
    let full = planned(&["--profile", "full"]).unwrap();
    assert_eq!((full.most_blocks(), full.least_blocks), (30, Some(10)));
    assert!(!full.may_end_after(10) && full.may_end_after(11));
    let fixed = planned(&["--profile", "full", "--blocks", "12"]).unwrap();
    assert_eq!((fixed.most_blocks(), fixed.least_blocks), (12, None));
}

#[test]
fn a_run_that_ended_because_it_was_precise_is_complete() {
    for extra in [&["--fresh"][..], &[]] {
        let words = ["--profile", "full", "--scenarios", "ladder"];
        let plan = planned(&[&words, extra].concat()).unwrap();
        let of_block = |trial: &record::plan::Trial| trial.block == 0;
        let (block, all) = (
            plan.trials().filter(of_block).count(),
            plan.trials().count(),
        );
        let due = |finished: usize| plan.due(&(0..finished).collect());
        assert_eq!(due(10 * block), 10 * block);
        assert_eq!(due(12 * block), 12 * block);
        assert_eq!(
            (due(9 * block), due(10 * block + 1), due(0)),
            (all, all, all)
        );
        let holes = (1..=10 * block).collect();
        assert_eq!(plan.due(&holes), all);
    }
}

#[test]
fn the_probe_comes_first_and_alone() {
    let plan = planned(&["--scenarios", "rate,ladder"]).unwrap();
    for trial in plan.trials() {
        assert_eq!(plan.is_probe(trial.load), trial.block < plan.first_block());
    }
    assert!(plan.timing_of(LoadId(0)).duration_s < plan.timing.duration_s);
    assert_eq!(
        planned(&["--scenarios", "ladder"]).unwrap().first_block(),
        0
    );
}

#[test]
fn the_twin_is_the_baseline_under_another_name() {
    let plan = planned(&["--baseline", "ready-list"]).unwrap();
    let twin = plan.contenders.last().unwrap();
    assert_eq!(twin.twin_of.as_deref(), Some("ready-list"));
    assert_eq!(
        (twin.name.as_str(), twin.model()),
        ("ready-list (again)", "ready-list")
    );
    assert_eq!((twin.family, plan.contenders.len()), (Family::Readiness, 6));
    assert_eq!(planned(&["--no-twin"]).unwrap().contenders.len(), 5);
}

#[test]
fn cells_that_cannot_be_served_are_in_the_plan_with_the_reason() {
    let mut plan = planned(&["--profile", "standard"]).unwrap();
    let load = |plan: &Plan, scenario: &str| {
        LoadId::all(&plan.loads)
            .rfind(|&load| plan.loads[load].scenario == scenario)
            .unwrap()
    };
    let idle = load(&plan, "idle");
    let reason = plan.unsupported_reason(ContenderId(0), idle).unwrap();
    assert!(
        reason.starts_with("it serves at most 1 client at once, and this load has 8,008;"),
        "{reason}"
    );
    assert_eq!(plan.unsupported_reason(ContenderId(1), idle), None);
    assert_eq!(
        plan.unsupported_reason(ContenderId(0), load(&plan, "ladder")),
        None,
        "waiting clients are a result"
    );
    assert!(
        plan.unsupported_reason(ContenderId(4), idle)
            .unwrap()
            .starts_with("this kernel lacks it")
    );
    plan.contenders[1].command = Some("python3 server.py {port}".into());
    let reason = plan
        .unsupported_reason(ContenderId(1), load(&plan, "work"))
        .unwrap();
    assert!(
        reason.contains("does not speak the framed protocol; remove the scenario `work`"),
        "{reason}"
    );
}

#[test]
fn a_reference_line_is_neither_baseline_nor_peak() {
    let mut contenders = plan().contenders;
    contenders.truncate(3);
    for line in &mut contenders[1..2] {
        (line.reference_line, line.echo_only) = (true, true);
    }
    let options = Options::parse_from(["plan", "--profile", "standard"]);
    let plan = options.choice.plan_of(contenders, &options.http).unwrap();
    assert_ne!(plan.baseline, plan.contenders[1].name);
    let probed = plan.trials().filter(|trial| plan.is_probe(trial.load));
    let mut probed: Vec<_> = probed.map(|trial| trial.contender).collect();
    probed.sort_unstable();
    probed.dedup();
    assert_eq!(
        probed,
        [0, 2].map(ContenderId),
        "a reference line does not set the peak, and a twin repeats its original"
    );
    for (id, load) in LoadId::all(&plan.loads).zip(&plan.loads) {
        let reason = plan.unsupported_reason(ContenderId(1), id);
        if load.protocol == Protocol::Echo {
            assert_eq!(reason, None);
        } else {
            assert_eq!(
                reason.unwrap(),
                "it only echoes bytes and does not speak the framed protocol; see `echolab list --long`"
            );
        }
    }
    let text = report::plan(&plan, false);
    assert!(
        text.contains("a reference line: never recommended"),
        "{text}"
    );
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let unused = refused(&["--scenarios", "idle", "--connections", "5"]);
    assert!(
        unused.contains("--connections applies only to the scenario `ladder`"),
        "{unused}"
    );
    let unused = refused(&["--scenarios", "idle", "--slo", "p99<2ms"]);
    assert!(unused.contains("remove --slo"), "{unused}");
    assert!(refused(&["--scenarios", "probe"]).contains("there is no scenario `probe`"));
    let capacity = planned(&["--slo", "p99.9<7ms"]).unwrap();
    let objective = capacity.loads.last().unwrap().objective.unwrap();
    assert_eq!(objective.to_string(), "p99.9<7ms");
}
