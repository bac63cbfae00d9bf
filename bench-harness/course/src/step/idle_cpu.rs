//! The step `idle-cpu`: how much CPU time does a server use while no client asks for anything?

use std::fs;
use std::time::{Duration, Instant};

use serde::Deserialize;
use toml::Table;

use super::served::Served;
use super::{StepError, parameters};
use crate::measured::{Measured, Row, Unit};
use crate::stage::Stage;
use crate::talk::{Client, pause};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// The models.
    models: Vec<String>,
    /// Number of clients that are connected and silent.
    clients: usize,
    /// Seconds of each measurement.
    time: f64,
}

/// Carries it out: one row a model, with the share of one CPU.
///
/// # Errors
/// The server does not start, or the user stops it.
pub fn run(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let parameters: Parameters = parameters(table)?;
    let time = Duration::from_secs_f64(if stage.short { 0.3 } else { parameters.time });
    let mut measured = Measured::default();
    for (index, model) in parameters.models.iter().enumerate() {
        let share = index as f64 / parameters.models.len() as f64;
        (stage.progress)(&format!("{model} without requests"), share);
        let server = Served::start(stage, &["serve", model])?;
        let clients = (0..parameters.clients).map(|_| Client::connect(server.address, time));
        let _clients = clients.collect::<Result<Vec<_>, _>>()?;
        let (before, began) = (cpu_time(&server)?, Instant::now());
        pause(stage.stop, time)?;
        let used = cpu_time(&server)?.saturating_sub(before).as_secs_f64();
        let percent = 100.0 * used / began.elapsed().as_secs_f64();
        let label = format!("{model}, no request");
        measured
            .rows
            .push(Row::new(label, Unit::Percent, vec![percent]));
    }
    Ok(measured)
}

/// The CPU time that a server has used up to now: `/proc/PID/schedstat` counts it in nanoseconds, thread by thread.
fn cpu_time(server: &Served) -> Result<Duration, StepError> {
    let mut nanoseconds = 0;
    for task in fs::read_dir(format!("/proc/{}/task", server.pid()))?.flatten() {
        let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        nanoseconds += used(&text);
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// The nanoseconds on a CPU, which `schedstat` names first; 0 for a thread that has ended.
fn used(schedstat: &str) -> u64 {
    let first = schedstat.split_whitespace().next();
    first.and_then(|used| used.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_of_schedstat_is_the_time_on_a_cpu() {
        assert_eq!(used("1234 56 7\n"), 1234);
        assert_eq!(used(""), 0);
    }
}
