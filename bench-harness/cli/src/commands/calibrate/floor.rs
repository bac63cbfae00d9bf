//! The generator's own floor on this machine: what it costs and adds where the server costs nothing.

use std::time::{Duration, Instant};

use loadgen::{Latency, Schedule};
use serde::Serialize;

use super::bench::{Bench, Run};
use super::known_server::Script;
use super::peer::Peer;

/// Looks at the clock to find its step and its price.
const LOOKS: u32 = 100_000;

/// Requests a second at which a generator has nothing to do most of the time.
const CALM: f64 = 1000.0;

/// Steps of the search for the highest rate: each halves what is unknown.
const STEPS: u32 = 7;

/// How much above the closed loop's rate the search begins.
const ABOVE: f64 = 1.2;

/// What the generator costs and adds.
#[derive(Clone, Debug, Serialize)]
pub struct Floor {
    /// The smallest step of the clock that was seen.
    pub clock_step_ns: u64,
    /// Price of a look at the clock.
    pub clock_look_ns: f64,
    /// CPU time of the generator a request: closed loop, 100 connections, 64 bytes, every reply verified.
    pub cpu_per_request_us: f64,
    /// Requests a second of that closed loop.
    pub closed_loop_rate: f64,
    /// The response time that one connection sees where the generator sleeps.
    pub asleep: Latency,
    /// The same where it spins.
    pub spinning: Latency,
    /// How late the generator is where it sleeps, at a thousand evenly spaced requests a second.
    pub lag_asleep: Latency,
    /// The same where it spins.
    pub lag_spinning: Latency,
    /// The highest rate of an open loop at which the generator finds no fault with itself.
    pub highest_rate: f64,
}

/// Measures all of it against a server that answers at once.
///
/// # Errors
/// The server or the generator cannot go on, or a stop was asked for.
pub fn measure(bench: &Bench, say: &dyn Fn(&str)) -> anyhow::Result<Floor> {
    let (clock_step_ns, clock_look_ns) = clock();
    let peer = bench.peer(Script::Null)?;
    say("cost of a request");
    let many = Run {
        connections: 100,
        ..bench.run(Schedule::default())
    };
    let many = bench.measure(&peer, &many)?;
    say("wake-up of the generator");
    let one = |busy| Run {
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
        asleep: bench.measure(&peer, &one(false))?.response,
        spinning: bench.measure(&peer, &one(true))?.response,
        lag_asleep: bench.measure(&peer, &calm(false))?.lag,
        lag_spinning: bench.measure(&peer, &calm(true))?.lag,
        highest_rate: {
            say("highest honest rate");
            highest_rate(bench, &peer, many.rate * ABOVE)?
        },
    })
}

impl Floor {
    /// How much of the median response of one connection is the generator's own wake-up, in nanoseconds.
    pub fn wake_up_ns(&self) -> u64 {
        self.asleep.p50_ns.saturating_sub(self.spinning.p50_ns)
    }
}

/// The smallest step of the clock, and the price of a look at it, in nanoseconds.
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
    let price = (last - start).as_nanos() as f64 / f64::from(LOOKS);
    (step.as_nanos() as u64, price)
}

fn highest_rate(bench: &Bench, peer: &Peer, above: f64) -> anyhow::Result<f64> {
    let is_honest = |rate: f64| -> anyhow::Result<bool> {
        let run = bench.run(Schedule::constant(rate.round()));
        Ok(bench.measure(peer, &run)?.valid)
    };
    search(above, STEPS, is_honest)
}

/// The highest value below a bound for which something holds, by bisection; 0 where it held for none that was tried.
fn search(
    above: f64,
    steps: u32,
    holds: impl Fn(f64) -> anyhow::Result<bool>,
) -> anyhow::Result<f64> {
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
    fn the_highest_value_that_holds_is_found() {
        let found = search(1000.0, 12, |x| Ok(x <= 300.0)).unwrap();
        assert!((299.0..=300.0).contains(&found), "{found}");
        assert!(search(1000.0, 7, |_| Ok(false)).unwrap() == 0.0);
    }

    #[test]
    fn the_clock_goes_on() {
        let (step, price) = clock();
        assert!(step > 0 && price > 0.0, "{step} {price}");
    }
}
