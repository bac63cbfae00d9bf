//! How far the generator's figures are from the truth, where the truth is known.

use std::cell::Cell;
use std::time::{Duration, Instant};

use analysis::queueing::pollaczek_khinchine;
use loadgen::{Latency, Outcome, Phase, Progress, Schedule};
use serde::Serialize;

use super::bench::{Bench, Run};
use super::known_server::Script;
use super::peer::Peer;
use super::theory::{Estimate, estimate, mm1_quantile, stopped_quantile, uniform_quantile};

/// Length of a service, or its mean.
const SERVICE: Duration = Duration::from_micros(200);

/// Share of time that the queue's server is busy.
const LOADS: [f64; 4] = [0.3, 0.5, 0.7, 0.8];

/// Bounds of the known delay.
const DELAY: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(3));

/// Requests a second against the known delay and the stopped server.
const RATE: f64 = 2000.0;

/// How long a server is stopped, and the window around that.
const STOP: Duration = Duration::from_millis(500);
const STOP_WINDOW: Duration = Duration::from_secs(3);

/// Relative error of what a histogram with three digits returns.
const HISTOGRAM: f64 = 0.001;

/// Uncertainty, as a share of the truth, from which a figure says nothing about the generator.
const UNSURE: f64 = 0.35;

/// What a quantile of a run with a single stop may be off, as there is only one stop.
const ONE_STOP: f64 = 0.02;

const P50: (&str, f64) = ("p50", 0.5);
const P90: (&str, f64) = ("p90", 0.9);
const P99: (&str, f64) = ("p99", 0.99);

/// One figure whose truth is known; times in seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Truth {
    /// Which one.
    pub name: String,
    /// What it must be.
    pub expected_s: f64,
    /// What it is.
    pub measured_s: f64,
    /// How unsure that is, by how much independent runs differ.
    pub uncertainty_s: f64,
    /// What the same generator adds at the same rate to a wait of about this length.
    pub overhead_s: f64,
    /// What follows.
    pub verdict: Verdict,
}

/// Whether a known answer was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It was, within the uncertainty of the runs and the overhead.
    Found,
    /// It was not.
    Missed,
    /// The runs differ so much that they say nothing: somebody disturbed them, or they were too short.
    Unsure,
}

impl Truth {
    fn new(name: String, expected_s: f64, measured: Estimate, overhead_s: f64) -> Self {
        let uncertainty_s = measured.half_width + HISTOGRAM * expected_s;
        let honest = expected_s - uncertainty_s..=expected_s + overhead_s + uncertainty_s;
        // Not `uncertainty_s > …`: what cannot be compared is not sure either.
        let is_sure = uncertainty_s <= UNSURE * expected_s;
        let verdict = match honest.contains(&measured.mean) {
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

    /// How far it is from the truth, as a share of it.
    pub fn error(&self) -> f64 {
        self.measured_s / self.expected_s - 1.0
    }
}

/// Measures everything whose truth is known.
///
/// # Errors
/// A server or the generator cannot go on, or a stop was asked for.
pub fn measure(bench: &Bench, say: &dyn Fn(&str)) -> anyhow::Result<Vec<Truth>> {
    say("a known delay");
    let mut truths = known_delay(bench)?;
    say("a stopped server");
    truths.extend(stopped_server(bench)?);
    for load in LOADS {
        say(&format!("queues at a load of {:.0} %", load * 100.0));
        truths.extend(queues(bench, load)?);
    }
    Ok(truths)
}

/// Each reply comes after a time drawn from a uniform distribution.
fn known_delay(bench: &Bench) -> anyhow::Result<Vec<Truth>> {
    let run = bench.run(Schedule::poisson(RATE));
    let overhead = overhead(bench, &run, (DELAY.0 + DELAY.1) / 2)?;
    let outcomes = repeat(bench, &bench.peer(Script::Delay(DELAY.0, DELAY.1))?, &run)?;
    let (from, to) = (DELAY.0.as_secs_f64(), DELAY.1.as_secs_f64());
    let truth = |(name, quantile): (&str, f64)| {
        Truth::new(
            format!("a delay of 1 to 3 ms, {name}"),
            uniform_quantile(from, to, quantile),
            figure(&outcomes, |latency| at(latency, quantile)),
            overhead.at(quantile),
        )
    };
    Ok([P50, P90, P99].map(truth).to_vec())
}

/// A server that answers at once is stopped for a while, once.
fn stopped_server(bench: &Bench) -> anyhow::Result<Vec<Truth>> {
    let run = Run {
        time: STOP_WINDOW,
        ..bench.run(Schedule::constant(RATE))
    };
    let overhead = overhead(bench, &run, Duration::ZERO)?;
    // Only now: two servers that spin on the same CPUs would disturb each other.
    let peer = bench.peer(Script::Null)?;
    let script = StopScript::new(&peer);
    let outcome = bench.watch(&peer, &run, &mut |progress| script.look(progress))?;
    let stopped_s = script.lasted().as_secs_f64();
    let truth = |(name, quantile): (&str, f64)| {
        let expected_s = stopped_quantile(stopped_s, outcome.elapsed_s, quantile);
        let measured = Estimate {
            mean: at(&outcome.response, quantile),
            half_width: ONE_STOP * expected_s,
        };
        let name = format!(
            "stopped for {:.0} ms in {} s, {name}",
            stopped_s * 1e3,
            STOP_WINDOW.as_secs()
        );
        Truth::new(name, expected_s, measured, overhead.at(quantile))
    };
    Ok([P90, P99].map(truth).to_vec())
}

/// Poisson arrivals at one server that serves in the order of arrival: M/D/1 and M/M/1.
fn queues(bench: &Bench, load: f64) -> anyhow::Result<Vec<Truth>> {
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
            figure(&exponential, |latency| at(latency, quantile)),
            overhead.at(quantile),
        )
    }));
    Ok(truths)
}

/// What the generator and the sockets add to a wait: the same run against a server that answers each request after exactly the
/// same time, without any queue. How long that is matters: who sleeps longer wakes up later.
fn overhead(bench: &Bench, run: &Run, wait: Duration) -> anyhow::Result<Overhead> {
    let run = Run {
        time: bench.time,
        ..run.clone()
    };
    let outcome = bench.measure(&bench.peer(Script::Delay(wait, wait))?, &run)?;
    let (response, wait_s) = (outcome.response, wait.as_secs_f64());
    Ok(Overhead { response, wait_s })
}

/// Response times without a queue, and the wait that is no overhead.
struct Overhead {
    response: Latency,
    wait_s: f64,
}

impl Overhead {
    fn mean(&self) -> f64 {
        (self.response.mean_ns / 1e9 - self.wait_s).max(0.0)
    }

    fn at(&self, quantile: f64) -> f64 {
        (at(&self.response, quantile) - self.wait_s).max(0.0)
    }
}

/// Independent repetitions: the same run with other arrivals.
fn repeat(bench: &Bench, peer: &Peer, run: &Run) -> anyhow::Result<Vec<Outcome>> {
    let seeds = 1..=bench.repeat as u64;
    let runs = seeds.map(|seed| Run {
        seed,
        ..run.clone()
    });
    runs.map(|run| bench.measure(peer, &run)).collect()
}

/// One figure of all repetitions.
fn figure(outcomes: &[Outcome], of: impl Fn(&Latency) -> f64) -> Estimate {
    let figures: Vec<_> = outcomes
        .iter()
        .map(|outcome| of(&outcome.response))
        .collect();
    estimate(&figures)
}

/// A quantile in seconds.
fn at(latency: &Latency, quantile: f64) -> f64 {
    let histogram = latency.histogram();
    histogram.map_or(0.0, |histogram| {
        histogram.value_at_quantile(quantile) as f64 / 1e9
    })
}

/// Stops a peer in the middle of the measured window, and notes for how long.
struct StopScript<'a> {
    peer: &'a Peer,
    since: Cell<Option<Instant>>,
    stopped: Cell<Option<Instant>>,
    lasted: Cell<Option<Duration>>,
}

impl<'a> StopScript<'a> {
    const fn new(peer: &'a Peer) -> Self {
        Self {
            peer,
            since: Cell::new(None),
            stopped: Cell::new(None),
            lasted: Cell::new(None),
        }
    }

    /// Does what is due: stops the peer a second into the window, and lets it go on when it has been stopped long enough.
    fn look(&self, progress: &Progress) {
        if progress.phase() != Phase::Measuring || self.lasted.get().is_some() {
            return;
        }
        let now = Instant::now();
        let since = self.since.get().unwrap_or(now);
        self.since.set(Some(since));
        match self.stopped.get() {
            None if now - since >= Duration::from_secs(1) => {
                self.peer.stop();
                self.stopped.set(Some(Instant::now()));
            }
            Some(stopped) if now - stopped >= STOP => {
                self.peer.go_on();
                self.lasted.set(Some(stopped.elapsed()));
            }
            _ => {}
        }
    }

    /// How long the peer was stopped.
    fn lasted(&self) -> Duration {
        self.lasted.get().unwrap_or_default()
    }
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
    fn a_figure_may_be_larger_by_the_overhead_but_never_smaller() {
        for mean in [0.99, 1.0, 1.11] {
            assert_eq!(truth(mean).verdict, Verdict::Found, "{mean}");
        }
        for mean in [0.98, 1.12] {
            assert_eq!(truth(mean).verdict, Verdict::Missed, "{mean}");
        }
        assert!((truth(1.05).error() - 0.05).abs() < 1e-12);
    }

    #[test]
    fn runs_that_differ_too_much_prove_nothing() {
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
        let found = at(&Latency::of(&histogram), 0.9);
        assert!((found / 900e-6 - 1.0).abs() < 0.002, "{found}");
        assert!(at(&Latency::default(), 0.9) == 0.0);
    }
}
