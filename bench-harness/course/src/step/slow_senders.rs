//! The step `slow-senders`: clients that send one byte of a frame and stop. Is an honest client still served?

use std::time::Duration;

use serde::Deserialize;
use toml::Table;

use super::served::Served;
use super::{StepError, parameters};
use crate::measured::{Measured, Row, Unit};
use crate::stage::Stage;
use crate::talk::{Client, pause};

/// Time for the server to accept the slow clients before the honest one comes.
const SETTLE: Duration = Duration::from_millis(200);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// The model.
    model: String,
    /// Its number of workers.
    workers: usize,
    /// Numbers of slow clients, each an experiment of its own.
    slow: Vec<usize>,
    /// Seconds for which the honest client waits.
    patience: f64,
}

/// Carries it out: one row for each number of slow clients, with the honest client's wait.
///
/// # Errors
/// The server does not start, or the user stops it.
pub fn run(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let parameters: Parameters = parameters(table)?;
    let patience = Duration::from_secs_f64(parameters.patience);
    let workers = parameters.workers.to_string();
    let mut measured = Measured::default();
    for (index, &slow) in parameters.slow.iter().enumerate() {
        let share = index as f64 / parameters.slow.len() as f64;
        (stage.progress)(
            &format!("{slow} slow clients of {}", parameters.model),
            share,
        );
        let server = Served::start(stage, &["serve", &parameters.model, "--workers", &workers])?;
        let mut held = Vec::new();
        for _ in 0..slow {
            let mut client = Client::connect(server.address, patience)?;
            client.send(b"x")?;
            held.push(client);
        }
        pause(stage.stop, SETTLE)?;
        let mut honest = Client::connect(server.address, patience)?;
        let reply = honest.ask(stage.stop, b"hello\n", patience)?;
        let label = format!("{}, {slow} slow", parameters.model);
        measured.rows.push(row(label, reply, patience));
    }
    Ok(measured)
}

/// The wait of the honest client. Without a reply it is known to be at least the client's patience.
fn row(label: String, reply: Option<Duration>, patience: Duration) -> Row {
    let wait = reply.unwrap_or(patience).as_secs_f64() * 1e3;
    let mut row = Row::new(label, Unit::Ms, vec![wait]);
    row.at_least = reply.is_none();
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_without_a_reply_has_waited_at_least_for_its_patience() {
        let patience = Duration::from_secs(2);
        let none = row("none".to_owned(), None, patience);
        assert_eq!(
            (none.values.as_slice(), none.at_least),
            (&[2000.0][..], true)
        );
        let one = row("one".to_owned(), Some(Duration::from_millis(3)), patience);
        assert_eq!((one.values.as_slice(), one.at_least), (&[3.0][..], false));
    }
}
