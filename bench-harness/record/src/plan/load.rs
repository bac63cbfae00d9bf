//! What clients do in a trial: one step of a scenario, complete, so that anyone can offer the same load.

use echo_protocol::Protocol;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::stored_load::StoredLoad;
use super::{Objective, PlannedRate, Rate, names};
use crate::number::{counted, grouped, percent, significant};

/// A class of clients whose rate may be known only when the trial begins.
pub type Class = loadgen::Class<PlannedRate>;

/// What clients do in a trial.
///
/// `connections`, `active`, `payload` and `rate` say in short what `class` says in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "StoredLoad")]
pub struct Load {
    /// The name of the scenario that it is a step of.
    pub scenario: String,
    /// Its place on the axis of its scenario: connections, idle clients, the offered rate as a share of the peak.
    pub step: f64,
    /// Number of clients that are connected at the same time, of all kinds.
    pub connections: usize,
    /// Number of clients that ask and listen at once. The figures of a trial are theirs.
    pub active: usize,
    /// Bytes in a request; if sizes differ, in the longest.
    pub payload: usize,
    /// The protocol spoken: `echo` or `framed`.
    #[serde(with = "loadgen::text")]
    #[schemars(with = "String")]
    pub protocol: Protocol,
    /// Requests per second of an open loop; absent in a closed loop, and where a search looks for the rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// The clients, class by class.
    #[serde(rename = "class")]
    pub classes: Vec<Class>,
    /// Number of clients whose first requests are recorded one by one.
    #[serde(skip_serializing_if = "is_zero")]
    pub timeline: usize,
    /// The objective where the highest rate is searched; a trial is then a whole search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objective: Option<Objective>,
    /// True if contenders are measured under it although they declare to serve fewer clients at once: the clients that wait
    /// are then part of the answer.
    pub beyond_capacity: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference to the field"
)]
const fn is_zero(n: &usize) -> bool {
    *n == 0
}

impl Load {
    /// What a heading calls it.
    pub fn label(&self) -> String {
        let clients = counted(self.connections, "connection");
        match (self.rate, self.objective) {
            (_, Some(objective)) => format!("{clients}, {objective}"),
            (Some(Rate::OfPeak(share)), _) => format!("{clients}, {} of the peak", percent(share)),
            (Some(Rate::Fixed(rate)), _) => {
                format!("{clients}, {} requests/s", significant(rate))
            }
            _ if self.active < self.connections => {
                format!("{clients}, {} active", grouped(self.active as u64))
            }
            _ => clients,
        }
    }

    /// True if it only finds the peak.
    pub fn is_probe(&self) -> bool {
        self.scenario == names::PROBE
    }

    /// Whether it cannot be laid out in requests a second before the peak is known.
    pub fn needs_peak(&self) -> bool {
        self.objective.is_some() || matches!(self.rate, Some(Rate::OfPeak(_)))
    }

    /// True if some clients connect while the server is being measured.
    pub fn connects_in_the_window(&self) -> bool {
        self.classes.iter().any(|class| class.connect_at.is_some())
    }

    /// The load that the generator is given, without target, times and seed: `rate` in the place of each rate that only the
    /// run knows.
    pub fn generated(&self, rate: f64) -> loadgen::Load {
        let class = |class: &Class| class.clone().map_rate(|planned| planned.when_found(rate));
        loadgen::Load {
            protocol: self.protocol,
            classes: self.classes.iter().map(class).collect(),
            timeline: self.timeline,
            ..loadgen::Load::default()
        }
    }

    /// Why this load cannot be put on a server of datagrams, in the words of `echolab load`; `None` if it can.
    pub fn not_in_datagrams(&self) -> Option<String> {
        let load = loadgen::Load {
            target: loadgen::Target::Udp(([127, 0, 0, 1], 1).into()),
            ..self.generated(1.0)
        };
        load.check().err().map(|error| error.to_string())
    }

    /// This load at a rate, in requests per second, that the run has found.
    #[must_use]
    pub fn offered(&self, rate: f64) -> Self {
        let given = |planned: PlannedRate| PlannedRate::Given(planned.when_found(rate));
        let class = |class: &Class| class.clone().map_rate(given);
        Self {
            rate: Some(Rate::Fixed(rate)),
            classes: self.classes.iter().map(class).collect(),
            ..self.clone()
        }
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
    fn what_needs_a_stream_cannot_be_asked_in_datagrams() {
        assert_eq!(load(r#"{"connections":4}"#).not_in_datagrams(), None);
        let rate = load(r#"{"connections":4,"rate":"0.5 of peak"}"#);
        assert_eq!(rate.not_in_datagrams(), None);
        let large = load(r#"{"connections":4,"payload":"64KiB"}"#);
        let reason = large.not_in_datagrams().unwrap();
        assert!(reason.contains("65536"), "{reason}");
        let churn = load(r#"{"connections":4,"behaviour":"short"}"#);
        let reason = churn.not_in_datagrams().unwrap();
        assert!(reason.contains("stream"), "{reason}");
    }

    #[test]
    fn a_found_rate_takes_the_place_of_a_share() {
        let load = Load {
            rate: Some(Rate::OfPeak(0.5)),
            ..load(r#"{"connections":4,"rate":"0.5 of peak"}"#)
        };
        assert_eq!(load.label(), "4 connections, 50 % of the peak");
        assert!(load.needs_peak());
        let offered = load.offered(15e3);
        assert_eq!(offered.rate, Some(Rate::Fixed(15e3)));
        assert_eq!(offered.generated(1.0).classes, load.generated(15e3).classes);
        assert!(!offered.needs_peak());
    }
}
