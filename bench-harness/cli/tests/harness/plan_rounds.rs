//! The plan of a run in rounds: the budget, sittings, and what it cannot decide.

use record::plan::{ContenderId, LoadId};

use crate::plan::planned;

/// The rounds of each sitting of a plan.
fn rounds(words: &[&str]) -> usize {
    let plan = planned(words).unwrap();
    let rounds = plan.sittings[0].rounds;
    assert!(plan.sittings.iter().all(|other| other.rounds == rounds));
    rounds
}

#[test]
fn the_budget_of_quick_sets_the_rounds() {
    let (few, many) = (rounds(&["--blocks", "1"]), rounds(&["--blocks", "500"]));
    assert_eq!((few, many), (12, 2), "its bounds");
    let within = planned(&["--blocks", "20"]).unwrap();
    let seconds = within.expected().as_secs_f64();
    assert!((280.0..=345.0).contains(&seconds), "{seconds}");
    assert_eq!(rounds(&["--rounds", "3", "--blocks", "500"]), 3, "as given");
    let window = |words: &[&str]| planned(words).unwrap().timing.duration_s;
    assert!((window(&["--duration", "70ms"]) - 0.07).abs() < 1e-9);
    assert!((window(&[]) - 0.2).abs() < 1e-9, "only the probe needs it");
}

#[test]
fn a_plan_keeps_its_budget_unless_the_user_chose_its_length() {
    let budget = |words: &[&str]| planned(words).unwrap().budget_s;
    assert_eq!(budget(&[]), Some(350.0));
    assert_eq!(budget(&["--profile", "standard"]), Some(7200.0));
    for words in [
        ["--blocks", "2"],
        ["--rounds", "2"],
        ["--fresh", "--no-twin"],
    ] {
        assert_eq!(budget(&words), None, "{words:?}");
    }
}

#[test]
fn without_rounds_the_budget_sets_the_window() {
    let window = |words: &[&str]| {
        let plan = planned(&[&["--fresh"], words].concat()).unwrap();
        assert!(plan.sittings.is_empty());
        (plan.timing.duration_s * 1e3).round() as u64
    };
    let (few, many) = (window(&["--blocks", "1"]), window(&["--blocks", "500"]));
    assert_eq!((few, many), (1000, 200), "its bounds");
    assert_eq!(window(&["--duration", "70ms"]), 70);
}

#[test]
fn the_budget_of_standard_sets_the_rounds() {
    let ladder = ["--profile", "standard", "--scenarios", "ladder"];
    let rounds = |words: &[&str]| rounds(&[&ladder, words].concat());
    let (few, many) = (rounds(&["--blocks", "1"]), rounds(&["--blocks", "5000"]));
    assert_eq!((few, many), (20, 4), "its bounds");
}

#[test]
fn loads_in_which_connecting_is_the_question_have_fresh_processes() {
    let plan = planned(&["--scenarios", "churn,burst,capacity,ladder"]).unwrap();
    for (id, load) in LoadId::all(&plan.loads).zip(&plan.loads) {
        assert_eq!(plan.is_paired(id), load.scenario == "ladder");
        let fresh = plan.fresh_trials().any(|trial| trial.load == id);
        assert_eq!(fresh, load.scenario != "ladder");
    }
}

#[test]
fn every_contender_sits_beside_the_baseline_once_in_each_block() {
    let plan = planned(&["--rounds", "4"]).unwrap();
    let able = |id: ContenderId, load: LoadId| {
        let is_baseline = plan.contenders[id].name == plan.baseline;
        !is_baseline && plan.unsupported_reason(id, load).is_none()
    };
    for load in LoadId::all(&plan.loads).filter(|&load| plan.is_paired(load)) {
        for id in ContenderId::all(&plan.contenders).filter(|&id| able(id, load)) {
            assert_eq!(plan.rounds_of(id, load), 5 * 4, "{id:?} {load:?}");
        }
    }
    for (_, sitting) in (0..plan.blocks.len()).flat_map(|block| plan.sittings_of(block)) {
        assert_eq!(plan.contenders[sitting.contenders[0]].name, plan.baseline);
        assert!((1..=3).contains(&sitting.others().len()), "{sitting:?}");
    }
}

#[test]
fn a_plan_that_cannot_decide_says_so_before_the_run() {
    let notes = |words: &[&str]| report::plan_notes(&planned(words).unwrap());
    assert!(notes(&[]).is_empty(), "the default decides");
    let ladder = ["--connections", "10"];
    assert_eq!(
        notes(&[&ladder[..], &["--rounds", "3", "--blocks", "1"]].concat()),
        ["3 rounds cannot decide 3 comparisons; 7 can: give more with --rounds or --blocks"]
    );
    assert!(notes(&[&ladder[..], &["--rounds", "7", "--blocks", "1"]].concat()).is_empty());
    assert_eq!(
        notes(&[&ladder[..], &["--fresh", "--blocks", "3"]].concat()),
        ["3 blocks cannot decide 3 comparisons; 4 can: give more with --blocks"]
    );
    let some = ["--scenarios", "ladder,churn", "--blocks", "3"];
    let [note] = &notes(&some)[..] else {
        panic!("one of two scenarios has enough");
    };
    assert!(
        note.starts_with("churn 1, 16, 64: 3 blocks cannot"),
        "{note}"
    );
    let alone = notes(&["--no-twin"]);
    assert!(alone[0].contains("remove --no-twin"), "{alone:?}");
}

#[test]
fn the_order_of_a_plan_shows_sittings_with_their_contenders() {
    let words = ["--connections", "10", "--blocks", "2", "--rounds", "6"];
    let text = report::plan(&planned(&words).unwrap(), true);
    assert!(text.starts_with("4 sittings of 6 rounds, about "), "{text}");
    let words: Vec<&str> = text.split_whitespace().collect();
    let words = words.join(" ");
    for part in [" 10 connections, 6 rounds: ", " beside many-threads"] {
        assert_eq!(words.matches(part).count(), 4, "{part} in\n{text}");
    }
}

#[test]
fn a_slice_without_time_for_a_request_is_refused() {
    let error = planned(&["--slice", "0ms"]).unwrap_err().to_string();
    assert!(error.ends_with("write for example --slice 50ms"), "{error}");
}
