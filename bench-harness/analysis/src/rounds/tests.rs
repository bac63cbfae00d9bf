//! Tests of rounds: slices in order, and disturbed slices.

use record::warning::TrialWarning;

use super::*;

/// A slice of the contender at a position, with this number of requests in 50 ms.
fn slice(contender: &str, position: usize, requests: u64) -> Slice {
    let row = format!(
        r#"{{"schema":1,"sitting":0,"position":{position},"round":0,"contender":"{contender}","scenario":"ladder","step":1,
        "started":"2026-01-01T00:00:00Z","took_s":0.06,"clients":{{"window_s":0.05,"requests":{requests}}},
        "server":{{"window_s":0.05,"cpu_s":0.04,"cpus":1,"threads":1}}}}"#
    );
    serde_json::from_str(&row).unwrap()
}

/// The throughput ratios of `c`.
fn ratios(slices: &[Slice]) -> Vec<f64> {
    let all: Vec<&Slice> = slices.iter().collect();
    let logs = log_ratios(&all, "c", "b", Slice::rate);
    let rounded = |log: f64| (log.exp() * 1000.0).round() / 1000.0;
    logs.into_iter().map(rounded).collect()
}

#[test]
fn a_linear_drift_cancels() {
    // The machine becomes faster, and the contender is as fast as the baseline.
    let logs = [1000.0, 1100.0, 1210.0_f64];
    let [b, c, after] = logs.map(|requests| requests as u64);
    assert_eq!(
        ratios(&[slice("b", 0, b), slice("c", 1, c), slice("b", 2, after)]),
        [1.0]
    );
}

#[test]
fn a_contender_without_a_neighbour_on_both_sides_has_no_ratio() {
    assert_eq!(
        ratios(&[slice("b", 0, 1000), slice("c", 1, 1000)]),
        [0.0; 0]
    );
}

#[test]
fn a_repeated_slice_takes_the_place_of_the_disturbed_one() {
    let disturbed = |contender, position, requests| {
        let mut slice = slice(contender, position, requests);
        slice.warnings.push(TrialWarning::Disturbed { delay: 0.5 });
        slice
    };
    let slices = [
        slice("b", 0, 1000),
        slice("c", 1, 500),
        disturbed("b", 2, 10),
        slice("b", 3, 1000),
        disturbed("c", 4, 10),
        slice("b", 5, 1000),
    ];
    assert_eq!(ratios(&slices), [0.5]);
}

#[test]
fn a_far_slice_is_no_neighbour() {
    let mut slices = vec![slice("b", 0, 1000)];
    slices.extend((1..4).map(|position| slice("d", position, 1)));
    slices.extend([slice("c", 4, 1000), slice("b", 5, 1000)]);
    assert_eq!(ratios(&slices), [0.0; 0]);
}

#[test]
fn too_few_requests_have_no_percentile() {
    let slices = [
        slice("b", 0, 1000),
        slice("c", 1, 1000),
        slice("b", 2, 1000),
    ];
    let all: Vec<&Slice> = slices.iter().collect();
    assert!(tails(&triples(&all, "c", "b")).is_empty());
}
