//! Claims checked against synthetic cells.

use std::collections::BTreeMap;

use super::*;
use crate::estimate::Estimate;

/// A cell whose trials have these values of a metric.
fn cell(metric: Metric, values: &[f64]) -> Cell {
    let estimate = Estimate::of(values.to_vec()).unwrap();
    Cell {
        trials: values.len(),
        estimates: BTreeMap::from([(metric, estimate)]),
        ..Cell::default()
    }
}

/// Five trials around a value, within 1 %.
fn five(metric: Metric, middle: f64) -> Cell {
    cell(
        metric,
        &[0.99, 0.995, 1.0, 1.005, 1.01].map(|share| share * middle),
    )
}

fn growth(
    metric: Metric,
    first: &Cell,
    last: &Cell,
    expect: Expect,
) -> Result<ClaimResult, String> {
    let between = Cell::default();
    let step = |label: &str, cell| Step {
        label: label.to_owned(),
        cell,
    };
    let steps = [
        step("few", first),
        step("some", &between),
        step("many", last),
    ];
    by_growth(&steps, metric, &expect)
}

#[test]
fn what_stays_flat_holds_and_what_grows_does_not() {
    let (few, same) = (five(Metric::Cpu, 6.0), five(Metric::Cpu, 6.3));
    let flat = Expect::Flat { within: 1.25 };
    let Ok(ClaimResult::Holds { figures }) = growth(Metric::Cpu, &few, &same, flat) else {
        panic!("it is flat");
    };
    assert!(
        figures.starts_with("6 us at few, 6.3 us at many: a ratio of 1.05 ["),
        "{figures}"
    );
    let twice = five(Metric::Cpu, 12.0);
    let result = growth(Metric::Cpu, &few, &twice, flat).unwrap();
    assert_eq!(result.words(), "does not hold here");
    let result = growth(Metric::Cpu, &few, &twice, Expect::Grows { by: 1.5 }).unwrap();
    assert_eq!(result.words(), "holds");
}

#[test]
fn what_lies_on_the_border_is_not_decided() {
    let (few, many) = (five(Metric::Cpu, 6.0), five(Metric::Cpu, 6.0 * 1.25));
    let reason = growth(Metric::Cpu, &few, &many, Expect::Flat { within: 1.25 }).unwrap_err();
    assert!(
        reason.ends_with("too wide to decide, measure more blocks"),
        "{reason}"
    );
    let [few, many] = [6.0, 9.0].map(|value| cell(Metric::Cpu, &[value; 3]));
    let reason = growth(Metric::Cpu, &few, &many, Expect::Grows { by: 1.1 }).unwrap_err();
    assert!(
        reason.ends_with("3 trials of each are too few for a 95 % interval"),
        "{reason}"
    );
}

#[test]
fn a_bound_holds_where_all_trials_keep_it() {
    let steps = |last: &[f64]| {
        let (first, last) = (
            cell(Metric::Threads, &[1.0, 1.0]),
            cell(Metric::Threads, last),
        );
        let steps = [("few", &first), ("many", &last)].map(|(label, cell)| Step {
            label: label.to_owned(),
            cell,
        });
        by_values(&steps, Metric::Threads, &Expect::AtMost(1.0))
    };
    assert_eq!(steps(&[1.0, 1.0]).unwrap().words(), "holds");
    assert_eq!(steps(&[2.0, 2.0]).unwrap().words(), "does not hold here");
    assert!(
        steps(&[1.0, 2.0]).is_err(),
        "only one trial of two breaks the bound"
    );
    assert!(by_values(&[], Metric::Threads, &Expect::AtLeast(1.0)).is_err());
}

#[test]
fn a_slope_is_compared_with_its_bound_by_its_interval() {
    let slope = |low: f64, high: f64| Slope {
        estimate: f64::midpoint(low, high),
        interval: Some((low, high)),
    };
    let result = |low, high| {
        by_slope(
            &slope(low, high),
            Metric::WholeMemory,
            &Expect::AtLeast(20.0),
        )
    };
    assert_eq!(
        result(30.0, 34.0).unwrap().figures(),
        "32 KiB per connection [30 KiB, 34 KiB]"
    );
    assert_eq!(result(3.0, 4.0).unwrap().words(), "does not hold here");
    assert!(result(18.0, 22.0).is_err());
}

#[test]
fn disturbed_trials_carry_no_claim_and_a_busy_generator_none_about_speed() {
    let mut cell = five(Metric::Cpu, 6.0);
    assert!(refuse_doubtful(&cell, Metric::Cpu).is_ok());
    cell.limited = 2;
    assert!(
        refuse_doubtful(&cell, Metric::Cpu).is_ok()
            && refuse_doubtful(&cell, Metric::Throughput).is_err()
    );
    cell.disturbed = 1;
    assert!(
        refuse_doubtful(&cell, Metric::Cpu)
            .unwrap_err()
            .starts_with("other programs disturbed 1 trial")
    );
}
