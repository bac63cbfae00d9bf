//! What can be read off made-up rows.

use super::*;

#[test]
fn names_lead_back_to_their_metric() {
    for metric in Metric::ALL {
        assert_eq!(Metric::named(metric.name()), Some(metric));
    }
    assert_eq!(Metric::named("speed"), None);
}

#[test]
fn what_an_old_row_does_not_know_is_not_nothing() {
    let mut sample = crate::sample::tests::sample(None);
    sample.server = Some(crate::sample::ServerCost {
        processes_read: 1,
        pss_kib: 900.0,
        ..Default::default()
    });
    assert_eq!(Metric::Memory.of(&sample), Some(900.0));
    for metric in [Metric::PageTables, Metric::WholeMemory, Metric::Descriptors] {
        assert_eq!(metric.of(&sample), None);
    }
}

#[test]
fn the_first_class_is_seen_for_itself_where_others_are_honest_too() {
    let mut outcome = loadgen::Outcome::default();
    let class = |honest: bool, p99_ns: u64| {
        let mut class = loadgen::ClassOutcome {
            honest,
            ..Default::default()
        };
        (class.response.count, class.response.p99_ns) = (10_000, p99_ns);
        class
    };
    outcome.classes = vec![class(true, 7), class(false, 9)];
    let of = |outcome: &loadgen::Outcome| {
        Metric::FirstClassP99.of(&crate::sample::tests::sample(Some(outcome.clone())))
    };
    assert_eq!(of(&outcome), None, "then it is the p99 of the trial");
    outcome.classes[1].honest = true;
    assert_eq!(of(&outcome), Some(7.0));
}

#[test]
fn a_percentile_needs_a_hundred_samples_beyond_it() {
    let mut outcome = loadgen::Outcome::default();
    outcome.response.count = 10_000;
    let sample = crate::sample::tests::sample(Some(outcome.clone()));
    assert!(Metric::P99.of(&sample).is_some() && Metric::P999.of(&sample).is_none());
    outcome.response.count = 9_999;
    assert!(
        Metric::P99
            .of(&crate::sample::tests::sample(Some(outcome)))
            .is_none()
    );
}

#[test]
fn who_never_finishes_a_request_was_not_left_out() {
    let mut outcome = loadgen::Outcome::default();
    outcome.connections.never_served = 64;
    let never = |outcome: &loadgen::Outcome| {
        let sample = crate::sample::tests::sample(Some(outcome.clone()));
        Metric::NeverServed.of(&sample)
    };
    assert_eq!(never(&outcome), Some(64.0), "an old row knows no better");
    (outcome.fairness.clients, outcome.fairness.never_served) = (16, 1);
    assert_eq!(never(&outcome), Some(1.0));
}
