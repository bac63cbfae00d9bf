//! Tests of the parameters of `compare`.

use super::*;

fn table(text: &str) -> Table {
    toml::from_str(text).unwrap()
}

#[test]
fn a_placeholder_alone_keeps_the_type_of_its_value_and_one_in_a_text_becomes_text() {
    let class =
        table("rate = \"{rate}\"\nwork = \"spin:{work}\"\nconnections = 8\nidle = \"{step}\"");
    let values = table("rate = 20000\nwork = \"5ms\"");
    let filled = filled_in(&class, &values).unwrap();
    let expected = table("rate = 20000\nwork = \"spin:5ms\"\nconnections = 8\nidle = \"{step}\"");
    assert_eq!(filled, expected);
}

#[test]
fn a_placeholder_without_a_value_is_a_mistake() {
    let error = filled_in(&table("rate = \"{speed}\""), &Table::new())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`rate = \"{speed}\"` has a placeholder without a value"),
        "{error}"
    );
    assert!(error.ends_with("correct `lesson.toml`"), "{error}");
}

#[test]
fn an_unknown_metric_is_named_with_those_that_exist() {
    let names = OneOrMore::More(vec!["cpu".to_owned(), "throughput".to_owned()]);
    assert_eq!(metrics(&names).unwrap().len(), 2);
    let error = metrics(&OneOrMore::One("speed".to_owned()))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("no metric is called `speed`; there are "),
        "{error}"
    );
    assert!(error.contains("throughput"), "{error}");
}

#[test]
fn one_model_is_compared_with_its_twin_and_several_with_the_first() {
    let stop = measure::stop::Stop::manual();
    let stage = Stage {
        program: std::path::Path::new("/"),
        folder: std::path::Path::new("/"),
        server_cpus: None,
        client_cpus: None,
        seed: 1,
        short: true,
        stop: &stop,
        progress: &|_, _| {},
    };
    let names = |models: &str| {
        let text = format!(
            "models = {models}\nmetric = \"cpu\"\nrounds = 9\nclass = [{{ connections = 4 }}]"
        );
        let plan = plan(&stage, &parameters(&table(&text)).unwrap()).unwrap();
        assert!(
            plan.sittings
                .iter()
                .all(|sitting| sitting.rounds == SHORT_ROUNDS)
        );
        plan.contenders
            .iter()
            .map(|contender| contender.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("[\"poll\"]"), ["poll", "poll (again)"]);
    assert_eq!(names("[\"poll\", \"select\"]"), ["poll", "select"]);
}
