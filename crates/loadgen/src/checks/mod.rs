//! Checks whether the figures show the server or the limits of the generator.
//!
//! Each check is a pure function of recorded numbers. It has one value and one limit, a sentence for people, and a remedy. A
//! check without enough data is left out.
//!
//! | file | question |
//! |---|---|
//! | `pace` | did the generator keep its rate, send on time, and end on time? |
//! | `arrivals`, `goodness` | do the times between requests fit the schedule? |
//! | `clients` | did all clients connect, and do their waits add up? |
//! | `machine` | did the generator have enough CPU time, descriptors and memory, and a fine clock? |
//! | `ports` | did the kernel find free ports at once? |

pub mod arrivals;
pub mod clients;
pub mod goodness;
pub mod machine;
pub mod pace;
pub mod ports;
mod words;

use crate::outcome::Outcome;
use crate::outcome::check::Check;

impl Outcome {
    /// Runs all checks and decides whether the run is valid.
    pub fn judge(&mut self) {
        self.checks = checks(self);
        self.valid = !self.checks.iter().any(Check::fails);
    }

    /// Why the run is invalid, each reason with its remedy; empty for a valid run.
    pub fn reasons(&self) -> Vec<String> {
        let failed = self.checks.iter().filter(|check| check.fails());
        failed
            .map(|check| format!("{}; {}", check.sentence, check.remedy))
            .collect()
    }
}

/// Returns all checks that apply to this run.
fn checks(outcome: &Outcome) -> Vec<Check> {
    let (load, cost, bounds) = (&outcome.load, &outcome.cost, &outcome.bounds);
    let elapsed_s = outcome.elapsed_s;
    let workers = cost.worker_cpu_share.len();
    let delay = cost.run_queue_delay_s;
    let [schedule, arrivals] = arrivals::poisson(&outcome.arrivals);
    // Connections are counted for all clients, latencies only for honest ones.
    // Requests that overlap the ends of a slice count with their whole time, so Little's law does not hold for slices.
    let service = Some(&outcome.service)
        .filter(|_| outcome.slices == 0 && outcome.classes.iter().all(|class| class.honest));
    let all = [
        pace::rate(outcome),
        pace::lag(&outcome.lag, load.busy),
        pace::elapsed(load.duration_s, elapsed_s, bounds.overran_s),
        schedule,
        arrivals,
        clients::connections(outcome),
        service.and_then(|service| {
            clients::little(outcome.busy_connection_seconds, elapsed_s, service)
        }),
        machine::cpu(&cost.worker_cpu_share, load.busy),
        delay.and_then(|delay_s| machine::run_queue(delay_s, elapsed_s, workers)),
        Some(machine::limits(&outcome.errors, bounds)),
        ports::ports(load, bounds),
        machine::clock(bounds.clock_resolution_ns, outcome.response.p50_ns),
    ];
    all.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::check::Weight;
    use crate::outcome::latency::Latency;

    #[test]
    fn a_run_is_valid_until_something_that_matters_fails() {
        let warns = Check::at_most("connections", Weight::Warns, 0.5, 0.0);
        let holds = Check::at_most("cpu", Weight::Invalidates, 0.5, 0.98);
        let mut outcome = Outcome {
            checks: vec![warns, holds],
            ..Outcome::default()
        };
        assert!(outcome.reasons().is_empty());
        let fails = Check::at_most("lag", Weight::Invalidates, 2.0, 1.0)
            .says("late")
            .remedy("hurry");
        outcome.checks.push(fails);
        assert_eq!(outcome.reasons(), ["late; hurry"]);
    }

    /// A valid run of 10 s at 10,000 requests/s.
    fn sound() -> Outcome {
        let mut outcome = Outcome {
            elapsed_s: 10.0,
            requests: 100_000,
            offered: 100_000,
            offered_rate: Some(10_000.0),
            response: latency(100_000),
            service: latency(90_000),
            lag: latency(50_000),
            busy_connection_seconds: 9.0,
            ..Outcome::default()
        };
        outcome.load.duration_s = 10.0;
        outcome.load.connections = 64;
        outcome.connections.established = 64;
        outcome.fairness.clients = 64;
        outcome.fairness.active = 64;
        outcome.cost.worker_cpu_share = vec![0.4];
        outcome.cost.run_queue_delay_s = Some(0.01);
        outcome.bounds.clock_resolution_ns = 1;
        outcome
    }

    fn latency(ns: u64) -> Latency {
        Latency {
            count: 100_000,
            mean_ns: ns as f64,
            p50_ns: ns,
            p99_ns: ns,
            max_ns: ns,
            ..Latency::default()
        }
    }

    #[test]
    fn a_sound_run_passes_every_check() {
        let mut outcome = sound();
        outcome.judge();
        assert!(outcome.valid && outcome.reasons().is_empty());
        let names: Vec<_> = outcome.checks.iter().map(|check| &*check.name).collect();
        assert_eq!(
            names,
            [
                "rate",
                "lag",
                "elapsed",
                "connections",
                "little",
                "cpu",
                "run-queue",
                "limits",
                "clock"
            ]
        );
        for check in &outcome.checks {
            assert!(check.ok, "{check:?}");
            assert!(!check.sentence.is_empty() && !check.remedy.is_empty());
        }
    }

    #[test]
    fn each_fault_of_the_generator_makes_the_run_invalid() {
        type Fault = fn(&mut Outcome);
        let faults: [(&str, Fault); 9] = [
            ("rate", |outcome| outcome.offered = 80_000),
            ("rate", |outcome| outcome.requests = 80_000),
            ("lag", |outcome| outcome.lag = latency(5_000_000)),
            ("elapsed", |outcome| outcome.bounds.overran_s = 42.0),
            ("little", |outcome| outcome.busy_connection_seconds = 18.0),
            ("cpu", |outcome| {
                outcome.cost.worker_cpu_share = vec![0.2, 0.999];
            }),
            ("run-queue", |outcome| {
                outcome.cost.run_queue_delay_s = Some(2.0);
            }),
            ("limits", |outcome| {
                outcome.errors.insert("no-free-port".to_owned(), 1);
            }),
            ("clock", |outcome| {
                outcome.bounds.clock_resolution_ns = 4_000_000;
            }),
        ];
        for (name, fault) in faults {
            let mut outcome = sound();
            fault(&mut outcome);
            outcome.judge();
            let failed = outcome.checks.iter().filter(|check| check.fails());
            let failed: Vec<_> = failed.map(|check| &*check.name).collect();
            assert_eq!((failed, outcome.valid), (vec![name], false));
        }
    }

    #[test]
    fn faults_of_the_server_do_not_make_the_run_invalid() {
        let mut outcome = sound();
        outcome.fairness.never_served = 63;
        outcome.errors.insert("reset".to_owned(), 1000);
        outcome.judge();
        assert!(outcome.valid);
        assert!(outcome.checks.iter().any(|check| !check.ok));
    }

    #[test]
    fn slices_pass_every_check_except_littles_law_which_does_not_apply() {
        let mut outcome = sound();
        outcome.slices = 200;
        outcome.busy_connection_seconds = 9.4;
        outcome.judge();
        assert!(outcome.reasons().is_empty(), "{:?}", outcome.reasons());
        assert!(outcome.checks.iter().all(|check| check.name != "little"));
    }

    #[test]
    fn a_value_that_is_not_a_number_is_not_ok() {
        assert!(Check::at_most("cpu", Weight::Invalidates, f64::NAN, 1.0).fails());
    }
}
