//! The step `stopped`: the server stands still for a while. Three ways to measure the wait give three answers.

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
use crate::talk::pause;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// The model.
    model: String,
    /// Number of clients.
    connections: usize,
    /// Requests a second of the open loop.
    rate: u32,
    /// Seconds of the measured window.
    time: f64,
    /// Seconds for which the server stands still.
    stop: f64,
    /// Number of times.
    times: NonZero<usize>,
}

/// When what happens, and how often.
#[derive(Debug, PartialEq)]
struct Timing {
    times: usize,
    /// From the start of the generator to the stop. The generator connects and warms up for 200 ms, and measures before the stop.
    before: Duration,
    stop: Duration,
    window: Duration,
}

impl Timing {
    fn of(parameters: &Parameters, short: bool) -> Result<Self, StepError> {
        let seconds = |name: &str, seconds: f64| {
            Duration::try_from_secs_f64(seconds).map_err(|_| StepError::Mistake {
                step: "stopped".to_owned(),
                reason: format!("`{name}` is {seconds}, and must be a number of seconds"),
            })
        };
        let (stop, window) = (
            seconds("stop", parameters.stop)?,
            seconds("time", parameters.time)?,
        );
        Ok(if short {
            Self {
                times: 1,
                before: Duration::from_millis(400),
                stop: stop.min(Duration::from_millis(200)),
                window: window.min(Duration::from_millis(600)),
            }
        } else {
            Self {
                times: parameters.times.get(),
                before: Duration::from_millis(700),
                stop,
                window,
            }
        })
    }
}

/// Carries it out: the 99th percentile of a closed loop, of an open loop from the send, and of an open loop from the intended time.
///
/// # Errors
/// A process fails, the generator itself is too slow, or the user stops it.
pub fn run(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let parameters: Parameters = parameters(table)?;
    let timing = Timing::of(&parameters, stage.short)?;
    let (mut closed, mut sent, mut intended) = (Vec::new(), Vec::new(), Vec::new());
    for time in 0..timing.times {
        let share = |half: f64| (time as f64 + half) / timing.times as f64;
        (stage.progress)("closed loop", share(0.0));
        let outcome = load(stage, &parameters, &timing, false)?;
        closed.push(milliseconds(outcome.response.p99_ns));
        (stage.progress)("open loop", share(0.5));
        let outcome = load(stage, &parameters, &timing, true)?;
        kept_up(&outcome)?;
        intended.push(milliseconds(outcome.response.p99_ns));
        sent.push(milliseconds(outcome.service.p99_ns));
    }
    let row = |label, values| Row::new(label, Unit::Ms, values);
    Ok(Measured {
        rows: vec![
            row("closed loop", closed),
            row("open loop, from the send", sent),
            row("open loop, intended time", intended),
        ],
        notes: Vec::new(),
    })
}

/// Loads a fresh server, stops it, and lets it go on.
fn load(
    stage: &Stage,
    parameters: &Parameters,
    timing: &Timing,
    is_open: bool,
) -> Result<Outcome, StepError> {
    let mut server = Served::start(stage, &["serve", &parameters.model])?;
    let connections = parameters.connections.to_string();
    let rate = parameters.rate.to_string();
    let mut options = vec!["--connections", &connections, "--warmup", "200ms"];
    if is_open {
        options.extend(["--rate", &rate]);
    }
    let loading = Loading::start(stage, server.address, timing.window, &options)?;
    pause(stage.stop, timing.before)?;
    server.pause()?;
    pause(stage.stop, timing.stop)?;
    server.resume();
    loading.finish(stage)
}

/// Refuses a wait from the intended time that is the generator's own.
fn kept_up(outcome: &Outcome) -> Result<(), StepError> {
    let refused = |fault| {
        StepError::NotHere(format!(
            "the load generator itself was too slow for the open loop ({fault}); end other programs and try again, or try a lower --set rate"
        ))
    };
    generator::fault(outcome).map_or(Ok(()), |fault| Err(refused(fault)))
}

fn milliseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::generator::tests::outcome;

    fn timing(stop: f64, short: bool) -> Result<Timing, StepError> {
        let parameters = Parameters {
            model: String::new(),
            connections: 1,
            rate: 1,
            time: 2.0,
            stop,
            times: NonZero::new(3).unwrap(),
        };
        Timing::of(&parameters, short)
    }

    #[test]
    fn a_short_run_happens_once_and_stops_the_server_within_its_window() {
        let short = timing(0.5, true).unwrap();
        assert_eq!(short.times, 1);
        let warm_up = Duration::from_millis(200);
        assert!(short.before + short.stop < warm_up + short.window);
        let long = timing(0.5, false).unwrap();
        assert_eq!((long.times, long.stop), (3, Duration::from_millis(500)));
    }

    #[test]
    fn a_stop_of_less_than_nothing_is_a_mistake() {
        let error = timing(-1.0, false).unwrap_err().to_string();
        assert!(
            error.contains("`stop` is -1, and must be a number of seconds"),
            "{error}"
        );
    }

    #[test]
    fn a_generator_that_is_late_shows_nothing() {
        assert!(kept_up(&outcome(470, 3, &["lag"])).is_ok());
        let error = kept_up(&outcome(470, 400, &["lag"])).unwrap_err();
        assert!(matches!(error, StepError::NotHere(_)));
        assert!(error.to_string().ends_with("try a lower --set rate"));
    }
}
