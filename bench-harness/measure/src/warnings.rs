//! Finds the warnings of a trial in its row: what makes its figures less certain.

use loadgen::Outcome;
use record::sample::{Sample, ServerCost, SystemCalls};
use record::warning::TrialWarning;

use crate::gate::MOST_TIME_WAIT;

/// Maximum wait of the generator for a CPU, as a share of the window. Quiet trials stay well below, disturbed ones exceed
/// it.
const GENERATOR_DELAY: f64 = 0.04;
/// Maximum share of the server's CPUs that other programs use. The figure is coarse, and includes the kernel's own threads.
/// In quiet trials it stays below 0.1; beside a second busy program it is near 0.5.
const FOREIGN_SHARE: f64 = 0.2;
/// Maximum cost of sampling, as a share of the server's CPU time, and maximum time of counting system calls, as a share of
/// the window.
const SAMPLER_SHARE: f64 = 0.01;
/// CPU time of the server in seconds, below which the share of the sampler means nothing: the server had too little to do.
const LEAST_CPU_S: f64 = 0.05;
/// Minimum length of the window as a share of the planned length.
const WINDOW_SHARE: f64 = 0.9;
/// CPU share from which a worker of the generator is saturated.
const SATURATED: f64 = 0.98;
/// Maximum ratio of the requests in the two halves of a steady window.
const STEADY_RATIO: f64 = 1.25;
/// Number of requests from which the halves are compared. With fewer requests, they differ by chance.
const LEAST_REQUESTS: u64 = 1000;

/// The warnings of this row.
pub fn warnings(sample: &Sample) -> Vec<TrialWarning> {
    let gate = &sample.gate;
    let sockets = gate.time_wait;
    let server = sample.server.as_ref();
    let mut warnings = vec![
        (!gate.quiet).then_some(TrialWarning::NotQuiet { busy: gate.busy }),
        (sockets > MOST_TIME_WAIT).then_some(TrialWarning::TimeWait { sockets }),
        server.and_then(server_disturbed),
        server.and_then(sampler_cost),
    ];
    if let Some(outcome) = &sample.outcome {
        let calls = sample.system_calls.as_ref();
        warnings.push(calls.and_then(|calls| counted_in_window(calls, outcome)));
        warnings.extend([
            disturbed(outcome),
            short_window(outcome),
            generator_busy(outcome),
            refused(outcome),
            lost(outcome),
            unsteady(outcome),
            generator_invalid(outcome),
        ]);
    }
    warnings.into_iter().flatten().collect()
}

fn disturbed(outcome: &Outcome) -> Option<TrialWarning> {
    let workers = outcome.load.threads.max(1) as f64;
    let delay = outcome.cost.run_queue_delay_s? / workers / outcome.elapsed_s;
    // An empty window makes the share infinite, which JSON cannot store.
    (delay > GENERATOR_DELAY && delay.is_finite()).then_some(TrialWarning::Disturbed { delay })
}

/// The delay of the generator does not show that the server had to wait for a CPU.
fn server_disturbed(cost: &ServerCost) -> Option<TrialWarning> {
    let share = cost.foreign_share()?;
    (share > FOREIGN_SHARE).then_some(TrialWarning::ServerDisturbed { share })
}

fn sampler_cost(cost: &ServerCost) -> Option<TrialWarning> {
    let share = cost.sampler_share()?;
    let counts = cost.cpu_s >= LEAST_CPU_S;
    (share > SAMPLER_SHARE && counts).then_some(TrialWarning::SamplerCost { share })
}

fn counted_in_window(calls: &SystemCalls, outcome: &Outcome) -> Option<TrialWarning> {
    let share = calls.overran_s / outcome.elapsed_s;
    (share > SAMPLER_SHARE && share.is_finite()).then_some(TrialWarning::CountedInWindow { share })
}

fn short_window(outcome: &Outcome) -> Option<TrialWarning> {
    let share = outcome.elapsed_s / outcome.load.duration_s;
    (share < WINDOW_SHARE).then_some(TrialWarning::ShortWindow { share })
}

fn generator_busy(outcome: &Outcome) -> Option<TrialWarning> {
    let shares = outcome.cost.worker_cpu_share.iter().copied();
    let share = shares.fold(0.0, f64::max);
    (share > SATURATED).then_some(TrialWarning::GeneratorBusy { share })
}

fn refused(outcome: &Outcome) -> Option<TrialWarning> {
    let c = &outcome.connections;
    let refused = c.refused + c.timed_out + c.failed + c.reset + c.closed;
    (refused > 0).then_some(TrialWarning::Refused {
        refused,
        of: c.attempted,
    })
}

fn lost(outcome: &Outcome) -> Option<TrialWarning> {
    let share = outcome.datagrams?.lost_share(outcome.requests)?;
    (share > 0.0).then_some(TrialWarning::Lost { share })
}

fn unsteady(outcome: &Outcome) -> Option<TrialWarning> {
    let ratio = outcome.halves.second as f64 / outcome.halves.first.max(1) as f64;
    let steady = (1.0 / STEADY_RATIO..=STEADY_RATIO).contains(&ratio);
    (outcome.requests >= LEAST_REQUESTS && !steady).then_some(TrialWarning::Unsteady { ratio })
}

/// The first failed check of the generator itself.
fn generator_invalid(outcome: &Outcome) -> Option<TrialWarning> {
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
        (outcome.halves.first, outcome.halves.second) = (5_000, 5_000);
        outcome
    }

    #[test]
    fn a_good_outcome_has_no_warnings() {
        assert_eq!(disturbed(&outcome()), None);
        assert_eq!(unsteady(&outcome()), None);
    }

    #[test]
    fn lost_datagrams_cause_a_warning() {
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
    fn a_generator_that_waits_for_a_cpu_is_disturbed() {
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
        assert_eq!(server_disturbed(&cost), None);
        (cost.cpus_user_s, cost.cpus_system_s) = (Some(0.1), Some(0.35));
        assert_eq!(server_disturbed(&cost), None);
        cost.cpus_system_s = Some(0.8);
        assert!(server_disturbed(&cost).unwrap().disturbs());
    }

    #[test]
    fn a_sampler_that_costs_more_than_a_hundredth_causes_a_warning() {
        let mut cost = ServerCost {
            cpu_s: 1.0,
            sampler_cpu_s: 0.009,
            ..ServerCost::default()
        };
        assert_eq!(sampler_cost(&cost), None);
        cost.sampler_cpu_s = 0.02;
        let warning = sampler_cost(&cost).unwrap();
        assert_eq!(warning, TrialWarning::SamplerCost { share: 0.02 });
        assert!(!warning.disturbs());
        cost.cpu_s = 0.001;
        assert_eq!(sampler_cost(&cost), None);
    }

    #[test]
    fn system_calls_that_were_counted_in_the_window_cause_a_warning() {
        let mut calls = SystemCalls::default();
        assert_eq!(counted_in_window(&calls, &outcome()), None);
        calls.overran_s = 0.05;
        let warning = counted_in_window(&calls, &outcome());
        assert_eq!(warning, Some(TrialWarning::CountedInWindow { share: 0.05 }));
        let empty_window = Outcome::default();
        assert_eq!(counted_in_window(&calls, &empty_window), None);
    }

    #[test]
    fn an_outcome_that_the_generator_declares_invalid_bars_a_verdict() {
        assert_eq!(generator_invalid(&outcome()), None);
        let mut saturated = outcome();
        saturated.cost.worker_cpu_share = vec![0.999];
        saturated.judge();
        let warning = generator_invalid(&saturated).unwrap();
        assert!(warning.bars_verdict() && !warning.disturbs());
        assert!(warning.to_string().contains("more --threads"), "{warning}");
    }

    #[test]
    fn a_short_window_is_a_disturbance() {
        let mut outcome = outcome();
        outcome.load.duration_s = 2.0;
        let warning = short_window(&outcome).unwrap();
        assert_eq!(warning, TrialWarning::ShortWindow { share: 0.5 });
        assert!(warning.disturbs());
    }

    /// JSON stores an infinite number as null, and null cannot be read back as a number.
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
    fn a_window_whose_halves_differ_is_unsteady() {
        let mut outcome = outcome();
        outcome.halves.second = 3_000;
        assert_eq!(
            unsteady(&outcome),
            Some(TrialWarning::Unsteady { ratio: 0.6 })
        );
    }
}
