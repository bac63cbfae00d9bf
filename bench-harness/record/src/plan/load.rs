//! The load of a trial: what the clients do at one step of a scenario, complete enough to be repeated with other tools.

use echo_protocol::Protocol;
use loadgen::{Http, limits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names;
use super::objective::Objective;
use super::rate::{Class, PlannedRate, Rate};
use super::server_options::ServerOptions;
use super::stored_load::StoredLoad;
use crate::number::{counted, grouped, percent, significant};

/// What the clients do in a trial.
///
/// `connections`, `active`, `payload` and `rate` summarise `class`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "StoredLoad")]
pub struct Load {
    /// The name of its scenario.
    pub scenario: String,
    /// Its value on the axis of its scenario, for example the number of connections or the share of the peak.
    pub step: f64,
    /// Number of clients that are connected at the same time, all classes together.
    pub connections: usize,
    /// Number of clients that send requests and read replies without delay. The figures of a trial are about them.
    pub active: usize,
    /// Bytes in a request; if sizes differ, in the longest.
    pub payload: usize,
    /// The protocol: `echo`, `framed` or `http`.
    #[serde(with = "loadgen::text")]
    #[schemars(with = "String")]
    pub protocol: Protocol,
    /// What the clients of HTTP ask for.
    #[serde(skip_serializing_if = "Http::is_default")]
    pub http: Http,
    /// Requests per second of an open loop; absent in a closed loop, and if a search finds the rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// The clients, class by class.
    #[serde(rename = "class")]
    pub classes: Vec<Class>,
    /// Number of clients whose first requests are recorded one by one.
    #[serde(skip_serializing_if = "is_zero")]
    pub timeline: usize,
    /// The objective of a search for the highest rate. The trial is then a whole search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objective: Option<Objective>,
    /// True if contenders are measured even if they declare to serve fewer clients at once. The waiting clients are then
    /// part of the answer.
    pub beyond_capacity: bool,
    /// Options of the server. An external server ignores them.
    #[serde(default, skip_serializing_if = "ServerOptions::is_default")]
    pub server: ServerOptions,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference to the field"
)]
const fn is_zero(n: &usize) -> bool {
    *n == 0
}

impl Load {
    /// Its name in headings: what the clients do, and the options of the server.
    pub fn label(&self) -> String {
        let mut parts = vec![self.label_of_clients()];
        parts.extend(self.server.labels());
        parts.join(", ")
    }

    /// Its clients: how many are connected, and how many requests each has in flight if that is more than one.
    pub fn clients(&self) -> String {
        let clients = counted(self.connections, "connection");
        let depths = self.depths();
        match depths.iter().max() {
            None | Some(1) => clients,
            Some(&depth) => {
                let bound = if self.is_closed() && depths.iter().all(|other| *other == depth) {
                    ""
                } else {
                    "up to "
                };
                let depth = grouped(depth as u64);
                format!("{clients}, {bound}{depth} requests in flight each")
            }
        }
    }

    /// The most requests that a client has in flight: the pipelining depth. It is 1 without pipelining.
    pub fn depth(&self) -> usize {
        self.depths().into_iter().max().unwrap_or(1)
    }

    /// Requests that busy clients have in flight, all together, at most.
    pub fn in_flight(&self) -> usize {
        let honest = self
            .classes
            .iter()
            .filter(|class| class.behaviour.is_honest());
        let in_flight = honest.map(|class| class.connections.saturating_mul(class.pipeline));
        in_flight.fold(0, usize::saturating_add)
    }

    /// The pipelining depth of each class that sends requests.
    fn depths(&self) -> Vec<usize> {
        let sends = |class: &&Class| class.behaviour.conversation != Some(0);
        let senders = self.classes.iter().filter(sends);
        senders.map(|class| class.pipeline).collect()
    }

    fn label_of_clients(&self) -> String {
        let clients = self.clients();
        match (self.rate, self.objective) {
            (_, Some(objective)) => format!("{clients}, {objective}"),
            (Some(Rate::OfPeak(share)), _) => format!("{clients}, {} of the peak", percent(share)),
            (Some(Rate::OfSlowest(share)), _) => {
                format!("{clients}, {} of what the slowest reaches", percent(share))
            }
            (Some(Rate::Fixed(rate)), _) => {
                format!("{clients}, {} requests/s", significant(rate))
            }
            _ if self.active < self.connections => {
                format!("{clients}, {} active", grouped(self.active as u64))
            }
            _ => clients,
        }
    }

    /// What a request is, as people say it: `64-byte echo`, `GET /64`.
    pub fn request(&self) -> String {
        match self.protocol {
            Protocol::Http => self.http.request_line(&self.payload.to_string()),
            Protocol::Echo | Protocol::Framed | Protocol::Line => {
                format!("{}-byte echo", self.payload)
            }
        }
    }

    /// True if it belongs to the probe, which only finds the peak.
    pub fn is_probe(&self) -> bool {
        self.scenario == names::PROBE
    }

    /// True if its rate in requests per second follows from the probe.
    pub fn needs_peak(&self) -> bool {
        let is_share = matches!(self.rate, Some(Rate::OfPeak(_) | Rate::OfSlowest(_)));
        self.objective.is_some() || is_share
    }

    /// True if it can be measured in the slices of a sitting. It cannot if starting or connecting is the question: each
    /// measurement then needs fresh processes.
    pub fn is_paired(&self) -> bool {
        let connects = |class: &Class| {
            let leaves = class
                .behaviour
                .conversation
                .is_some_and(|requests| requests > 0);
            class.connect_at.is_some() || leaves
        };
        !self.is_probe() && self.objective.is_none() && !self.classes.iter().any(connects)
    }

    /// True if all clients are offered the same requests per second, whatever the server reaches.
    pub const fn is_equal_rate(&self) -> bool {
        self.rate.is_some()
    }

    /// True if each client sends its next request when it has the reply, and nothing is searched.
    pub const fn is_closed(&self) -> bool {
        self.rate.is_none() && self.objective.is_none()
    }

    /// Number of clients that are connected and send nothing.
    pub fn silent(&self) -> usize {
        let is_silent = |class: &&Class| class.behaviour.conversation == Some(0);
        let silent = self.classes.iter().filter(is_silent);
        silent.map(|class| class.connections).sum()
    }

    /// True if some requests make the server work for a while.
    pub fn has_work(&self) -> bool {
        self.classes.iter().any(|class| class.work.is_some())
    }

    /// True if some clients connect during the measured window.
    pub fn connects_in_the_window(&self) -> bool {
        self.classes.iter().any(|class| class.connect_at.is_some())
    }

    /// The load for the generator, still without target, times and seed. `rate` replaces each rate that only the run finds.
    pub fn generated(&self, rate: f64) -> loadgen::Load {
        let class = |class: &Class| class.clone().map_rate(|planned| planned.resolve(rate));
        loadgen::Load {
            protocol: self.protocol,
            http: self.http.clone(),
            classes: self.classes.iter().map(class).collect(),
            timeline: self.timeline,
            ..loadgen::Load::default()
        }
    }

    /// The reason why clients cannot offer this load over UDP, in the words of `echolab load`; `None` if they can.
    pub fn datagram_obstacle(&self) -> Option<String> {
        let load = loadgen::Load {
            target: loadgen::Target::Udp(([127, 0, 0, 1], 1).into()),
            ..self.generated(1.0)
        };
        load.check().err().map(|error| error.to_string())
    }

    /// This load at the rate, in requests per second, that the run has found.
    #[must_use]
    pub fn at_rate(&self, rate: f64) -> Self {
        let resolve = |planned: PlannedRate| PlannedRate::Given(planned.resolve(rate));
        let class = |class: &Class| class.clone().map_rate(resolve);
        Self {
            rate: Some(Rate::Fixed(rate)),
            classes: self.classes.iter().map(class).collect(),
            ..self.clone()
        }
    }
}

impl Load {
    /// A number of this stored load that makes no sense, as a text; `None` if all do.
    pub(super) fn mistake(&self) -> Option<String> {
        let most = limits::CONNECTIONS;
        let mut classes = self.classes.iter().map(|class| class.connections);
        let all = classes.try_fold(0_usize, usize::checked_add);
        let too_many = |connections: usize| connections > most;
        if too_many(self.connections) || too_many(self.active) || all.is_none_or(too_many) {
            return Some(format!(
                "the load `{}` has more than {most} connections",
                self.label()
            ));
        }
        self.server.check().err()
    }
}

impl TryFrom<StoredLoad> for Load {
    type Error = String;

    fn try_from(stored: StoredLoad) -> Result<Self, String> {
        let clients = stored.clients()?;
        Ok(Self {
            step: stored.step.unwrap_or(stored.connections as f64),
            active: stored.active.unwrap_or(stored.connections),
            beyond_capacity: stored.beyond_capacity.unwrap_or(true),
            timeline: clients.timeline,
            classes: clients.class,
            scenario: stored.scenario,
            connections: stored.connections,
            payload: stored.payload,
            protocol: stored.protocol,
            http: stored.http,
            rate: stored.rate,
            objective: stored.objective,
            server: stored.server,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(class: &str) -> Load {
        let text = format!(
            r#"{{"scenario":"own","connections":4,"payload":64,"protocol":"echo","class":[{class}]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_load_survives_json() {
        let load =
            load(r#"{"name":"users","connections":4,"rate":"0.5 of peak","arrivals":"poisson"}"#);
        let again: Load = serde_json::from_str(&serde_json::to_string(&load).unwrap()).unwrap();
        assert_eq!(again, load);
    }

    #[test]
    fn the_label_tells_how_many_requests_each_client_has_in_flight() {
        let label = |class: &str| load(class).label();
        assert_eq!(label(r#"{"connections":4}"#), "4 connections");
        assert_eq!(
            label(r#"{"connections":4,"pipeline":16}"#),
            "4 connections, 16 requests in flight each"
        );
        let mixed = r#"{"connections":2,"pipeline":2000},{"connections":2}"#;
        assert_eq!(
            label(mixed),
            "4 connections, up to 2,000 requests in flight each"
        );
        let beside_silent =
            r#"{"connections":2,"pipeline":4},{"name":"idle","connections":2,"behaviour":"idle"}"#;
        assert_eq!(
            label(beside_silent),
            "4 connections, 4 requests in flight each"
        );
    }

    #[test]
    fn a_load_that_needs_a_stream_cannot_be_offered_over_udp() {
        assert_eq!(load(r#"{"connections":4}"#).datagram_obstacle(), None);
        let rate = load(r#"{"connections":4,"rate":"0.5 of peak"}"#);
        assert_eq!(rate.datagram_obstacle(), None);
        let large = load(r#"{"connections":4,"payload":"64KiB"}"#);
        let reason = large.datagram_obstacle().unwrap();
        assert!(reason.contains("65536"), "{reason}");
        let churn = load(r#"{"connections":4,"behaviour":"short"}"#);
        let reason = churn.datagram_obstacle().unwrap();
        assert!(reason.contains("stream"), "{reason}");
    }

    #[test]
    fn the_rate_that_the_run_finds_replaces_the_share_of_the_peak() {
        let load = Load {
            rate: Some(Rate::OfPeak(0.5)),
            ..load(r#"{"connections":4,"rate":"0.5 of peak"}"#)
        };
        assert_eq!(load.label(), "4 connections, 50 % of the peak");
        assert!(load.needs_peak());
        let offered = load.at_rate(15e3);
        assert_eq!(offered.rate, Some(Rate::Fixed(15e3)));
        assert_eq!(offered.generated(1.0).classes, load.generated(15e3).classes);
        assert!(!offered.needs_peak());
    }
}
