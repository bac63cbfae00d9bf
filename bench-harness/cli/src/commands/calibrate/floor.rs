//! Measures the generator's own floor on this machine: its costs with a server that answers at once.

use std::time::{Duration, Instant};

use loadgen::{Latency, Schedule};
use serde::Serialize;

use super::bench::{Bench, Run};
use super::peer::Peer;
use super::script::Script;
use crate::activity::Activity;
use crate::failure::Failure;

/// Number of readings of the clock, to find its step and its cost.
const LOOKS: u32 = 100_000;

/// Requests per second at which the generator is idle most of the time.
const CALM: f64 = 1000.0;

/// Steps of the search for the highest rate. Each step halves the interval.
const STEPS: u32 = 7;

/// Upper end of the search, as a multiple of the closed loop's throughput.
const ABOVE: f64 = 1.2;

/// The costs of the generator, and what it adds to a latency.
#[derive(Clone, Debug, Serialize)]
pub struct Floor {
    /// The smallest step of the clock.
    pub clock_step_ns: u64,
    /// Time to read the clock.
    pub clock_look_ns: f64,
    /// CPU time of the generator per request: closed loop, 100 connections, 64 bytes, every reply verified.
    pub cpu_per_request_us: f64,
    /// Requests per second of that closed loop.
    pub closed_loop_rate: f64,
    /// Response time of a single connection if the generator sleeps.
    pub asleep: Latency,
    /// Response time of a single connection if the generator spins.
    pub spinning: Latency,
    /// Lag of a sleeping generator, at 1,000 evenly spaced requests per second.
    pub lag_asleep: Latency,
    /// Lag of a spinning generator, at the same rate.
    pub lag_spinning: Latency,
    /// The highest rate of an open loop at which all checks of the generator hold.
    pub highest_rate: f64,
}

/// Measures the whole floor with a server that answers at once.
///
/// # Errors
/// The server or the generator fails, or the user has pressed Ctrl-C.
pub fn measure(bench: &Bench, activity: &Activity) -> Result<Floor, Failure> {
    let (clock_step_ns, clock_look_ns) = clock();
    let peer = bench.peer(Script::Null)?;
    activity.step("measuring the cost of a request");
    let many = Run {
        connections: 100,
        ..bench.run(Schedule::default())
    };
    let many = bench.measure(&peer, &many)?;
    activity.step("measuring the wake-up of the generator");
    let single = |busy| Run {
        connections: 1,
        busy,
        ..bench.run(Schedule::default())
    };
    let calm = |busy| Run {
        busy,
        ..bench.run(Schedule::constant(CALM))
    };
    Ok(Floor {
        clock_step_ns,
        clock_look_ns,
        cpu_per_request_us: many.cpu_per_request_us().unwrap_or_default(),
        closed_loop_rate: many.rate,
        asleep: bench.measure(&peer, &single(false))?.response,
        spinning: bench.measure(&peer, &single(true))?.response,
        lag_asleep: bench.measure(&peer, &calm(false))?.lag,
        lag_spinning: bench.measure(&peer, &calm(true))?.lag,
        highest_rate: {
            activity.step("searching the highest valid rate");
            highest_rate(bench, &peer, many.rate * ABOVE)?
        },
    })
}

impl Floor {
    /// The generator's own wake-up in the median response time of a single connection, in nanoseconds.
    pub fn wake_up_ns(&self) -> u64 {
        self.asleep.p50_ns.saturating_sub(self.spinning.p50_ns)
    }
}

/// The smallest step of the clock, and the time to read it, in nanoseconds.
fn clock() -> (u64, f64) {
    let start = Instant::now();
    let (mut last, mut step) = (start, Duration::MAX);
    for _ in 0..LOOKS {
        let now = Instant::now();
        if now > last {
            step = step.min(now - last);
        }
        last = now;
    }
    let cost = (last - start).as_nanos() as f64 / f64::from(LOOKS);
    (step.as_nanos() as u64, cost)
}

fn highest_rate(bench: &Bench, peer: &Peer, above: f64) -> Result<f64, Failure> {
    let is_valid = |rate: f64| -> Result<bool, Failure> {
        let run = bench.run(Schedule::constant(rate.round()));
        Ok(bench.measure(peer, &run)?.valid)
    };
    search(above, STEPS, is_valid)
}

/// Finds the highest value below `above` for which `holds` is true, by bisection. The result is 0 if it was never true.
fn search(
    above: f64,
    steps: u32,
    holds: impl Fn(f64) -> Result<bool, Failure>,
) -> Result<f64, Failure> {
    let (mut good, mut bad) = (0.0, above);
    for _ in 0..steps {
        let middle = f64::midpoint(good, bad);
        if holds(middle)? {
            good = middle;
        } else {
            bad = middle;
        }
    }
    Ok(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_finds_the_highest_value_that_holds() {
        let highest = search(1000.0, 12, |x| Ok(x <= 300.0)).unwrap();
        assert!((299.0..=300.0).contains(&highest), "{highest}");
        assert!(search(1000.0, 7, |_| Ok(false)).unwrap() == 0.0);
    }

    #[test]
    fn the_clock_has_a_step_and_a_cost() {
        let (step, cost) = clock();
        assert!(step > 0 && cost > 0.0, "{step} {cost}");
    }
}
