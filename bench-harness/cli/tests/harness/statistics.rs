//! Every statistic against known answers, which `tests/data/make_statistics.py` made with scipy and statsmodels.

use analysis::{Estimate, holm, rank_test, ratio, slope};
use serde_json::Value;

fn answers(statistic: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("../data/statistics.json")).unwrap();
    all[statistic].clone()
}

fn each(statistic: &str) -> Vec<Value> {
    answers(statistic).as_array().unwrap().clone()
}

fn floats(value: &Value) -> Vec<f64> {
    let values = value.as_array().unwrap().iter();
    values.map(|value| value.as_f64().unwrap()).collect()
}

fn assert_near(result: f64, expected: &Value, what: &Value) {
    let expected = expected.as_f64().unwrap();
    assert!(
        (result - expected).abs() <= 1e-9 * expected.abs().max(1e-6),
        "{result} is not {expected} in {what}"
    );
}

fn assert_interval(result: Option<(f64, f64)>, answer: &Value) {
    match result {
        None => assert!(answer["low"].is_null(), "no interval in {answer}"),
        Some((low, high)) => {
            assert_near(low, &answer["low"], answer);
            assert_near(high, &answer["high"], answer);
        }
    }
}

#[test]
fn the_mann_whitney_test_is_that_of_scipy_with_and_without_ties() {
    for answer in each("mann_whitney")
        .iter()
        .chain(&each("mann_whitney_with_many_ties"))
    {
        let result = rank_test(&floats(&answer["a"]), &floats(&answer["b"])).unwrap();
        assert_near(result.p, &answer["p"], answer);
        assert_near(result.superiority, &answer["superiority"], answer);
    }
}

#[test]
fn the_interval_of_a_ratio_holds_what_the_exact_test_of_scipy_does_not_reject() {
    for answer in each("hodges_lehmann") {
        let result = ratio(&floats(&answer["a"]), &floats(&answer["b"])).unwrap();
        assert_near(result.estimate, &answer["estimate"], &answer);
        assert_interval(result.interval, &answer);
    }
}

#[test]
fn the_slope_and_its_interval_are_those_of_theilslopes() {
    for answer in each("theil_sen") {
        let points = answer["points"].as_array().unwrap().iter();
        let points: Vec<_> = points
            .map(|point| (floats(point)[0], floats(point)[1]))
            .collect();
        let result = slope(&points).unwrap();
        assert_near(result.estimate, &answer["estimate"], &answer);
        assert_interval(result.interval, &answer);
    }
}

#[test]
fn the_interval_of_a_median_is_that_of_the_quantile_test() {
    for answer in each("median") {
        let result = Estimate::of(floats(&answer["values"])).unwrap();
        assert_near(result.median, &answer["median"], &answer);
        assert_interval(result.interval, &answer);
    }
}

#[test]
fn holm_is_that_of_statsmodels() {
    let answer = answers("holm");
    let result = holm(&floats(&answer["p"]));
    for (result, expected) in result.iter().zip(answer["adjusted"].as_array().unwrap()) {
        assert_near(*result, expected, &answer);
    }
}
