//! The step `staircase`: clients that come shortly after one another, each with a few requests and a pause between them.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use measure::stop::Stop;
use serde::Deserialize;
use toml::Table;

use super::served::Served;
use super::{StepError, parameters};
use crate::measured::{Measured, Row, Span, SpanKind, Unit};
use crate::stage::Stage;
use crate::talk::{Client, pause};

/// Longest wait of a client for one reply. All clients before it have to finish first.
const PATIENCE: Duration = Duration::from_secs(10);
/// Time between the first requests of two clients.
const APART: Duration = Duration::from_millis(5);

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Parameters {
    /// The models, one after the other.
    models: Vec<String>,
    /// Number of clients.
    clients: usize,
    /// Requests of each client.
    requests: usize,
    /// Milliseconds between a reply and the next request.
    think: u64,
}

/// Carries it out: one lane a client of the first model, and one row for each other model with the wait of
/// its last client for the first reply.
///
/// # Errors
/// A server does not start, or the user stops it.
pub fn run(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let parameters: Parameters = parameters(table)?;
    let mut measured = Measured::default();
    for (index, model) in parameters.models.iter().enumerate() {
        (stage.progress)(
            &format!("{} clients of {model}", parameters.clients),
            index as f64 / parameters.models.len() as f64,
        );
        let server = Served::start(stage, &["serve", model])?;
        let lanes = lanes(stage, server.address, &parameters)?;
        if index == 0 {
            measured.rows.extend(lanes.into_iter().enumerate().map(row));
            continue;
        }
        let wait = lanes.last().map_or(0.0, |lane| first_wait(lane));
        let label = format!("{model}, last");
        let row = Row::new(label, Unit::Ms, vec![wait * 1e3]);
        measured.rows.push(row);
    }
    Ok(measured)
}

/// The row of a client, with its lane: the wait for the first reply.
fn row((client, spans): (usize, Vec<Span>)) -> Row {
    let wait = first_wait(&spans);
    Row {
        spans,
        ..Row::new(format!("client {}", client + 1), Unit::S, vec![wait])
    }
}

/// Seconds until the first reply.
fn first_wait(lane: &[Span]) -> f64 {
    lane.first().map_or(0.0, |span| span.to - span.from)
}

/// What each client did, client by client.
fn lanes(
    stage: &Stage,
    address: SocketAddr,
    parameters: &Parameters,
) -> Result<Vec<Vec<Span>>, StepError> {
    let began = Instant::now();
    thread::scope(|scope| {
        let clients: Vec<_> = (0..parameters.clients)
            .map(|number| {
                let stop = stage.stop;
                let start = began + APART * number as u32;
                scope.spawn(move || lane(stop, address, parameters, began, start))
            })
            .collect();
        let lanes = clients.into_iter().map(|client| {
            let lane = client.join();
            lane.unwrap_or_else(|_| Err(StepError::Process("a client panicked".to_owned())))
        });
        lanes.collect()
    })
}

/// What one client did.
fn lane(
    stop: &Stop,
    address: SocketAddr,
    parameters: &Parameters,
    began: Instant,
    start: Instant,
) -> Result<Vec<Span>, StepError> {
    pause(stop, start.saturating_duration_since(Instant::now()))?;
    let mut client = Client::connect(address, PATIENCE)?;
    let mut spans = Vec::new();
    for request in 0..parameters.requests {
        if request > 0 {
            let think = Duration::from_millis(parameters.think);
            spans.push(span(SpanKind::Idle, began, || pause(stop, think))?);
        }
        let kind = if request == 0 {
            SpanKind::Waits
        } else {
            SpanKind::Served
        };
        spans.push(span(kind, began, || {
            let reply = client.ask(stop, b"hello\n", PATIENCE)?;
            let late = || StepError::Process("a client got no reply for 10 s".to_owned());
            reply.map(|_| ()).ok_or_else(late)
        })?);
    }
    Ok(spans)
}

/// A part of a lane, with the times at which it began and ended.
fn span(
    kind: SpanKind,
    began: Instant,
    act: impl FnOnce() -> Result<(), StepError>,
) -> Result<Span, StepError> {
    let from = began.elapsed().as_secs_f64();
    act()?;
    let to = began.elapsed().as_secs_f64();
    Ok(Span { from, to, kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_of_a_client_is_its_wait_for_the_first_reply_with_its_whole_lane() {
        let span = |from, to, kind| Span { from, to, kind };
        let spans = vec![
            span(0.5, 2.0, SpanKind::Waits),
            span(2.0, 2.25, SpanKind::Idle),
            span(2.25, 2.5, SpanKind::Served),
        ];
        let row = row((1, spans.clone()));
        assert_eq!(
            (row.label.as_str(), row.values.as_slice()),
            ("client 2", &[1.5][..])
        );
        assert_eq!(row.spans, spans);
    }

    #[test]
    fn a_span_whose_request_fails_is_no_span() {
        let failed = span(SpanKind::Served, Instant::now(), || Err(StepError::Stopped));
        assert!(matches!(failed, Err(StepError::Stopped)));
        let served = span(SpanKind::Served, Instant::now(), || Ok(())).unwrap();
        assert!(served.to >= served.from && served.kind == SpanKind::Served);
    }
}
