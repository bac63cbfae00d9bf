//! What one trial says about itself: whether it counts, and what makes it less certain.

use loadgen::Outcome;
use record::number::grouped;
use record::sample::{Failure, FailureKind, Sample, ServerCost, SystemCalls};
use record::warning::TrialWarning;

use crate::gate::FEW;

/// Share of the window that the generator may queue for its CPU: quiet trials stay well below, disturbed ones do not.
const DELAY: f64 = 0.04;
/// Share of the server's CPUs that others may use. The figure is coarse, and the kernel's own threads are among the others;
/// in quiet trials it stays below 0.1, and beside a second busy program it is near 0.5.
const FOREIGN: f64 = 0.2;
/// What asking may cost, as a share of the server's CPU time. A server with nothing to do is not held against it: below
/// this CPU time in seconds the share means nothing.
const SAMPLER: f64 = 0.01;
const SOMETHING_TO_DO: f64 = 0.05;
/// A window is as long as planned up to this share.
const WHOLE: f64 = 0.9;
/// CPU share from which a worker of the generator has nothing left.
const BUSY: f64 = 0.98;
/// The halves of a steady window differ by less than this factor.
const STEADY: f64 = 1.25;
/// Requests from which halves are compared; fewer differ by chance.
const ENOUGH: u64 = 1000;

/// Why this outcome is not to be counted, if so.
pub fn failure(outcome: &Outcome) -> Option<Failure> {
    let connections = &outcome.connections;
    let wrong = outcome.verification.mismatched;
    let (kind, reason) = if wrong > 0 {
        let first = outcome
            .verification
            .first_mismatch
            .as_deref()
            .unwrap_or("not described");
        let reason = format!("{} replies were wrong (the first: {first})", grouped(wrong));
        (
            FailureKind::Mismatch,
            format!("{reason}; send the same with `echolab load` to see them"),
        )
    } else if connections.established == 0 {
        let reason = format!(
            "none of {} connects succeeded",
            grouped(connections.attempted)
        );
        (
            FailureKind::Refused,
            format!("{reason}; see its limits with `echolab list`"),
        )
    } else if outcome.requests == 0 {
        let open = grouped(connections.established);
        let reason =
            format!("no request of {open} connections was answered in the measured window");
        (
            FailureKind::NothingServed,
            format!("{reason}; try a longer --duration"),
        )
    } else {
        return None;
    };
    Some(Failure { kind, reason })
}

/// A server that did not end as it should, in a sentence.
pub fn bad_end(how: &str) -> String {
    format!(
        "the server {how} instead of stopping when asked; see its messages in the run's folder `stderr`"
    )
}

/// What makes this row less certain.
pub fn warnings(sample: &Sample) -> Vec<TrialWarning> {
    let gate = &sample.gate;
    let not_quiet = (!gate.quiet).then_some(TrialWarning::NotQuiet { busy: gate.busy });
    let sockets = gate.time_wait;
    let left = (sockets > FEW).then_some(TrialWarning::TimeWait { sockets });
    let crowded = sample.server.as_ref().and_then(crowded);
    let costly = sample.server.as_ref().and_then(costly);
    let mut found: Vec<_> = [not_quiet, left, crowded, costly]
        .into_iter()
        .flatten()
        .collect();
    if let Some(outcome) = &sample.outcome {
        found.extend(
            sample
                .system_calls
                .as_ref()
                .and_then(|calls| counted_in_window(calls, outcome)),
        );
        found.extend(
            [
                disturbed(outcome),
                short(outcome),
                busy(outcome),
                refused(outcome),
                lost(outcome),
                unsteady(outcome),
                invalid(outcome),
            ]
            .into_iter()
            .flatten(),
        );
    }
    found
}

fn disturbed(outcome: &Outcome) -> Option<TrialWarning> {
    let workers = outcome.load.threads.max(1) as f64;
    let delay = outcome.cost.run_queue_delay_s? / workers / outcome.elapsed_s;
    // JSON has no infinity: a window of no length says nothing about delays.
    (delay > DELAY && delay.is_finite()).then_some(TrialWarning::Disturbed { delay })
}

/// The generator's own delay does not show when it was the server that had to queue.
fn crowded(cost: &ServerCost) -> Option<TrialWarning> {
    let share = cost.foreign_share()?;
    (share > FOREIGN).then_some(TrialWarning::ServerDisturbed { share })
}

fn costly(cost: &ServerCost) -> Option<TrialWarning> {
    let share = cost.sampler_share()?;
    (share > SAMPLER && cost.cpu_s >= SOMETHING_TO_DO)
        .then_some(TrialWarning::SamplerCost { share })
}

fn counted_in_window(calls: &SystemCalls, outcome: &Outcome) -> Option<TrialWarning> {
    let share = calls.overran_s / outcome.elapsed_s;
    (share > SAMPLER && share.is_finite()).then_some(TrialWarning::CountedInWindow { share })
}

fn short(outcome: &Outcome) -> Option<TrialWarning> {
    let share = outcome.elapsed_s / outcome.load.duration_s;
    (share < WHOLE).then_some(TrialWarning::ShortWindow { share })
}

fn busy(outcome: &Outcome) -> Option<TrialWarning> {
    let share = outcome
        .cost
        .worker_cpu_share
        .iter()
        .copied()
        .fold(0.0, f64::max);
    (share > BUSY).then_some(TrialWarning::GeneratorBusy { share })
}

fn refused(outcome: &Outcome) -> Option<TrialWarning> {
    let c = &outcome.connections;
    let refused = c.refused + c.timed_out + c.failed + c.reset + c.closed;
    (refused > 0).then_some(TrialWarning::Refused {
        refused,
        of: c.attempted,
    })
}

/// Where nothing is lost there is nothing to say.
fn lost(outcome: &Outcome) -> Option<TrialWarning> {
    let share = outcome.datagrams?.lost_share(outcome.requests)?;
    (share > 0.0).then_some(TrialWarning::Lost { share })
}

fn unsteady(outcome: &Outcome) -> Option<TrialWarning> {
    let ratio = outcome.halves.second as f64 / outcome.halves.first.max(1) as f64;
    let steady = (1.0 / STEADY..=STEADY).contains(&ratio);
    (outcome.requests >= ENOUGH && !steady).then_some(TrialWarning::Unsteady { ratio })
}

/// What the generator's own checks say against the run.
fn invalid(outcome: &Outcome) -> Option<TrialWarning> {
    let reason = outcome.reasons().into_iter().next()?;
    Some(TrialWarning::GeneratorInvalid { reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome() -> Outcome {
        let mut outcome = Outcome {
            requests: 10_000,
            elapsed_s: 1.0,
            ..Outcome::default()
        };
        outcome.load.threads = 1;
        outcome.connections.attempted = 10;
        outcome.connections.established = 10;
        (outcome.halves.first, outcome.halves.second) = (5_000, 5_000);
        outcome
    }

    #[test]
    fn a_good_outcome_passes() {
        assert_eq!(failure(&outcome()), None);
        assert_eq!(disturbed(&outcome()), None);
        assert_eq!(unsteady(&outcome()), None);
    }

    #[test]
    fn lost_datagrams_are_seen() {
        let mut outcome = outcome();
        outcome.datagrams = Some(loadgen::Datagrams::default());
        assert_eq!(lost(&outcome), None);
        outcome.datagrams = Some(loadgen::Datagrams {
            lost: 10_000,
            ..loadgen::Datagrams::default()
        });
        assert_eq!(lost(&outcome), Some(TrialWarning::Lost { share: 0.5 }));
    }

    #[test]
    fn wrong_replies_fail_a_trial() {
        let mut outcome = outcome();
        outcome.verification.mismatched = 1;
        assert!(
            failure(&outcome)
                .unwrap()
                .reason
                .ends_with("`echolab load` to see them")
        );
    }

    #[test]
    fn a_trial_without_connections_or_replies_fails() {
        let mut outcome = outcome();
        outcome.requests = 0;
        assert_eq!(failure(&outcome).unwrap().kind, FailureKind::NothingServed);
        outcome.connections.established = 0;
        let refused = failure(&outcome).unwrap();
        assert_eq!(refused.kind, FailureKind::Refused);
        assert!(
            refused.reason.contains("none of 10 connects"),
            "{}",
            refused.reason
        );
    }

    #[test]
    fn queueing_for_a_cpu_is_a_disturbance() {
        let mut outcome = outcome();
        outcome.cost.run_queue_delay_s = Some(0.2);
        assert!(disturbed(&outcome).unwrap().disturbs());
    }

    #[test]
    fn a_server_that_shares_its_cpu_is_disturbed() {
        let mut cost = ServerCost {
            window_s: 1.0,
            cpu_s: 0.4,
            cpus: 1,
            ..ServerCost::default()
        };
        assert_eq!(crowded(&cost), None);
        (cost.cpus_user_s, cost.cpus_system_s) = (Some(0.1), Some(0.35));
        assert_eq!(crowded(&cost), None);
        cost.cpus_system_s = Some(0.8);
        assert!(crowded(&cost).unwrap().disturbs());
    }

    #[test]
    fn a_sampler_that_costs_more_than_a_hundredth_is_told() {
        let mut cost = ServerCost {
            cpu_s: 1.0,
            sampler_cpu_s: 0.009,
            ..ServerCost::default()
        };
        assert_eq!(costly(&cost), None);
        cost.sampler_cpu_s = 0.02;
        let warning = costly(&cost).unwrap();
        assert_eq!(warning, TrialWarning::SamplerCost { share: 0.02 });
        assert!(!warning.disturbs());
        cost.cpu_s = 0.001;
        assert_eq!(costly(&cost), None);
    }

    #[test]
    fn calls_that_were_counted_in_the_window_are_told() {
        let mut calls = SystemCalls::default();
        assert_eq!(counted_in_window(&calls, &outcome()), None);
        calls.overran_s = 0.05;
        let warning = counted_in_window(&calls, &outcome());
        assert_eq!(warning, Some(TrialWarning::CountedInWindow { share: 0.05 }));
        let no_window = Outcome::default();
        assert_eq!(counted_in_window(&calls, &no_window), None);
    }

    #[test]
    fn a_run_that_means_nothing_gives_no_verdict() {
        assert_eq!(invalid(&outcome()), None);
        let mut saturated = outcome();
        saturated.cost.worker_cpu_share = vec![0.999];
        saturated.judge();
        let warning = invalid(&saturated).unwrap();
        assert!(warning.bars_verdict() && !warning.disturbs());
        assert!(warning.to_string().contains("more --threads"), "{warning}");
    }

    #[test]
    fn a_short_window_is_a_disturbance() {
        let mut outcome = outcome();
        outcome.load.duration_s = 2.0;
        let warning = short(&outcome).unwrap();
        assert_eq!(warning, TrialWarning::ShortWindow { share: 0.5 });
        assert!(warning.disturbs());
    }

    /// JSON turns what is no finite number into null, which nobody can read back.
    #[test]
    fn the_row_of_an_empty_window_can_be_read_back() {
        for (first, elapsed_s) in [(0, 0.0), (0, 1.0), (5_000, 0.0)] {
            let mut outcome = Outcome {
                elapsed_s,
                ..outcome()
            };
            outcome.halves.first = first;
            outcome.cost.run_queue_delay_s = Some(0.5);
            let mut sample = record::sample::example(Some(outcome));
            sample.warnings = warnings(&sample);
            let row = serde_json::to_string(&sample).unwrap();
            assert_eq!(serde_json::from_str::<Sample>(&row).unwrap(), sample);
        }
    }

    #[test]
    fn a_window_that_changes_is_unsteady() {
        let mut outcome = outcome();
        outcome.halves.second = 3_000;
        assert_eq!(
            unsteady(&outcome),
            Some(TrialWarning::Unsteady { ratio: 0.6 })
        );
    }
}
