//! The values of metrics in synthetic rows.

use super::*;

#[test]
fn names_lead_back_to_their_metric() {
    for metric in Metric::ALL {
        assert_eq!(Metric::named(metric.name()), Some(metric));
    }
    assert_eq!(Metric::named("speed"), None);
}

#[test]
fn a_figure_that_an_old_row_lacks_is_unknown_and_not_zero() {
    let mut sample = record::sample::example(None);
    sample.server = Some(record::sample::ServerCost {
        processes_read: 1,
        pss_kib: 900.0,
        ..Default::default()
    });
    assert_eq!(Metric::Memory.value_in(&sample), Some(900.0));
    for metric in [Metric::PageTables, Metric::WholeMemory, Metric::Descriptors] {
        assert_eq!(metric.value_in(&sample), None);
    }
}

/// A row of a server whose sampled threads waited 50 times in the window of 100 requests, and 330 times in its whole life of 300
/// requests.
fn row_with_threads(threads: usize, read: usize) -> record::sample::Sample {
    let mut sample = record::sample::example(Some(record::outcome::Outcome {
        rate: 100.0,
        ..Default::default()
    }));
    sample.load.active = 8;
    sample.server = Some(record::sample::ServerCost {
        window_s: 1.0,
        voluntary: 50.0,
        run_queue_s: Some(0.001),
        processes: 2,
        threads,
        threads_read: read,
        life_voluntary: 330,
        life_requests: 300,
        ..Default::default()
    });
    sample
}

#[test]
fn switches_count_over_the_whole_life_where_not_all_threads_were_sampled() {
    assert_eq!(
        Metric::Voluntary.value_in(&row_with_threads(3, 3)),
        Some(0.5)
    );
    assert_eq!(
        Metric::Voluntary.value_in(&row_with_threads(64, 5)),
        Some(1.1)
    );
}

#[test]
fn a_sample_of_mostly_idle_threads_stands_for_no_others() {
    let few_busy = row_with_threads(64, 5);
    assert_eq!(Metric::RunQueue.value_in(&few_busy), None);
    let mut killed = few_busy;
    killed.server.as_mut().unwrap().life_requests = 0;
    assert_eq!(
        Metric::Voluntary.value_in(&killed),
        None,
        "a few idle threads do not stand for all"
    );
    killed.load.active = 64;
    assert_eq!(
        Metric::Voluntary.value_in(&killed),
        Some(0.5),
        "all are alike"
    );
    assert_eq!(Metric::RunQueue.value_in(&killed), Some(10.0));
}

#[test]
fn the_first_class_is_seen_for_itself_where_others_are_honest_too() {
    let mut outcome = record::outcome::Outcome::default();
    let class = |honest: bool, p99_ns: u64| {
        let mut class = record::outcome::ClassOutcome {
            honest,
            ..Default::default()
        };
        (class.response.count, class.response.p99_ns) = (10_000, p99_ns);
        class
    };
    outcome.classes = vec![class(true, 7), class(false, 9)];
    let p99 = |outcome: &record::outcome::Outcome| {
        Metric::FirstClassP99.value_in(&record::sample::example(Some(outcome.clone())))
    };
    assert_eq!(p99(&outcome), None, "then it is the p99 of the trial");
    outcome.classes[1].honest = true;
    assert_eq!(p99(&outcome), Some(7.0));
}

#[test]
fn a_percentile_needs_a_hundred_samples_beyond_it() {
    let mut outcome = record::outcome::Outcome::default();
    outcome.response.count = 10_000;
    let sample = record::sample::example(Some(outcome.clone()));
    assert!(Metric::P99.value_in(&sample).is_some() && Metric::P999.value_in(&sample).is_none());
    outcome.response.count = 9_999;
    assert!(
        Metric::P99
            .value_in(&record::sample::example(Some(outcome)))
            .is_none()
    );
}

#[test]
fn a_client_that_never_finishes_a_request_was_not_left_out() {
    let mut outcome = record::outcome::Outcome::default();
    outcome.connections.never_served = 64;
    let never = |outcome: &record::outcome::Outcome| {
        let sample = record::sample::example(Some(outcome.clone()));
        Metric::NeverServed.value_in(&sample)
    };
    assert_eq!(never(&outcome), Some(64.0), "an old row knows no better");
    (outcome.fairness.clients, outcome.fairness.never_served) = (16, 1);
    assert_eq!(never(&outcome), Some(1.0));
}
