//! Measures the time that the generator and the sockets add to a response time.

use std::time::Duration;

use loadgen::Latency;

use super::super::bench::{Bench, Run};
use super::super::script::Script;
use crate::failure::Failure;

/// Measures what the generator and the sockets add to a wait, with a server that answers each request after exactly
/// `wait`, without a queue. The overhead depends on `wait`: a generator that sleeps longer wakes up later.
pub fn overhead(bench: &Bench, run: &Run, wait: Duration) -> Result<Overhead, Failure> {
    let run = Run {
        time: bench.time,
        ..run.clone()
    };
    let outcome = bench.measure(&bench.peer(Script::Delay(wait, wait))?, &run)?;
    let (response, wait_s) = (outcome.response, wait.as_secs_f64());
    Ok(Overhead { response, wait_s })
}

/// Response times without a queue, and the part of them that is not overhead.
pub struct Overhead {
    response: Latency,
    wait_s: f64,
}

impl Overhead {
    /// Mean overhead in seconds.
    pub fn mean(&self) -> f64 {
        (self.response.mean_ns / 1e9 - self.wait_s).max(0.0)
    }

    /// A quantile of the overhead in seconds.
    pub fn quantile(&self, quantile: f64) -> f64 {
        (quantile_s(&self.response, quantile) - self.wait_s).max(0.0)
    }
}

/// A quantile in seconds.
pub fn quantile_s(latency: &Latency, quantile: f64) -> f64 {
    let histogram = latency.histogram();
    histogram.map_or(0.0, |histogram| {
        histogram.value_at_quantile(quantile) as f64 / 1e9
    })
}
