//! Compares the generator's figures with known answers.

mod overhead;
mod pause;

use std::time::Duration;

use analysis::queueing::pollaczek_khinchine;
use loadgen::{Latency, Outcome, Schedule};
use overhead::{overhead, quantile_s};
use pause::{Pause, WINDOW};
use serde::Serialize;

use super::bench::{Bench, Run};
use super::peer::Peer;
use super::script::Script;
use super::theory::{Estimate, estimate, mm1_quantile, stopped_quantile, uniform_quantile};
use crate::activity::Activity;
use crate::failure::Failure;

/// Length of a service, or its mean length.
const SERVICE: Duration = Duration::from_micros(200);

/// Loads of the queue: shares of time in which the server is busy.
const LOADS: [f64; 4] = [0.3, 0.5, 0.7, 0.8];

/// Bounds of the known delay.
const DELAY: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(3));

/// Requests per second to the known delay and to the stopped server.
const RATE: f64 = 2000.0;

/// Relative error of a value from a histogram with three digits.
const HISTOGRAM: f64 = 0.001;

/// Largest uncertainty, as a share of the known answer, with which a figure still tests the generator.
const UNSURE: f64 = 0.35;

/// Uncertainty of a quantile in the run with the stop, which is not repeated.
const ONE_STOP: f64 = 0.02;

const P50: (&str, f64) = ("p50", 0.5);
const P90: (&str, f64) = ("p90", 0.9);
const P99: (&str, f64) = ("p99", 0.99);

/// One figure whose right value is known. Times are in seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Truth {
    /// Name of the figure.
    pub name: String,
    /// The known answer.
    pub expected_s: f64,
    /// The measured value.
    pub measured_s: f64,
    /// Uncertainty of the measured value, from the spread of independent runs.
    pub uncertainty_s: f64,
    /// Time that the generator adds to a wait of about this length, at the same rate.
    pub overhead_s: f64,
    /// The conclusion.
    pub verdict: Verdict,
}

/// The result for a known answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The answer was found, within the uncertainty of the runs and the overhead.
    Found,
    /// The answer was not found.
    Missed,
    /// The runs differ too much: other programs disturbed them, or they were too short.
    Unsure,
}

impl Truth {
    fn new(name: String, expected_s: f64, measured: Estimate, overhead_s: f64) -> Self {
        let uncertainty_s = measured.half_width + HISTOGRAM * expected_s;
        let accepted = expected_s - uncertainty_s..=expected_s + overhead_s + uncertainty_s;
        // Written as `<=`, so that NaN is unsure.
        let is_sure = uncertainty_s <= UNSURE * expected_s;
        let verdict = match accepted.contains(&measured.mean) {
            _ if !is_sure => Verdict::Unsure,
            true => Verdict::Found,
            false => Verdict::Missed,
        };
        Self {
            name,
            expected_s,
            measured_s: measured.mean,
            uncertainty_s,
            overhead_s,
            verdict,
        }
    }

    /// Relative error of the measured value.
    pub fn error(&self) -> f64 {
        self.measured_s / self.expected_s - 1.0
    }
}

/// Measures all figures whose right value is known.
///
/// # Errors
/// A server or the generator fails, or the user has pressed Ctrl-C.
pub fn measure(bench: &Bench, activity: &Activity) -> Result<Vec<Truth>, Failure> {
    activity.step("measuring a known delay");
    let mut truths = known_delay(bench)?;
    activity.step("measuring a stopped server");
    truths.extend(stopped_server(bench)?);
    for load in LOADS {
        activity.step(format!(
            "measuring queues at a load of {:.0} %",
            load * 100.0
        ));
        truths.extend(queues(bench, load)?);
    }
    Ok(truths)
}

/// Each reply comes after a time from a uniform distribution.
fn known_delay(bench: &Bench) -> Result<Vec<Truth>, Failure> {
    let run = bench.run(Schedule::poisson(RATE));
    let overhead = overhead(bench, &run, (DELAY.0 + DELAY.1) / 2)?;
    let outcomes = repeat(bench, &bench.peer(Script::Delay(DELAY.0, DELAY.1))?, &run)?;
    let (from, to) = (DELAY.0.as_secs_f64(), DELAY.1.as_secs_f64());
    let truth = |(name, quantile): (&str, f64)| {
        Truth::new(
            format!("a delay of 1 to 3 ms, {name}"),
            uniform_quantile(from, to, quantile),
            figure(&outcomes, |latency| quantile_s(latency, quantile)),
            overhead.quantile(quantile),
        )
    };
    Ok([P50, P90, P99].map(truth).to_vec())
}

/// A server that answers at once is stopped once.
fn stopped_server(bench: &Bench) -> Result<Vec<Truth>, Failure> {
    let run = Run {
        time: WINDOW,
        ..bench.run(Schedule::constant(RATE))
    };
    let overhead = overhead(bench, &run, Duration::ZERO)?;
    // Started after the overhead was measured: two servers that spin on the same CPUs would disturb each other.
    let peer = bench.peer(Script::Null)?;
    let pause = Pause::new(&peer);
    let outcome = bench.watch(&peer, &run, &mut |progress| pause.look(progress))?;
    let stopped_s = pause.lasted().as_secs_f64();
    let truth = |(name, quantile): (&str, f64)| {
        let expected_s = stopped_quantile(stopped_s, outcome.elapsed_s, quantile);
        let measured = Estimate {
            mean: quantile_s(&outcome.response, quantile),
            half_width: ONE_STOP * expected_s,
        };
        let name = format!(
            "stopped for {:.0} ms in {} s, {name}",
            stopped_s * 1e3,
            WINDOW.as_secs()
        );
        Truth::new(name, expected_s, measured, overhead.quantile(quantile))
    };
    Ok([P90, P99].map(truth).to_vec())
}

/// Poisson arrivals at one server that serves in the order of arrival: M/D/1 and M/M/1.
fn queues(bench: &Bench, load: f64) -> Result<Vec<Truth>, Failure> {
    let service_s = SERVICE.as_secs_f64();
    let run = bench.run(Schedule::poisson(load / service_s));
    let overhead = overhead(bench, &run, SERVICE)?;
    let percent = load * 100.0;
    let fixed = repeat(bench, &bench.peer(Script::Fixed(SERVICE))?, &run)?;
    let exponential = repeat(bench, &bench.peer(Script::Exponential(SERVICE))?, &run)?;
    let mean = |latency: &Latency| latency.mean_ns / 1e9;
    let mean_of = |kind: &str, scv, outcomes: &[Outcome]| {
        Truth::new(
            format!("{kind} at {percent:.0} %, mean"),
            pollaczek_khinchine(service_s, load, scv),
            figure(outcomes, mean),
            overhead.mean(),
        )
    };
    let mut truths = vec![
        mean_of("M/D/1", 0.0, &fixed),
        mean_of("M/M/1", 1.0, &exponential),
    ];
    truths.extend([P50, P90, P99].map(|(name, quantile)| {
        Truth::new(
            format!("M/M/1 at {percent:.0} %, {name}"),
            mm1_quantile(service_s, load, quantile),
            figure(&exponential, |latency| quantile_s(latency, quantile)),
            overhead.quantile(quantile),
        )
    }));
    Ok(truths)
}

/// Repeats a run with other seeds, and so with other arrivals.
fn repeat(bench: &Bench, peer: &Peer, run: &Run) -> Result<Vec<Outcome>, Failure> {
    let seeds = 1..=bench.repeat as u64;
    let runs = seeds.map(|seed| Run {
        seed,
        ..run.clone()
    });
    runs.map(|run| bench.measure(peer, &run)).collect()
}

/// Estimates one figure from all repetitions.
fn figure(outcomes: &[Outcome], value: impl Fn(&Latency) -> f64) -> Estimate {
    let figures: Vec<_> = outcomes
        .iter()
        .map(|outcome| value(&outcome.response))
        .collect();
    estimate(&figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truth(mean: f64) -> Truth {
        let measured = Estimate {
            mean,
            half_width: 0.01,
        };
        Truth::new("a figure".to_owned(), 1.0, measured, 0.1)
    }

    #[test]
    fn a_figure_may_exceed_the_known_answer_by_the_overhead_only() {
        for mean in [0.99, 1.0, 1.11] {
            assert_eq!(truth(mean).verdict, Verdict::Found, "{mean}");
        }
        for mean in [0.98, 1.12] {
            assert_eq!(truth(mean).verdict, Verdict::Missed, "{mean}");
        }
        assert!((truth(1.05).error() - 0.05).abs() < 1e-12);
    }

    #[test]
    fn runs_that_differ_too_much_are_unsure() {
        for half_width in [0.4, f64::INFINITY, f64::NAN] {
            let measured = Estimate {
                mean: 1.0,
                half_width,
            };
            let truth = Truth::new("a figure".to_owned(), 1.0, measured, 0.1);
            assert_eq!(truth.verdict, Verdict::Unsure);
        }
    }

    #[test]
    fn quantiles_come_from_the_whole_histogram() {
        let mut histogram = hdrhistogram::Histogram::<u64>::new(3).unwrap();
        (1..=1000).for_each(|us| histogram.record(us * 1000).unwrap());
        let p90 = quantile_s(&Latency::of(&histogram), 0.9);
        assert!((p90 / 900e-6 - 1.0).abs() < 0.002, "{p90}");
        assert!(quantile_s(&Latency::default(), 0.9) == 0.0);
    }
}
