//! The load as an outcome repeats it, so that a stored outcome says what was requested.

use echo_protocol::Protocol;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::http::Http;
use crate::plan::load::Load;
use crate::request::work::WorkTimes;
use crate::timing::schedule::Schedule;

/// A summary of the load.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LoadSummary {
    /// `ADDR:PORT`, `udp:ADDR:PORT` or `unix:PATH`.
    pub target: String,
    /// `echo`, `framed` or `http`.
    #[serde(with = "crate::text")]
    #[schemars(with = "String")]
    pub protocol: Protocol,
    /// What the clients asked for; only of HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<Http>,
    /// Requested connections.
    pub connections: u64,
    /// Schedule of the first class, for example `closed` or `open, 20000 a second, poisson`. The next fields are those of
    /// the first class too; `Outcome::classes` has all classes.
    pub schedule: Schedule,
    /// Payload size or distribution, as on the command line: `64`, `uniform:16..1024`, `64:0.9,4096:0.1`.
    pub payload: String,
    /// Work that each request asks for, for example `spin:250us`; `none` without work.
    #[serde(with = "crate::text::or_none")]
    #[schemars(with = "String")]
    pub work: Option<WorkTimes>,
    /// Reply size in bytes, if different from the payload.
    pub reply_size: Option<u64>,
    /// Requests that a connection sends before it waits for the oldest reply.
    pub pipeline: u64,
    /// Longest duration of the measured window.
    pub duration_s: f64,
    /// Number of requests after which the run ends, if given.
    pub requests: Option<u64>,
    /// Warm-up: time of full load before the measured window.
    pub warmup_s: f64,
    /// Connects per second; `null` for as fast as the server accepts.
    pub connect_rate: Option<f64>,
    /// Connect timeout.
    pub connect_timeout_s: f64,
    /// Reply timeout; absent for a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_timeout_s: Option<f64>,
    /// How often a client opens its lost connection again.
    pub reconnects: u32,
    /// Worker threads per process.
    pub threads: u64,
    /// Generator processes.
    pub processes: u64,
    /// Seed of payloads and random times.
    pub seed: u64,
    /// True if every reply was compared byte for byte.
    pub verify: bool,
    /// True if workers spun instead of sleeping.
    pub busy: bool,
    /// Source addresses, requested or chosen because one has too few ports; empty if the system chose one.
    pub sources: Vec<String>,
}

impl LoadSummary {
    /// The summary of a load.
    pub fn of(load: &Load) -> Self {
        let first = &load.classes[0];
        let pipeline = first.pipeline as u64;
        Self {
            target: load.target.to_string(),
            protocol: load.protocol,
            http: (load.protocol == Protocol::Http).then(|| load.http.clone()),
            connections: load.connections() as u64,
            schedule: first.schedule.clone(),
            payload: first.payload.to_string(),
            work: first.work.clone(),
            reply_size: first.reply_size.map(u64::from),
            pipeline,
            duration_s: load.duration.as_secs_f64(),
            requests: load.requests,
            warmup_s: load.warmup.as_secs_f64(),
            connect_rate: first.connect_rate,
            connect_timeout_s: load.connect_timeout.as_secs_f64(),
            reply_timeout_s: (load.target.is_datagram())
                .then_some(load.reply_timeout.as_secs_f64()),
            reconnects: first.reconnects,
            threads: load.threads as u64,
            processes: load.process.1 as u64,
            seed: load.seed,
            verify: load.verify,
            busy: load.busy,
            sources: load.sources.iter().map(ToString::to_string).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_fields_are_stored_as_readable_text() {
        let mut load = Load::default();
        let json = |load: &Load| serde_json::to_value(LoadSummary::of(load)).unwrap();
        let plain = json(&load);
        assert_eq!(
            (&plain["protocol"], &plain["schedule"], &plain["work"]),
            (&"echo".into(), &"closed".into(), &"none".into())
        );
        let class = load.first_mut();
        class.schedule = Schedule::poisson(20e3);
        class.work = Some("spin:250us".parse().unwrap());
        let busy = json(&load);
        assert_eq!(busy["schedule"], "open, 20000 a second, poisson");
        assert_eq!(busy["work"], "spin:250us");
        let again: LoadSummary = serde_json::from_value(busy).unwrap();
        assert_eq!(again, LoadSummary::of(&load));
    }
}
