//! What clients do in a trial: one step of a scenario, complete enough that anybody can offer the same.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Objective, names};
use crate::number::{counted, grouped, percent, significant};

/// What stands in a load file where the offered rate belongs: it is known only when the trial begins.
pub(super) const RATE: &str = "{rate}";

/// What clients do in a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Written")]
pub struct Load {
    /// The scenario that it is a step of, by name.
    pub scenario: String,
    /// Its place on the axis of its scenario: connections, idle clients, the offered rate as a share of the peak.
    pub step: f64,
    /// Clients that are connected at the same time, of all kinds.
    pub connections: usize,
    /// Those among them that ask and listen at once. The figures of a trial are theirs.
    pub active: usize,
    /// Bytes in a request; where they differ, in the longest.
    pub payload: usize,
    /// The language spoken: `echo` or `framed`.
    pub protocol: String,
    /// Requests a second of an open loop; absent in a closed loop, and where the rate is what is looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Who the clients are, as `echolab load --load FILE` reads it; absent where `--connections` and `--payload` say it all.
    /// `{rate}` in it stands for the offered rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clients: Option<String>,
    /// What must hold where the highest rate is looked for: then a trial is a whole search.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objective: Option<Objective>,
    /// Whether contenders are measured under it although they declare to serve fewer clients at once: those who wait are then
    /// part of the answer.
    pub beyond_capacity: bool,
}

/// Requests offered a second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rate {
    /// So many.
    Fixed(f64),
    /// This share of the peak, which a probe finds at the head of the run. It is the same for all contenders.
    OfPeak(f64),
}

impl Rate {
    /// Requests a second, with this peak; `None` where the peak is needed and not known.
    pub fn at(self, peak: Option<f64>) -> Option<f64> {
        match self {
            Self::Fixed(rate) => Some(rate),
            Self::OfPeak(share) => Some(share * peak?),
        }
    }
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

    /// Why this load cannot be asked in datagrams, if so: what `echolab load` says of it.
    pub fn not_in_datagrams(&self) -> Option<String> {
        let clients = self.clients.as_deref().unwrap_or_default();
        let mut load = match loadgen::Load::from_toml(&clients.replace(RATE, "1")) {
            Ok(load) => load,
            Err(error) => return Some(error.message),
        };
        if self.clients.is_none() {
            let class = load.first_mut();
            class.connections = self.connections.max(1);
            class.payload = loadgen::Sizes::Fixed(self.payload as u32);
        }
        load.target = loadgen::Target::Udp(([127, 0, 0, 1], 1).into());
        load.protocol = match self.protocol.parse() {
            Ok(protocol) => protocol,
            Err(error) => return Some(error),
        };
        load.check().err().map(|error| error.to_string())
    }

    /// This load with so many requests offered a second.
    #[must_use]
    pub fn offered(&self, rate: f64) -> Self {
        let clients = self.clients.as_ref();
        Self {
            rate: Some(Rate::Fixed(rate)),
            clients: clients.map(|text| text.replace(RATE, &rate.to_string())),
            ..self.clone()
        }
    }
}

/// A load as it stands in a file. The first schema knew closed loops of busy clients only, and left the rest unsaid.
#[derive(Deserialize, JsonSchema)]
struct Written {
    scenario: String,
    step: Option<f64>,
    connections: usize,
    active: Option<usize>,
    payload: usize,
    protocol: String,
    rate: Option<Rate>,
    clients: Option<String>,
    objective: Option<Objective>,
    beyond_capacity: Option<bool>,
}

impl From<Written> for Load {
    fn from(written: Written) -> Self {
        Self {
            step: written.step.unwrap_or(written.connections as f64),
            active: written.active.unwrap_or(written.connections),
            beyond_capacity: written.beyond_capacity.unwrap_or(true),
            scenario: written.scenario,
            connections: written.connections,
            payload: written.payload,
            protocol: written.protocol,
            rate: written.rate,
            clients: written.clients,
            objective: written.objective,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = r#"{"scenario":"ladder","connections":10,"payload":64,"protocol":"echo"}"#;

    #[test]
    fn a_load_of_the_first_schema_is_a_step_of_the_ladder() {
        let load: Load = serde_json::from_str(FIRST).unwrap();
        assert_eq!((load.step, load.active, load.rate), (10.0, 10, None));
        assert_eq!(load.label(), "10 connections");
        let again: Load = serde_json::from_str(&serde_json::to_string(&load).unwrap()).unwrap();
        assert_eq!(again, load);
    }

    #[test]
    fn what_needs_a_stream_cannot_be_asked_in_datagrams() {
        let plain: Load = serde_json::from_str(FIRST).unwrap();
        assert_eq!(plain.not_in_datagrams(), None);
        let large = Load {
            payload: 64 << 10,
            ..plain.clone()
        };
        let reason = large.not_in_datagrams().unwrap();
        assert!(
            reason.starts_with("65536 bytes do not fit into a datagram"),
            "{reason}"
        );
        let rate = Load {
            clients: Some("[[class]]\nconnections = 4\nrate = \"{rate}\"".into()),
            ..plain.clone()
        };
        assert_eq!(rate.not_in_datagrams(), None);
        let churn = Load {
            clients: Some("[[class]]\nconnections = 4\nbehaviour = \"short\"".into()),
            ..plain
        };
        let reason = churn.not_in_datagrams().unwrap();
        assert!(reason.contains("datagrams have no stream"), "{reason}");
    }

    #[test]
    fn the_rate_enters_the_file_when_the_peak_is_known() {
        let load = Load {
            rate: Some(Rate::OfPeak(0.5)),
            clients: Some("rate = \"{rate}\"".into()),
            ..serde_json::from_str(FIRST).unwrap()
        };
        assert_eq!(Rate::OfPeak(0.5).at(None), None);
        assert_eq!(Rate::OfPeak(0.5).at(Some(3e4)), Some(15e3));
        let offered = load.offered(15e3);
        assert_eq!(offered.clients.as_deref(), Some("rate = \"15000\""));
        assert_eq!(load.label(), "10 connections, 50 % of the peak");
    }
}
