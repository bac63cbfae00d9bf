//! The step `worker-shares`: clients come to a model one after another. Which of its workers serves how many of them?

use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use toml::Table;

use super::served::Served;
use super::{StepError, parameters};
use crate::measured::{Measured, Row, Unit};
use crate::stage::Stage;

/// Time between two clients, so that all workers are waiting again.
const APART: Duration = Duration::from_micros(500);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// Name of the model.
    model: String,
    /// Number of workers.
    workers: usize,
    /// Number of clients.
    clients: usize,
}

/// Carries it out: the share of each worker in the connections, in percent.
///
/// # Errors
/// The server does not start, or a client is refused, or the user stops it.
pub fn run(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let Parameters {
        model,
        workers,
        clients,
    } = parameters(table)?;
    (stage.progress)(&model, 0.5);
    let server = Served::start(stage, &["serve", &model, "--workers", &workers.to_string()])?;
    let mut connected = Vec::new();
    for _ in 0..clients {
        connected.push(TcpStream::connect(server.address)?);
        thread::sleep(APART);
        if stage.stop.is_requested() {
            return Err(StepError::Stopped);
        }
    }
    drop(connected); // the server ends when its last client has left
    let stats = server.stats()?;
    let shares = stats["shares"].as_array().into_iter().flatten();
    let row = |(worker, share): (usize, &Value)| {
        let connections = share["connections"].as_f64().unwrap_or_default();
        let label = format!("{model}, worker {}", worker + 1);
        let percent = 100.0 * connections / clients as f64;
        Row::new(label, Unit::Percent, vec![percent])
    };
    let rows = shares.enumerate().map(row).collect();
    Ok(Measured {
        rows,
        ..Measured::default()
    })
}
