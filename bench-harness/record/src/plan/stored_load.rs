//! Reads a load from the files of a run, including runs of older versions.
//!
//! The first schema of a plan had only closed loops of busy clients. The second held the clients as the TOML text of a load
//! file, with `{rate}` as the placeholder of a rate that only the run found.

use echo_protocol::Protocol;
use loadgen::{Http, Sizes};
use schemars::JsonSchema;
use serde::Deserialize;

use super::objective::Objective;
use super::rate::{Class, PlannedRate, Rate};
use super::server_options::ServerOptions;

/// The placeholder of the rate in the old text.
const RATE: &str = "{rate}";

/// A load in a file of any version.
#[derive(Deserialize, JsonSchema)]
pub(super) struct StoredLoad {
    pub(super) scenario: String,
    pub(super) step: Option<f64>,
    pub(super) connections: usize,
    pub(super) active: Option<usize>,
    pub(super) payload: usize,
    #[serde(with = "loadgen::text")]
    #[schemars(with = "String")]
    pub(super) protocol: Protocol,
    #[serde(default)]
    pub(super) http: Http,
    pub(super) rate: Option<Rate>,
    #[serde(default)]
    class: Vec<Class>,
    #[serde(default)]
    timeline: usize,
    /// The clients as the TOML text of the second schema.
    clients: Option<String>,
    pub(super) objective: Option<Objective>,
    pub(super) beyond_capacity: Option<bool>,
    #[serde(default)]
    pub(super) server: ServerOptions,
}

/// The clients of a load, in the form of a load file.
#[derive(Deserialize)]
pub(super) struct Clients {
    #[serde(default)]
    pub(super) timeline: usize,
    pub(super) class: Vec<Class>,
}

impl StoredLoad {
    /// The clients, from the fields of any version.
    pub(super) fn clients(&self) -> Result<Clients, String> {
        let mut clients = match &self.clients {
            Some(text) => toml::from_str(&text.replace(RATE, &self.rate_text())).map_err(|error| {
                let reason = error.message();
                format!("the clients of the load cannot be read ({reason}); measure again with this version")
            })?,
            None if self.class.is_empty() => Clients {
                timeline: self.timeline,
                class: vec![self.busy_clients()],
            },
            None => Clients {
                timeline: self.timeline,
                class: self.class.clone(),
            },
        };
        Class::give_names(&mut clients.class);
        Ok(clients)
    }

    /// The clients of the first schema, which stored only their number.
    fn busy_clients(&self) -> Class {
        let class = loadgen::Class {
            payload: Sizes::Fixed(self.payload as u32),
            ..loadgen::Class::of("clients", self.connections)
        };
        class.map_rate(PlannedRate::Given)
    }

    /// The text that replaces the placeholder of the rate.
    fn rate_text(&self) -> String {
        match (self.objective, self.rate) {
            (_, Some(Rate::Fixed(rate))) => rate.to_string(),
            (_, Some(Rate::OfPeak(share))) => format!("{share} of peak"),
            (_, Some(Rate::OfSlowest(share))) => format!("{share} of slowest"),
            (_, None) => "searched".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Load;

    fn read(text: &str) -> Load {
        serde_json::from_str(text).unwrap()
    }

    fn planned(load: &Load) -> Option<&PlannedRate> {
        match &load.classes[0].schedule {
            loadgen::Schedule::Open { rate, .. } => Some(rate),
            loadgen::Schedule::Closed { .. } => None,
        }
    }

    #[test]
    fn a_load_of_the_first_schema_is_a_step_of_the_ladder() {
        let load = read(r#"{"scenario":"ladder","connections":10,"payload":64,"protocol":"echo"}"#);
        assert_eq!((load.step, load.active, load.rate), (10.0, 10, None));
        assert_eq!(load.label(), "10 connections");
        assert!(load.server.is_default());
        assert_eq!((load.classes.len(), load.classes[0].connections), (1, 10));
    }

    #[test]
    fn the_clients_of_the_second_schema_become_classes() {
        let load = read(
            r#"{"scenario":"blocking","connections":20,"payload":64,"protocol":"framed",
            "clients":"timeline = 8\n[[class]]\nname = \"light\"\nconnections = 16\n[[class]]\nconnections = 4\nwork = \"sleep:5ms\""}"#,
        );
        let names: Vec<_> = load.classes.iter().map(|class| &*class.name).collect();
        assert_eq!((load.timeline, names), (8, vec!["light", "class 2"]));
        assert!(load.classes[1].work.is_some());
    }

    #[test]
    fn the_rate_of_the_second_schema_moves_into_the_class() {
        let stored = |rate: &str| {
            read(&format!(
                r#"{{"scenario":"rate","connections":4,"payload":64,"protocol":"echo","clients":"[[class]]\nrate = \"{{rate}}\"",{rate}}}"#
            ))
        };
        let share = stored(r#""rate":{"of-peak":0.5}"#);
        assert_eq!(planned(&share), Some(&PlannedRate::OfPeak(0.5)));
        let searched = stored(r#""objective":"p99<2ms""#);
        assert_eq!(planned(&searched), Some(&PlannedRate::Searched));
        let given = stored(r#""rate":{"fixed":15000.0}"#);
        assert_eq!(given.rate, Some(Rate::Fixed(15e3)));
        assert!(matches!(planned(&given), Some(PlannedRate::Given(_))));
    }

    #[test]
    fn the_error_about_unreadable_clients_says_what_to_do() {
        let text = r#"{"scenario":"a","connections":4,"payload":64,"protocol":"echo","clients":"[[class]]\nwings = 2"}"#;
        let error = serde_json::from_str::<Load>(text).unwrap_err().to_string();
        assert!(error.contains("measure again with this version"), "{error}");
    }
}
