//! The step `single-trials`: one server, measured several times alone. How far apart are the results?

use std::time::Duration;

use serde::Deserialize;
use toml::Table;

use super::load::Loading;
use super::served::Served;
use super::{StepError, parameters};
use crate::measured::{Measured, Row, Unit};
use crate::stage::Stage;

/// Seconds of a window of a shortened experiment.
const SHORT: f64 = 0.1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// The model.
    model: String,
    /// Number of clients.
    connections: usize,
    /// Number of trials, at least two.
    trials: usize,
    /// Seconds of each measured window.
    time: f64,
}

/// Carries it out: the fastest and the slowest trial, and by how many percent they differ.
///
/// # Errors
/// There are fewer than two trials, a process fails, or the user stops it.
pub fn run(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let parameters: Parameters = parameters(table)?;
    let (trials, window) = extent(&parameters, stage.short)?;
    let connections = parameters.connections.to_string();
    let mut rates = Vec::new();
    for trial in 0..trials {
        let share = trial as f64 / trials as f64;
        (stage.progress)(&format!("trial {}", trial + 1), share);
        let server = Served::start(stage, &["serve", &parameters.model])?;
        let options = ["--connections", &connections, "--warmup", "100ms"];
        let loading = Loading::start(stage, server.address, window, &options)?;
        rates.push(loading.finish(stage)?.rate);
    }
    compared(&rates)
}

/// The number of trials, and the window of each.
fn extent(parameters: &Parameters, short: bool) -> Result<(usize, Duration), StepError> {
    let mistake = |reason| StepError::Mistake {
        step: "single-trials".to_owned(),
        reason,
    };
    let (trials, time) = (parameters.trials, parameters.time);
    if trials < 2 {
        let reason = format!("`trials` is {trials}, and must be 2 or more");
        return Err(mistake(reason));
    }
    let seconds = if short { time.min(SHORT) } else { time };
    let window = Duration::try_from_secs_f64(seconds);
    let window = window
        .map_err(|_| mistake(format!("`time` is {time}, and must be a number of seconds")))?;
    Ok((if short { 2 } else { trials }, window))
}

/// The slowest and the fastest of these rates, and by how many percent they differ.
fn compared(rates: &[f64]) -> Result<Measured, StepError> {
    let slowest = rates.iter().copied().fold(f64::INFINITY, f64::min);
    let fastest = rates.iter().copied().fold(0.0, f64::max);
    if slowest <= 0.0 {
        let reason = "the server answered no request in one of the trials".to_owned();
        return Err(StepError::Process(reason));
    }
    let apart = 100.0 * (fastest / slowest - 1.0);
    Ok(Measured {
        rows: vec![
            Row::new("slowest trial", Unit::PerSecond, vec![slowest]),
            Row::new("fastest trial", Unit::PerSecond, vec![fastest]),
            Row::new("single trials differ by", Unit::Percent, vec![apart]),
        ],
        notes: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(trials: usize, time: f64) -> Parameters {
        Parameters {
            model: String::new(),
            connections: 1,
            trials,
            time,
        }
    }

    #[test]
    fn a_short_run_has_two_short_trials() {
        let all = parameters(12, 0.3);
        let milliseconds = Duration::from_millis;
        assert_eq!(extent(&all, false).unwrap(), (12, milliseconds(300)));
        assert_eq!(extent(&all, true).unwrap(), (2, milliseconds(100)));
    }

    #[test]
    fn one_trial_and_a_time_of_less_than_nothing_are_mistakes() {
        for (wrong, reason) in [
            (parameters(1, 0.3), "`trials` is 1, and must be 2 or more"),
            (
                parameters(2, -1.0),
                "`time` is -1, and must be a number of seconds",
            ),
        ] {
            let error = extent(&wrong, false).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn the_slowest_and_the_fastest_trial_are_compared() {
        let measured = compared(&[110.0, 100.0, 125.0]).unwrap();
        let values = measured.rows.iter().map(|row| row.values[0].round() as u32);
        assert_eq!(values.collect::<Vec<_>>(), [100, 125, 25]);
        let error = compared(&[100.0, 0.0]).unwrap_err().to_string();
        assert!(
            error.starts_with("the server answered no request"),
            "{error}"
        );
    }
}
