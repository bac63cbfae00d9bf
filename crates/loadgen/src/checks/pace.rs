//! Checks that the generator kept its pace: the rate, the due times, and the end of the window.

use super::words::{per_second, percent, requests, time};
use crate::outcome::Outcome;
use crate::outcome::check::{Check, Weight};
use crate::outcome::latency::Latency;
use crate::timing::schedule::Spacing;

/// Largest relative difference between the sent and the scheduled rate.
const MISSED: f64 = 0.01;

/// Smallest number of requests of which one in a hundred is more than one.
const ENOUGH: u64 = 101;

/// Largest 99th percentile of the lag, in nanoseconds. Above it, the figures show the generator.
const LAG_NS: f64 = 1e6;

/// Seconds by which a window may end late: the longest wait of the event loop plus a margin.
const LATE_S: f64 = 0.15;

/// Scheduled against sent rate. Sent are requests of the window with a reply, lost, or in flight at its end. `None` for a
/// closed loop, which has no rate, and if closed and open honest classes are mixed. The ends of each window may divide the
/// requests differently by one: that of each process, or each slice. Poisson arrivals may also differ by chance, by four
/// standard deviations.
///
/// Value: the relative difference.
pub fn rate(outcome: &Outcome) -> Option<Check> {
    let ordered = outcome.offered_rate? * planned(outcome);
    let counted = outcome.classes.iter().filter(|class| class.honest);
    if ordered <= 0.0 || counted.clone().any(|class| !class.schedule.is_open()) {
        return None;
    }
    let censored = &outcome.censored;
    let lost = outcome.datagrams.map_or(0, |datagrams| datagrams.lost);
    let sent = outcome.requests + censored.pending + censored.lost + lost;
    let sent = sent.min(outcome.offered) as f64;
    let chance = match outcome.arrivals.kind {
        Some(Spacing::Constant) => 0.0,
        Some(Spacing::Poisson) | None => 4.0 / ordered.sqrt(),
    };
    let windows = outcome.slices.max(outcome.load.processes).max(1);
    let chance = chance + windows as f64 / ordered;
    let missed = (1.0 - sent / ordered).abs();
    let a_second = |n: f64| per_second(n / planned(outcome));
    let unsent = censored.unsent + censored.overflowed;
    let waited = if unsent as f64 > MISSED * ordered + windows as f64 {
        format!(", because {} found no free connection", requests(unsent))
    } else {
        String::new()
    };
    let check = Check::at_most("rate", Weight::Invalidates, missed, MISSED + chance)
        .says(format!(
            "{} requests/s were scheduled and {} were sent ({} apart){waited}",
            a_second(ordered),
            a_second(sent),
            percent(missed)
        ))
        .remedy("use a lower --rate, or more --connections and --threads");
    Some(check)
}

/// The time in which requests were due. If the window ended late, what was due after its end is none of it.
fn planned(outcome: &Outcome) -> f64 {
    let planned = outcome.load.duration_s;
    if planned > 0.0 {
        outcome.elapsed_s.min(planned)
    } else {
        outcome.elapsed_s
    }
}

/// Lag: from the due time of a request to the time at which the generator handled it. `None` if the load has no due times.
///
/// Value: the 99th percentile in nanoseconds. Of fewer than a hundred requests that is the latest one, which says nothing
/// about the others; the value is the median then.
pub fn lag(lag: &Latency, busy: bool) -> Option<Check> {
    if lag.count == 0 {
        return None;
    }
    let remedy = if busy {
        "give the generator its own CPU, more --threads, or a lower --rate"
    } else {
        "add --busy, give the generator its own CPU, more --threads, or a lower --rate"
    };
    let judged = if lag.count < ENOUGH {
        lag.p50_ns
    } else {
        lag.p99_ns
    };
    let check = Check::at_most("lag", Weight::Invalidates, judged as f64, LAG_NS)
        .says(format!(
            "requests left late: by {} at the median, {} at the 99th percentile, {} at most",
            time(lag.p50_ns as f64),
            time(lag.p99_ns as f64),
            time(lag.max_ns as f64)
        ))
        .remedy(remedy);
    Some(check)
}

/// Real duration of the window: it must end on time. Every rate divides by the real duration.
///
/// Value: seconds by which the window ended late.
pub fn elapsed(nominal_s: f64, elapsed_s: f64, overran_s: f64) -> Option<Check> {
    let limit = LATE_S + nominal_s * 0.01;
    let [real, planned] = [elapsed_s, nominal_s].map(|seconds| time(seconds * 1e9));
    let sentence = if overran_s > limit {
        format!("the window took {real} instead of {planned}; rates use the longer time")
    } else {
        format!("the window took {real} of at most {planned}; rates use the real time")
    };
    let check = Check::at_most("elapsed", Weight::Invalidates, overran_s, limit)
        .says(sentence)
        .remedy("use a lower --rate, fewer --connections, or more --threads");
    (elapsed_s > 0.0).then_some(check)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::class::ClassOutcome;
    use crate::timing::schedule::Schedule;

    fn outcome(offered: u64, unsent: u64) -> Outcome {
        let mut outcome = Outcome {
            elapsed_s: 10.0,
            offered,
            requests: offered - unsent,
            offered_rate: Some(10_000.0),
            ..Outcome::default()
        };
        outcome.arrivals.kind = Some(Spacing::Constant);
        outcome.censored.unsent = unsent;
        outcome
    }

    #[test]
    fn a_kept_rate_passes() {
        let check = rate(&outcome(100_000, 1)).unwrap();
        assert!(check.ok && check.invalidates);
        assert_eq!(
            check.sentence,
            "10,000 requests/s were scheduled and 10,000 were sent (0 % apart)"
        );
    }

    #[test]
    fn a_window_may_hold_one_request_more_or_less() {
        let mut low = outcome(9, 0);
        (low.offered_rate, low.elapsed_s) = (Some(5.0), 2.0);
        assert!(rate(&low).unwrap().ok);
        (low.requests, low.offered) = (8, 8);
        let check = rate(&low).unwrap();
        assert!(!check.ok, "{}", check.sentence);
    }

    #[test]
    fn rates_below_one_are_written_as_they_are() {
        let mut low = outcome(2, 0);
        (low.offered_rate, low.elapsed_s) = (Some(0.5), 4.0);
        let sentence = rate(&low).unwrap().sentence;
        assert!(
            sentence.starts_with("0.5 requests/s were scheduled and 0.5 were"),
            "{sentence}"
        );
    }

    #[test]
    fn requests_due_after_a_window_that_ended_late_are_none_of_it() {
        let mut late = outcome(100_000, 0);
        (late.load.duration_s, late.elapsed_s) = (10.0, 12.0);
        assert!(rate(&late).unwrap().ok);
    }

    #[test]
    fn one_late_request_of_a_few_does_not_judge_the_others() {
        let mut lag_of = Latency {
            count: 10,
            p50_ns: 60_000,
            p99_ns: 2_000_000,
            ..Latency::default()
        };
        assert!(lag(&lag_of, false).unwrap().ok);
        lag_of.count = 1000;
        assert!(!lag(&lag_of, false).unwrap().ok);
    }

    #[test]
    fn a_rate_that_the_generator_missed_invalidates() {
        let check = rate(&outcome(80_000, 0)).unwrap();
        assert!(!check.ok && check.invalidates);
        assert!(check.sentence.ends_with("8,000 were sent (20 % apart)"));
        assert!(check.remedy.contains("lower --rate"));
    }

    #[test]
    fn a_rate_without_free_connections_names_the_reason() {
        let check = rate(&outcome(100_000, 20_000)).unwrap();
        assert!(!check.ok);
        assert!(
            check
                .sentence
                .ends_with("20,000 requests found no free connection"),
            "{}",
            check.sentence
        );
    }

    #[test]
    fn closed_and_open_classes_together_have_no_rate_check() {
        let mut mixed = outcome(100_000, 0);
        let class = |schedule: Schedule| ClassOutcome {
            schedule,
            honest: true,
            ..ClassOutcome::default()
        };
        mixed.classes = vec![class(Schedule::constant(10e3))];
        assert!(rate(&mixed).unwrap().ok);
        mixed.classes.push(class(Schedule::default()));
        assert_eq!(rate(&mixed), None);
    }

    #[test]
    fn requests_from_before_the_window_do_not_count_against_the_rate() {
        let mut overdriven = outcome(100_000, 20_000);
        overdriven.censored.unsent = 200_000;
        let check = rate(&overdriven).unwrap();
        assert!(check.sentence.contains("8,000 were sent (20 % apart)"));
    }

    #[test]
    fn poisson_arrivals_may_miss_their_rate_by_chance() {
        let mut few = outcome(370, 0);
        (few.offered_rate, few.elapsed_s) = (Some(400.0), 1.0);
        assert!(!rate(&few).unwrap().ok);
        few.arrivals.kind = Some(Spacing::Poisson);
        assert!(rate(&few).unwrap().ok);
    }

    #[test]
    fn each_slice_may_hold_one_request_more_or_less() {
        let mut sparse = outcome(380, 0);
        (sparse.offered_rate, sparse.elapsed_s) = (Some(20.0), 20.0);
        assert!(!rate(&sparse).unwrap().ok);
        sparse.slices = 100;
        assert!(rate(&sparse).unwrap().ok);
    }

    #[test]
    fn a_closed_loop_has_no_rate_check() {
        assert_eq!(rate(&Outcome::default()), None);
        assert_eq!(lag(&Latency::default(), false), None);
    }

    #[test]
    fn a_late_generator_gets_a_remedy() {
        let late = |p99_ns| Latency {
            count: 1000,
            p50_ns: 60_000,
            p99_ns,
            max_ns: 9_000_000,
            ..Latency::default()
        };
        assert!(lag(&late(110_000), false).unwrap().ok);
        let check = lag(&late(2_000_000), false).unwrap();
        assert!(!check.ok && check.remedy.contains("--busy"));
        assert_eq!(
            check.sentence,
            "requests left late: by 60µs at the median, 2ms at the 99th percentile, 9ms at most"
        );
        let spinning = lag(&late(2_000_000), true).unwrap();
        assert!(!spinning.remedy.contains("--busy"));
    }

    #[test]
    fn a_run_that_ends_late_fails() {
        assert!(elapsed(3.0, 3.01, 0.01).unwrap().ok);
        assert!(elapsed(3.0, 1.5, 0.0).unwrap().ok);
        let check = elapsed(3.0, 45.0, 42.0).unwrap();
        assert!(!check.ok && check.value == Some(42.0));
        assert!(check.sentence.contains("took 45s instead of 3s"));
        assert_eq!(elapsed(3.0, 0.0, 0.0), None);
    }
}
