//! Tests of scenarios: the loads that they make, and the mistakes that they refuse.

use super::loads::planned_rate;
use super::*;
use crate::plan::{Rate, names};

fn recipe(class: &str) -> Recipe {
    let text = format!(
        "[[scenario]]\nname = \"mine\"\nquestion = \"What if?\"\naxis = \"clients\"\nsteps = [1, 2]\n{class}"
    );
    Recipe::parse("mine.toml", &text).unwrap().remove(0)
}

fn error_of(class: &str) -> String {
    recipe(class).loads(64).unwrap_err().to_string()
}

#[test]
fn every_built_in_scenario_asks_a_question_and_makes_loads() {
    let all = Recipe::built_in();
    let names: Vec<_> = all.iter().map(|recipe| recipe.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "equal", "ladder", "idle", "rate", "churn", "slow", "work", "blocking", "burst",
            "large", "pipeline", "capacity"
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
                ["equal", "rate", "capacity"].contains(&load.scenario.as_str())
            );
            assert_eq!(
                load.is_paired(),
                !["churn", "burst", "capacity"].contains(&load.scenario.as_str()),
                "{}",
                load.scenario
            );
        }
    }
}

#[test]
fn a_timeline_is_recorded_at_the_first_step_with_enough_clients() {
    let with = |timeline: &str| {
        recipe(&format!(
            "{timeline}\n[[scenario.class]]\nconnections = \"{{step}}\""
        ))
    };
    let timelines = |recipe: &Recipe| -> Vec<usize> {
        let loads = recipe.loads(64).unwrap();
        loads.iter().map(|load| load.timeline).collect()
    };
    assert_eq!(timelines(&with("timeline = 2")), [0, 2]);
    assert_eq!(timelines(&with("")), [0, 0]);
    let hundred = Recipe {
        steps: vec![100.0],
        ..with("timeline = 65")
    };
    let error = hundred.loads(64).unwrap_err().to_string();
    assert!(
        error.contains("--timeline is 65; write a whole number from 0 to 64"),
        "{error}"
    );
}

#[test]
fn three_scenarios_record_a_timeline_at_one_load_each() {
    let active = |name: &str| -> Vec<usize> {
        let loads = Recipe::named(name).unwrap().loads(64).unwrap();
        let with_timeline = loads.iter().filter(|load| load.timeline == 8);
        with_timeline.map(|load| load.active).collect()
    };
    assert_eq!(
        ["ladder", "idle", "blocking"].map(active),
        [[10], [8], [16]]
    );
    assert!(active("equal").is_empty());
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
fn the_step_replaces_its_placeholder_in_a_class() {
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
fn an_axis_may_vary_options_of_the_server() {
    let loads = recipe(
        "server = { backlog = \"{step}\", idle-timeout = \"{step}s\", workers = 4 }\n[[scenario.class]]",
    )
    .loads(64)
    .unwrap();
    assert_eq!(
        loads[1].server.arguments().join(" "),
        "--backlog 2 --workers 4 --idle-timeout 2s"
    );
    assert_eq!(
        loads[1].label(),
        "1 connection, backlog 2, 4 workers, idle timeout 2s"
    );
    let stored = serde_json::to_string(&loads[1]).unwrap();
    let again: crate::plan::Load = serde_json::from_str(&stored).unwrap();
    assert_eq!(again, loads[1]);
}

#[test]
fn a_wrong_option_of_the_server_is_named_in_the_error() {
    let error = |server: &str| error_of(&format!("server = {{ {server} }}\n[[scenario.class]]"));
    let unknown = error("blacklog = 1");
    assert!(
        unknown.contains("[scenario.server]: there is no key `blacklog` here")
            && unknown.contains("did you mean `backlog`?"),
        "{unknown}"
    );
    let zero = error("workers = 0");
    assert!(
        zero.ends_with("this is integer `0`; write a whole number above 0"),
        "{zero}"
    );
}

#[test]
fn the_pipelining_depth_may_be_the_axis() {
    let loads = Recipe::named("pipeline").unwrap().loads(64).unwrap();
    let depths: Vec<_> = loads
        .iter()
        .map(|load| (load.depth(), load.in_flight()))
        .collect();
    assert_eq!(depths, [(1, 8), (4, 32), (16, 128), (64, 512)]);
    assert_eq!(loads[0].label(), "8 connections");
    assert_eq!(
        loads[3].label(),
        "8 connections, 64 requests in flight each"
    );
    let open = recipe("[[scenario.class]]\nrate = 500\npipeline = 16").loads(64);
    let label = "1 connection, up to 16 requests in flight each, 500 requests/s";
    assert_eq!(open.unwrap()[0].label(), label);
}

#[test]
fn a_pipelining_depth_out_of_range_is_refused_with_the_range() {
    for depth in [0, 10_001] {
        let error = error_of(&format!("[[scenario.class]]\npipeline = {depth}"));
        let words = format!(
            "scenario `mine` at step 1: --pipeline is {depth}; write a whole number from 1 to 10000"
        );
        assert_eq!(error, words);
    }
}

#[test]
fn a_scenario_over_http_names_its_request() {
    let over = recipe("[[scenario.class]]").over_http(&Http::default());
    let loads = over.loads(64).unwrap();
    assert_eq!(loads[0].request(), "GET /64");
    let own =
        "protocol = \"http\"\nhttp = { path = \"/index.html\", status = 404 }\n[[scenario.class]]";
    let load = recipe(own).loads(64).unwrap().remove(0);
    assert_eq!(
        (load.request(), load.http.status),
        ("GET /index.html".to_owned(), 404)
    );
    let stored = serde_json::to_string(&load).unwrap();
    let again: crate::plan::Load = serde_json::from_str(&stored).unwrap();
    assert_eq!(again, load);
    assert_eq!(load.generated(1.0).http, load.http);
    let error = error_of("http = { path = \"/x\" }\n[[scenario.class]]");
    assert!(error.ends_with("use them with --protocol http"), "{error}");
    let framed = Recipe::named("work").unwrap();
    assert_eq!(framed.clone().over_http(&Http::default()), framed);
}

#[test]
fn the_probe_speaks_http_if_the_shares_of_its_peak_do() {
    let rate = Recipe::named("rate").unwrap().over_http(&Http::default());
    let loads = rate.loads(64).unwrap();
    assert_eq!(crate::plan::layout::probe(&loads).protocol, Protocol::Http);
    let echo = Recipe::named("rate").unwrap().loads(64).unwrap();
    assert_eq!(crate::plan::layout::probe(&echo).protocol, Protocol::Echo);
}

#[test]
fn a_class_without_clients_is_left_out() {
    let slow = Recipe::named("slow").unwrap().loads(64).unwrap();
    assert_eq!((slow[0].connections, slow[0].active), (16, 16));
    assert_eq!((slow[2].connections, slow[2].active), (48, 16));
}

#[test]
fn a_rate_may_be_a_share_of_what_the_slowest_reaches() {
    let loads = Recipe::named(names::EQUAL).unwrap().loads(64).unwrap();
    assert_eq!(loads[0].rate, Some(Rate::OfSlowest(0.2)));
    assert_eq!(
        loads[1].label(),
        "100 connections, 50 % of what the slowest reaches"
    );
}

#[test]
fn a_rate_may_be_a_share_of_the_peak() {
    let loads = Recipe::named("rate").unwrap().loads(64).unwrap();
    assert_eq!(loads[0].rate, Some(Rate::OfPeak(0.1)));
    let offered = loads[0].at_rate(1234.5);
    let rate = planned_rate(&offered.classes[0]);
    assert_eq!(rate.unwrap().to_string(), "1234.5");
}

#[test]
fn a_step_that_the_generator_would_refuse_is_named_in_the_error() {
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
        let error = error_of(class);
        assert!(error.starts_with("scenario `mine` at step 1: "), "{error}");
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn the_error_about_an_unknown_scenario_suggests_a_similar_one() {
    let error = Recipe::select(&["lader".into()]).unwrap_err().to_string();
    assert!(
        error.contains("did you mean `ladder`?") && error.contains("--scenarios FILE.toml"),
        "{error}"
    );
}

#[test]
fn the_error_about_a_file_names_the_line() {
    let error = Recipe::parse("mine.toml", "[[scenario]]\nname = \"a\"\nstep = [1]")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("mine.toml, line 3: unknown field `step`"),
        "{error}"
    );
    let error = Recipe::select(&["./none.toml".into()])
        .unwrap_err()
        .to_string();
    assert!(
        error.ends_with("check the path given to --scenarios"),
        "{error}"
    );
}

#[test]
fn a_scenario_named_twice_is_measured_once() {
    let values = ["idle", "all", "idle"].map(str::to_owned);
    assert_eq!(
        Recipe::select(&values).unwrap().len(),
        Recipe::built_in().len()
    );
}
