//! The steps of experiments, one file each, by the name that a lesson gives in `do = "NAME"`.

mod accept_queue;
mod broadcast;
mod byte_stream;
mod bytes_taken;
mod children;
mod compare;
mod crowd;
mod edge;
mod generator;
mod herd;
mod idle_cpu;
mod knee;
pub mod load;
mod reaping;
mod restart;
pub mod served;
mod silence;
mod single_trials;
mod slow_senders;
mod staircase;
mod stopped;
mod switches;
mod tcp_states;
pub mod tcp_table;
mod ticks;
mod time_wait;
mod udp_ports;
mod worker_shares;
mod wrong_server;

use std::io;

use serde::de::DeserializeOwned;
use thiserror::Error;
use toml::{Table, Value};

use crate::measured::Measured;
use crate::stage::Stage;

/// Carries out a step with the parameters of its table.
pub type Run = fn(&mut Stage, &Table) -> Result<Measured, StepError>;

/// All steps, in the order of their names.
pub const STEPS: &[(&str, Run)] = &[
    ("accept-queue", accept_queue::busy),
    ("backlog", accept_queue::backlogs),
    ("broadcast", broadcast::run),
    ("bytes-taken", bytes_taken::run),
    ("compare", compare::run),
    ("crowd", crowd::run),
    ("edge", edge::run),
    ("herd", herd::run),
    ("idle-cpu", idle_cpu::run),
    ("idle-timeout", silence::idle_timeout),
    ("keepalive", silence::keepalive),
    ("knee", knee::run),
    ("lock-step", udp_ports::lock_step),
    ("one-receive", byte_stream::one_receive),
    ("parent-killed", children::parent_killed),
    ("reaping", reaping::run),
    ("restart", restart::run),
    ("single-trials", single_trials::run),
    ("slow-senders", slow_senders::run),
    ("staircase", staircase::run),
    ("stopped", stopped::run),
    ("strangers", udp_ports::strangers),
    ("switches", switches::run),
    ("tcp-states", tcp_states::run),
    ("ticks", ticks::run),
    ("time-wait", time_wait::run),
    ("two-writes", byte_stream::two_writes),
    ("worker-shares", worker_shares::run),
    ("wrong-server", wrong_server::run),
    ("zombies", children::zombies),
];

/// The steps that run in a network namespace of their own. Each has an entry in [`STEPS`] that calls
/// [`namespace::inside`](crate::namespace::inside).
pub const INSIDE: &[(&str, Run)] = &[
    ("accept-queue", accept_queue::busy_inside),
    ("backlog", accept_queue::backlogs_inside),
    ("broadcast", broadcast::inside),
    ("restart", restart::inside),
    ("tcp-states", tcp_states::inside),
    ("time-wait", time_wait::inside),
];

/// A step has no result.
#[derive(Debug, Error)]
pub enum StepError {
    /// Its table has a mistake.
    #[error("the step `{step}` has a mistake: {reason}; correct `lesson.toml`")]
    Mistake {
        /// The name of the step.
        step: String,
        /// What is wrong.
        reason: String,
    },
    /// The machine does not allow it. This is an answer, not a failure: the lesson is not shown here.
    #[error("{0}")]
    NotHere(String),
    /// A process of the experiment failed.
    #[error("{0}; run it by hand to see why")]
    Process(String),
    /// The system refused something.
    #[error("the system refused a part of the experiment: {0}; check `ulimit -n` and `ulimit -u`")]
    System(#[from] io::Error),
    /// The user stopped it.
    #[error("stopped")]
    Stopped,
}

/// The largest number in the table of a step. Numbers of seconds, of bytes and of clients are far below, and none of them
/// overflows a duration.
const LARGEST: f64 = 10_000_000.0;

/// The parameters of a step, without the key `do`.
///
/// # Errors
/// A key is unknown or missing, or a value has the wrong type, or a number is negative or larger than ten million.
pub fn parameters<T: DeserializeOwned>(table: &Table) -> Result<T, StepError> {
    let mut table = table.clone();
    let step = table.remove("do");
    let step = step.as_ref().and_then(Value::as_str);
    let step = step.unwrap_or_default().to_owned();
    if let Some(reason) = table
        .iter()
        .find_map(|(key, value)| out_of_range(key, value))
    {
        return Err(StepError::Mistake { step, reason });
    }
    table
        .try_into()
        .map_err(|error: toml::de::Error| StepError::Mistake {
            step,
            reason: error.message().to_owned(),
        })
}

/// The first number in a value that is out of range, as a text.
fn out_of_range(key: &str, value: &Value) -> Option<String> {
    let number = match value {
        Value::Integer(number) => *number as f64,
        Value::Float(number) => *number,
        Value::Array(values) => return values.iter().find_map(|value| out_of_range(key, value)),
        Value::Table(table) => {
            let mut values = table.iter();
            return values.find_map(|(key, value)| out_of_range(key, value));
        }
        Value::String(_) | Value::Boolean(_) | Value::Datetime(_) => return None,
    };
    let is_in_range = (0.0..=LARGEST).contains(&number);
    (!is_in_range).then(|| format!("`{key}` is {number}, and must be a number from 0 to {LARGEST}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::carry_out;

    #[test]
    fn the_steps_are_in_the_order_of_their_names() {
        for list in [STEPS, INSIDE] {
            assert!(list.is_sorted_by(|(a, _), (b, _)| a < b));
        }
    }

    #[test]
    fn every_step_inside_of_a_namespace_is_a_step() {
        for (inside, _) in INSIDE {
            assert!(STEPS.iter().any(|(name, _)| name == inside), "{inside}");
        }
    }

    #[test]
    fn a_number_that_no_step_can_use_is_refused() {
        for number in ["-1", "1e300", "nan", "inf", "9223372036854775807"] {
            for text in [
                format!("time = {number}"),
                format!("a = [{{ b = {number} }}]"),
            ] {
                let error = parameters::<Table>(&toml::from_str(&text).unwrap()).unwrap_err();
                let error = error.to_string();
                assert!(
                    error.contains("must be a number from 0 to 10000000"),
                    "{error}"
                );
            }
        }
        let table = toml::from_str("a = [0, 2.5]\nb = \"-1\"").unwrap();
        parameters::<Table>(&table).unwrap();
    }

    #[test]
    fn every_step_refuses_a_table_without_its_parameters() {
        for (name, run) in STEPS {
            let error = carry_out(*run, &format!("do = \"{name}\"")).unwrap_err();
            assert!(
                matches!(error, StepError::Mistake { .. }),
                "{name}: {error}"
            );
            let error = error.to_string();
            let begin = format!("the step `{name}` has a mistake: missing field");
            assert!(error.starts_with(&begin), "{error}");
            assert!(error.ends_with("correct `lesson.toml`"), "{error}");
        }
    }
}
