//! Decides whether the waits of a load are those of the server, or those of the generator itself.
//!
//! `echolab load` checks itself, and calls its figures invalid if a check fails. A step that overloads a server on purpose has to
//! judge some checks by what they do to the waits:
//!
//! | check that fails | closed loop | open loop |
//! |---|---|---|
//! | `lag` | does not exist | a fault if the lag is more than a quarter of the wait |
//! | `rate` | does not exist | no fault: an overloaded server leaves no free connection, and a slow generator lags |
//! | `run-queue` | a fault | no fault: its effect is the lag |
//! | `little` | no fault | no fault: a request of an overloaded server is long, and overlaps the ends of a short window |
//! | any other that invalidates | a fault | a fault |

use loadgen::{Check, Outcome};

/// Largest share of the lag in the wait, both as 99th percentiles.
const LAG: f64 = 0.25;

/// What the generator did wrong, as a part of a sentence; `None` if the figures are those of the server.
pub fn fault(outcome: &Outcome) -> Option<String> {
    let is_fault = |check: &&Check| check.fails() && matters(&check.name, outcome);
    let check = outcome.checks.iter().find(is_fault)?;
    Some(check.sentence.clone())
}

/// True if a check that fails says something about these waits.
fn matters(check: &str, outcome: &Outcome) -> bool {
    let is_open = outcome.offered_rate.is_some();
    match check {
        "lag" => outcome.lag.p99_ns as f64 > LAG * outcome.response.p99_ns as f64,
        "rate" | "little" => false,
        "run-queue" => !is_open,
        _ => true,
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// An outcome with this 99th percentile of the wait and of the lag, in milliseconds, and with these failed checks.
    pub fn outcome(wait_ms: u64, lag_ms: u64, failed: &[&str]) -> Outcome {
        let mut outcome = Outcome {
            offered_rate: Some(1000.0),
            ..Outcome::default()
        };
        outcome.response.p99_ns = wait_ms * 1_000_000;
        outcome.lag.p99_ns = lag_ms * 1_000_000;
        let check = |name: &&str| Check {
            name: (*name).to_owned(),
            invalidates: true,
            sentence: format!("{name} is wrong"),
            ..Check::default()
        };
        outcome.checks = failed.iter().map(check).collect();
        outcome
    }

    #[test]
    fn a_lag_is_a_fault_if_it_is_more_than_a_quarter_of_the_wait() {
        assert_eq!(fault(&outcome(100, 20, &["lag"])), None);
        let late = fault(&outcome(100, 30, &["lag"]));
        assert_eq!(late.as_deref(), Some("lag is wrong"));
        assert_eq!(fault(&outcome(100, 30, &[])), None);
    }

    #[test]
    fn an_overloaded_server_is_no_fault_of_the_generator() {
        assert_eq!(
            fault(&outcome(100, 1, &["rate", "run-queue", "little"])),
            None
        );
        let busy = fault(&outcome(100, 1, &["rate", "cpu"]));
        assert_eq!(busy.as_deref(), Some("cpu is wrong"));
    }

    #[test]
    fn a_closed_loop_that_waited_for_a_cpu_is_a_fault() {
        let mut closed = outcome(1, 0, &["run-queue"]);
        closed.offered_rate = None;
        assert!(fault(&closed).is_some());
    }

    #[test]
    fn a_check_that_only_warns_is_no_fault() {
        let mut outcome = outcome(1, 0, &["arrivals"]);
        outcome.checks[0].invalidates = false;
        assert_eq!(fault(&outcome), None);
    }
}
