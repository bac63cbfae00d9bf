//! What scenarios make of themselves, and what they refuse.

use super::*;
use crate::plan::Rate;

fn recipe(class: &str) -> Recipe {
    let text = format!(
        "[[scenario]]\nname = \"own\"\nquestion = \"What if?\"\naxis = \"clients\"\nsteps = [1, 2]\n{class}"
    );
    Recipe::parse("own.toml", &text).unwrap().remove(0)
}

fn refused(class: &str) -> String {
    recipe(class).loads(64).unwrap_err().to_string()
}

#[test]
fn every_built_in_scenario_asks_a_question_and_makes_loads() {
    let all = Recipe::built_in();
    let names: Vec<_> = all.iter().map(|recipe| recipe.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "ladder", "idle", "rate", "churn", "slow", "work", "blocking", "burst", "large",
            "capacity"
        ]
    );
    for recipe in all {
        assert!(recipe.question.ends_with('?'), "{}", recipe.question);
        let loads = recipe.loads(64).unwrap();
        assert_eq!(loads.len(), recipe.steps.len());
        for load in loads {
            assert!(
                load.active > 0 && load.active <= load.connections,
                "{load:?}"
            );
            assert_eq!(
                load.needs_peak(),
                ["rate", "capacity"].contains(&load.scenario.as_str())
            );
        }
    }
}

#[test]
fn clients_are_noted_one_by_one_at_the_first_step_that_has_so_many() {
    let of = |timeline: &str| {
        recipe(&format!(
            "{timeline}\n[[scenario.class]]\nconnections = \"{{step}}\""
        ))
    };
    let loads = of("timeline = 2").loads(64).unwrap();
    let noted = |load: &Load| load.timeline == 2;
    assert_eq!([noted(&loads[0]), noted(&loads[1])], [false, true]);
    assert!(
        of("")
            .loads(64)
            .unwrap()
            .iter()
            .all(|load| load.timeline == 0)
    );
    let hundred = Recipe {
        steps: vec![100.0],
        ..of("timeline = 65")
    };
    let refused = hundred.loads(64).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("--timeline must be from 0 to 64"),
        "{refused}"
    );
}

#[test]
fn a_built_in_scenario_shows_who_waits_for_whom() {
    let loads = Recipe::named("blocking").unwrap().loads(64).unwrap();
    let noted = loads.iter().filter(|load| load.timeline == 8);
    assert_eq!(noted.map(|load| load.connections).collect::<Vec<_>>(), [16]);
}

#[test]
fn the_ladder_is_one_class_of_busy_clients() {
    let loads = Recipe::named("ladder").unwrap().loads(100).unwrap();
    assert!(
        loads
            .iter()
            .all(|load| load.classes.len() == 1 && load.payload == 100)
    );
    assert_eq!(loads[1].connections, 10);
}

#[test]
fn a_step_stands_where_the_class_says() {
    let loads = recipe(
        "protocol = \"framed\"\n[[scenario.class]]\nconnections = 3\nwork = \"sleep:{step}ms\"",
    )
    .loads(64)
    .unwrap();
    let class = &loads[1].classes[0];
    assert_eq!(class.work, Some("sleep:2ms".parse().unwrap()));
    assert_eq!(class.payload.largest(), 64);
    assert_eq!((loads[1].connections, loads[1].step), (3, 2.0));
}

#[test]
fn a_class_of_nobody_is_left_out() {
    let slow = Recipe::named("slow").unwrap().loads(64).unwrap();
    assert_eq!((slow[0].connections, slow[0].active), (16, 16));
    assert_eq!((slow[2].connections, slow[2].active), (48, 16));
}

#[test]
fn a_rate_may_be_a_share_of_the_peak() {
    let loads = Recipe::named("rate").unwrap().loads(64).unwrap();
    assert_eq!(loads[0].rate, Some(Rate::OfPeak(0.1)));
    let offered = loads[0].offered(1234.5);
    let rate = planned_rate(&offered.classes[0]);
    assert_eq!(rate.unwrap().to_string(), "1234.5");
}

#[test]
fn a_step_that_the_generator_would_refuse_is_refused_with_its_place() {
    for (class, words) in [
        (
            "[[scenario.class]]\nconections = 3",
            "did you mean `connections`?",
        ),
        (
            "[[scenario.class]]\nwork = \"spin:1ms\"",
            "--protocol framed",
        ),
        ("[[scenario.class]]\nrate = \"all of peak\"", "0.5 of peak"),
        ("[[scenario.class]]\nrate = \"searched\"", "belong together"),
        (
            "objective = \"p99<2ms\"\n[[scenario.class]]\nrate = 5",
            "belong together",
        ),
        ("class = []", "--connections 1"),
    ] {
        let error = refused(class);
        assert!(error.starts_with("scenario `own` at step 1: "), "{error}");
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn an_unknown_scenario_is_met_with_the_nearest() {
    let error = Recipe::chosen(&["lader".into()]).unwrap_err().to_string();
    assert!(
        error.contains("did you mean `ladder`?") && error.contains("--scenarios FILE.toml"),
        "{error}"
    );
}

#[test]
fn a_mistake_in_a_file_is_found_at_its_line() {
    let error = Recipe::parse("own.toml", "[[scenario]]\nname = \"a\"\nstep = [1]")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("own.toml, line 3: unknown field `step`"),
        "{error}"
    );
    let error = Recipe::chosen(&["./none.toml".into()])
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("check the path given to --scenarios"),
        "{error}"
    );
}

#[test]
fn a_scenario_named_twice_is_measured_once() {
    let words = ["idle", "all", "idle"].map(str::to_owned);
    assert_eq!(
        Recipe::chosen(&words).unwrap().len(),
        Recipe::built_in().len()
    );
}
