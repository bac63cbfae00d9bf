//! The step `knee`: how long do requests wait as the offered rate rises to what the server reaches, and beyond?
//!
//! The peak is the fastest of several closed loops: other programs make a server slower, and never faster. Each round then loads the
//! server at each share of the peak, so that a row has one value a round.
//!
//! Requests make the server compute. Otherwise a request costs the generator as much as the server, and the generator is full first.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::time::Duration;

use loadgen::Outcome;
use serde::Deserialize;
use toml::Table;

use super::load::Loading;
use super::served::Served;
use super::{StepError, generator, parameters};
use crate::measured::{Measured, Row, Unit};
use crate::stage::Stage;

/// The share from which the server is to be overloaded.
const OVERLOAD: u32 = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// The model.
    model: String,
    /// Number of clients.
    connections: usize,
    /// What a request asks of the server, as in `echolab load --work`.
    work: String,
    /// Offered rates in percent of the peak.
    shares: Vec<u32>,
    /// Seconds of each measured window.
    time: f64,
    /// Number of rounds.
    times: NonZero<usize>,
}

/// Carries it out: for each share of the peak the 99th percentile of the response time, and the peak of a closed loop.
///
/// # Errors
/// A process fails, the generator is too slow for a rate beyond the peak, or the user stops it.
pub fn run(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let parameters: Parameters = parameters(table)?;
    let times = if stage.short {
        1
    } else {
        parameters.times.get()
    };
    let steps = (times * (parameters.shares.len() + 1)) as f64;
    let mut knee = Knee::new(&parameters.shares);
    let mut step = 0..;
    let mut progress = |text: &str| {
        let done = step.next().unwrap_or(0);
        (stage.progress)(text, f64::from(done) / steps);
    };
    for _ in 0..times {
        progress("looking for the peak");
        knee.peak(&load(stage, &parameters, None)?);
    }
    for _ in 0..times {
        for (index, &share) in parameters.shares.iter().enumerate() {
            progress(&format!("{share} % of the peak"));
            let rate = knee.rate(share);
            knee.wait(index, &load(stage, &parameters, Some(rate))?)?;
        }
    }
    Ok(knee.measured(&parameters.model))
}

/// What all rounds have measured.
struct Knee {
    /// The shares with their 99th percentiles in milliseconds.
    waits: Vec<(u32, Vec<f64>)>,
    peaks: Vec<f64>,
    /// True if the generator limited a peak.
    is_limited: bool,
    /// The first fault of the generator at each share.
    faults: BTreeMap<u32, String>,
}

impl Knee {
    fn new(shares: &[u32]) -> Self {
        Self {
            waits: shares.iter().map(|share| (*share, Vec::new())).collect(),
            peaks: Vec::new(),
            is_limited: false,
            faults: BTreeMap::new(),
        }
    }

    /// Adds a peak.
    fn peak(&mut self, outcome: &Outcome) {
        self.is_limited |= generator::fault(outcome).is_some();
        self.peaks.push(outcome.rate);
    }

    /// The rate at a share of the highest peak.
    fn rate(&self, share: u32) -> f64 {
        let peak = self.peaks.iter().copied().fold(0.0, f64::max);
        peak * f64::from(share) / 100.0
    }

    /// Adds the wait at a share. A generator that is late makes waits longer. Below the peak this makes the knee look lower than it
    /// is, and is noted. Beyond the peak it would look like an overloaded server, so there is no result.
    fn wait(&mut self, index: usize, outcome: &Outcome) -> Result<(), StepError> {
        let (share, waits) = &mut self.waits[index];
        if let Some(fault) = generator::fault(outcome) {
            if *share >= OVERLOAD {
                return Err(StepError::NotHere(format!(
                    "at {share} % of the peak the load generator itself was too slow ({fault}); end other programs and try again, or use a machine with more CPUs"
                )));
            }
            self.faults.entry(*share).or_insert(fault);
        }
        waits.push(outcome.response.p99_ns as f64 / 1e6);
        Ok(())
    }

    fn measured(self, model: &str) -> Measured {
        let notes = self.note().into_iter().collect();
        let mut peak = Row::new("peak", Unit::PerSecond, self.peaks);
        peak.at_least = self.is_limited;
        let row = |(share, waits)| {
            let mut row = Row::new(format!("p99 at {share} %"), Unit::Ms, waits);
            row.group = Some(model.to_owned());
            row.at = Some(f64::from(share));
            row
        };
        let rows = self.waits.into_iter().map(row).chain([peak]);
        Measured {
            rows: rows.collect(),
            notes,
        }
    }

    /// A sentence about the shares at which the generator disturbed the waits.
    fn note(&self) -> Option<String> {
        let (_, fault) = self.faults.first_key_value()?;
        let shares = self.faults.keys().map(|share| format!("{share} %"));
        let shares = shares.collect::<Vec<_>>().join(", ");
        Some(format!(
            "At {shares} of the peak the load generator itself was late, so these waits are too long ({fault})."
        ))
    }
}

/// Puts a load on a fresh server: a closed loop, or an open loop at this rate.
fn load(stage: &Stage, parameters: &Parameters, rate: Option<f64>) -> Result<Outcome, StepError> {
    let server = Served::start(stage, &["serve", &parameters.model, "--protocol", "framed"])?;
    let connections = parameters.connections.to_string();
    let rate = rate.map(|rate| format!("{rate:.0}"));
    let mut options = vec!["--connections", &connections, "--warmup", "200ms"];
    options.extend(["--protocol", "framed", "--work", &parameters.work]);
    if let Some(rate) = &rate {
        options.extend(["--rate", rate, "--arrivals", "poisson"]);
    }
    let time = if stage.short { 0.2 } else { parameters.time };
    let window = Duration::from_secs_f64(time);
    Loading::start(stage, server.address, window, &options)?.finish(stage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::generator::tests::outcome;

    #[test]
    fn a_row_has_one_value_a_round_and_lies_at_its_share() {
        let mut knee = Knee::new(&[50, 120]);
        for wait in [2, 3] {
            knee.peak(&outcome(1, 0, &[]));
            knee.wait(0, &outcome(wait, 0, &[])).unwrap();
            knee.wait(1, &outcome(wait * 100, 1, &["lag", "rate"]))
                .unwrap();
        }
        let measured = knee.measured("poll");
        let labels: Vec<&str> = measured.rows.iter().map(|row| row.label.as_str()).collect();
        assert_eq!(labels, ["p99 at 50 %", "p99 at 120 %", "peak"]);
        let row = &measured.rows[1];
        assert_eq!(
            (row.values.as_slice(), row.at),
            (&[200.0, 300.0][..], Some(120.0))
        );
        assert!(!measured.rows[2].at_least && measured.notes.is_empty());
    }

    #[test]
    fn a_late_generator_below_the_peak_is_noted_once_for_each_share() {
        let mut knee = Knee::new(&[10, 50]);
        for _ in 0..2 {
            knee.wait(1, &outcome(2, 1, &["lag"])).unwrap();
            knee.wait(0, &outcome(2, 1, &["lag"])).unwrap();
        }
        let measured = knee.measured("poll");
        assert_eq!(measured.notes.len(), 1);
        let note = &measured.notes[0];
        assert!(
            note.starts_with("At 10 %, 50 % of the peak the load generator"),
            "{note}"
        );
        assert!(note.ends_with("(lag is wrong)."), "{note}");
    }

    #[test]
    fn a_late_generator_beyond_the_peak_means_that_nothing_is_shown() {
        let mut knee = Knee::new(&[120]);
        let error = knee.wait(0, &outcome(2, 1, &["lag"])).unwrap_err();
        assert!(matches!(error, StepError::NotHere(_)));
        let error = error.to_string();
        assert!(
            error.contains("itself was too slow (lag is wrong)"),
            "{error}"
        );
        assert!(error.ends_with("use a machine with more CPUs"), "{error}");
    }

    #[test]
    fn rates_are_shares_of_the_fastest_peak() {
        let mut knee = Knee::new(&[]);
        for rate in [900.0, 1000.0, 500.0] {
            let mut peak = outcome(1, 0, &[]);
            peak.rate = rate;
            knee.peak(&peak);
        }
        let rates = [50, 120].map(|share| knee.rate(share).round() as u32);
        assert_eq!(rates, [500, 1200]);
    }

    #[test]
    fn a_peak_that_the_generator_limits_is_a_lower_bound() {
        let mut knee = Knee::new(&[]);
        knee.peak(&outcome(1, 0, &["cpu"]));
        knee.peak(&outcome(1, 0, &[]));
        assert!(knee.measured("poll").rows[0].at_least);
    }
}
