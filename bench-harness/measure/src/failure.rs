//! Decides whether the outcome of a trial counts, and describes the failure if it does not.

use loadgen::Outcome;
use record::number::grouped;
use record::sample::{Failure, FailureKind};

/// The failure of this outcome; `None` if its figures count.
pub fn failure_of(outcome: &Outcome) -> Option<Failure> {
    let connections = &outcome.connections;
    if outcome.verification.mismatched > 0 {
        return Some(mismatch(outcome));
    }
    if connections.established == 0 {
        let attempted = grouped(connections.attempted);
        let reason = format!(
            "all {attempted} connects failed; see the limits of the server with `echolab list --long`"
        );
        return Some(Failure::new(FailureKind::Refused, reason));
    }
    if outcome.requests == 0 {
        let open = grouped(connections.established);
        let reason = format!(
            "no request of {open} connections was answered in the measured window; try a longer --duration"
        );
        return Some(Failure::new(FailureKind::NothingServed, reason));
    }
    None
}

/// The failure of a server that ended in the wrong way. `how` follows the words "the server".
pub fn bad_end(how: &str) -> Failure {
    let reason = format!(
        "the server {how} instead of stopping when asked; see its messages in the folder `stderr` of the run"
    );
    Failure::new(FailureKind::Server, reason)
}

fn mismatch(outcome: &Outcome) -> Failure {
    let verification = &outcome.verification;
    let wrong = grouped(verification.mismatched);
    let first = verification.first_mismatch.as_deref();
    let first = first.unwrap_or("not recorded");
    let reason = format!(
        "{wrong} replies were wrong (the first: {first}); send the same load with `echolab load` to see them"
    );
    Failure::new(FailureKind::Mismatch, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome() -> Outcome {
        let mut outcome = Outcome {
            requests: 10_000,
            ..Outcome::default()
        };
        outcome.connections.attempted = 10;
        outcome.connections.established = 10;
        outcome
    }

    #[test]
    fn a_good_outcome_has_no_failure() {
        assert_eq!(failure_of(&outcome()), None);
    }

    #[test]
    fn wrong_replies_fail_a_trial() {
        let mut outcome = outcome();
        outcome.verification.mismatched = 1;
        let reason = failure_of(&outcome).unwrap().reason;
        assert!(reason.ends_with("`echolab load` to see them"), "{reason}");
    }

    #[test]
    fn a_trial_without_connections_or_replies_fails() {
        let mut outcome = outcome();
        outcome.requests = 0;
        let failure = failure_of(&outcome).unwrap();
        assert_eq!(failure.kind, FailureKind::NothingServed);
        outcome.connections.established = 0;
        let failure = failure_of(&outcome).unwrap();
        assert_eq!(failure.kind, FailureKind::Refused);
        assert!(failure.reason.contains("all 10 connects"), "{failure:?}");
    }

    #[test]
    fn the_failure_of_a_server_that_crashed_says_where_its_messages_are() {
        let failure = bad_end("was killed by SIGSEGV");
        assert_eq!(failure.kind, FailureKind::Server);
        assert!(
            failure.reason.ends_with("the folder `stderr` of the run"),
            "{failure:?}"
        );
    }
}
