//! Whether the generator kept the pace: the rate it was asked for, the moments it was asked for, and an end on time.

use super::words::{count, percent, time};
use crate::outcome::Outcome;
use crate::outcome::check::{Check, Weight};
use crate::outcome::latency::Latency;
use crate::timing::schedule::Spacing;

/// How far the achieved rate may be from the one ordered.
const MISSED: f64 = 0.01;

/// Lag behind the schedule, at the 99th percentile, from which what is measured is the generator: 1 ms in nanoseconds.
const LAG_NS: f64 = 1e6;

/// Seconds that a window may last longer than asked for: the longest wait of the event loop, and a little.
const LATE_S: f64 = 0.15;

/// Offered against achieved rate: what the schedule orders, and what was sent of it within the window: requests that were answered,
/// lost, or under way at its end. `None` for a closed loop, which orders no rate, and where the clients of a closed loop
/// are counted with those of an open one. Poisson arrivals may miss their rate by chance as well, by four
/// standard deviations.
///
/// Value: how far the achieved rate is from the one ordered, as a share.
pub fn rate(outcome: &Outcome) -> Option<Check> {
    let ordered = outcome.offered_rate? * outcome.elapsed_s;
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
    let missed = (1.0 - sent / ordered).abs();
    let a_second = |n: f64| count((n / outcome.elapsed_s).round() as u64);
    let unsent = censored.unsent + censored.overflowed;
    let waited = if unsent as f64 > MISSED * ordered {
        format!(
            ", because {} found no connection that was free",
            count(unsent)
        )
    } else {
        String::new()
    };
    let check = Check::at_most("rate", Weight::Invalidates, missed, MISSED + chance)
        .says(format!(
            "{} requests a second were ordered and {} were sent ({} apart){waited}",
            a_second(ordered),
            a_second(sent),
            percent(missed)
        ))
        .remedy("ask for a lower --rate, or give more --connections and --threads");
    Some(check)
}

/// Lag behind the schedule: from the time at which a request was due until the generator turned to it. `None` where
/// the load has no times of its own.
///
/// Value: the 99th percentile in nanoseconds.
pub fn lag(lag: &Latency, busy: bool) -> Option<Check> {
    if lag.count == 0 {
        return None;
    }
    let remedy = if busy {
        "give the generator a CPU of its own, more --threads, or a lower --rate"
    } else {
        "add --busy, give the generator a CPU of its own, more --threads, or a lower --rate"
    };
    let check = Check::at_most("lag", Weight::Invalidates, lag.p99_ns as f64, LAG_NS)
        .says(format!(
            "requests left {} after they were due at the median, {} at the 99th percentile, {} at most",
            time(lag.p50_ns as f64),
            time(lag.p99_ns as f64),
            time(lag.max_ns as f64)
        ))
        .remedy(remedy);
    Some(check)
}

/// Real elapsed time: the window ended when it should, and every rate divides by how long it really was.
///
/// Value: seconds that the window lasted longer than planned.
pub fn elapsed(nominal_s: f64, elapsed_s: f64, overran_s: f64) -> Option<Check> {
    let limit = LATE_S + nominal_s * 0.01;
    let check = Check::at_most("elapsed", Weight::Invalidates, overran_s, limit)
        .says(format!(
            "the window lasted {} of at most {}, and all rates divide by the former",
            time(elapsed_s * 1e9),
            time(nominal_s * 1e9)
        ))
        .remedy("ask for less: a lower --rate, fewer --connections, or more --threads");
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
    fn a_rate_that_was_kept_is_kept() {
        let check = rate(&outcome(100_000, 1)).unwrap();
        assert!(check.ok && check.invalidates);
        assert_eq!(
            check.sentence,
            "10,000 requests a second were ordered and 10,000 were sent (0 % apart)"
        );
    }

    #[test]
    fn a_rate_that_the_generator_missed_invalidates() {
        let check = rate(&outcome(80_000, 0)).unwrap();
        assert!(!check.ok && check.invalidates);
        assert!(check.sentence.ends_with("8,000 were sent (20 % apart)"));
        assert!(check.remedy.contains("lower --rate"));
    }

    #[test]
    fn a_rate_that_found_no_connection_says_so() {
        let check = rate(&outcome(100_000, 20_000)).unwrap();
        assert!(!check.ok);
        assert!(
            check
                .sentence
                .ends_with("20,000 found no connection that was free"),
            "{}",
            check.sentence
        );
    }

    #[test]
    fn a_closed_loop_beside_an_open_one_cannot_be_told_apart_from_it() {
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
    fn what_waited_since_before_the_window_does_not_count_against_it() {
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
    fn a_closed_loop_orders_no_rate() {
        assert_eq!(rate(&Outcome::default()), None);
        assert_eq!(lag(&Latency::default(), false), None);
    }

    #[test]
    fn a_generator_that_comes_late_is_told_to_hurry() {
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
            "requests left 60µs after they were due at the median, 2ms at the 99th percentile, 9ms at most"
        );
        let spinning = lag(&late(2_000_000), true).unwrap();
        assert!(!spinning.remedy.contains("--busy"));
    }

    #[test]
    fn a_run_that_does_not_end_is_found_out() {
        assert!(elapsed(3.0, 3.01, 0.01).unwrap().ok);
        assert!(elapsed(3.0, 1.5, 0.0).unwrap().ok);
        let check = elapsed(3.0, 45.0, 42.0).unwrap();
        assert!(!check.ok && check.value == Some(42.0));
        assert!(check.sentence.contains("lasted 45s of at most 3s"));
        assert_eq!(elapsed(3.0, 0.0, 0.0), None);
    }
}
