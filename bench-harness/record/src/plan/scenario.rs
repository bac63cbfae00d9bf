//! Scenarios as data: a question, an axis, steps along it, and the clients at each step. The built-in ones are a file, too.

mod loads;

use std::fs;
use std::path::Path;

use echo_protocol::Protocol;
use loadgen::Http;
use serde::{Deserialize, Serialize};
use toml::Table;

use super::error::PlanError;
use super::objective::Objective;
use crate::nearest::nearest;

/// The built-in scenarios, in the format of `--scenarios FILE`.
pub const BUILT_IN: &str = include_str!("builtin.toml");
/// The scenario that finds the peak, in the same format.
const PROBE_FILE: &str = include_str!("probe.toml");

/// The part of a scenario that reports need.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// The question that it answers, in one sentence.
    pub question: String,
    /// The label of its axis, with the unit of the steps.
    pub axis: String,
    /// True if the axis is logarithmic.
    #[serde(default)]
    pub log: bool,
    /// True if the question is about response times. Reports then draw them over the steps.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waits: bool,
}

/// A scenario in the format of `--scenarios FILE`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recipe {
    /// Its name.
    pub name: String,
    /// The question that it answers, in one sentence.
    pub question: String,
    /// The label of its axis, with the unit of the steps.
    pub axis: String,
    /// True if the axis is logarithmic.
    #[serde(default)]
    pub log: bool,
    /// True if the question is about response times.
    #[serde(default)]
    pub waits: bool,
    /// Number of clients whose first requests are recorded one by one, at the first step with at least this many clients.
    #[serde(default)]
    pub timeline: usize,
    /// The values on the axis at which it is measured.
    pub steps: Vec<f64>,
    /// The steps of the quick profile; empty if it has the same steps.
    #[serde(default)]
    pub quick: Vec<f64>,
    /// The protocol.
    #[serde(default, with = "loadgen::text")]
    pub protocol: Protocol,
    /// What the clients of HTTP ask for.
    #[serde(default)]
    pub http: Http,
    /// The objective of a search for the highest rate.
    pub objective: Option<Objective>,
    /// True if contenders are measured even if they declare to serve fewer clients at once.
    #[serde(default)]
    pub beyond_capacity: bool,
    /// Classes of clients, as in a load file, with the placeholder `{step}`.
    pub class: Vec<Table>,
    /// Options of the server, with the placeholder `{step}`.
    #[serde(default)]
    pub server: Table,
}

/// A file of scenarios.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipes {
    #[serde(default)]
    scenario: Vec<Recipe>,
}

impl Recipe {
    /// All built-in scenarios.
    pub fn built_in() -> Vec<Self> {
        Self::parse("the built-in scenarios", BUILT_IN)
            .expect("the built-in scenarios are part of this program, and a test reads them")
    }

    /// The scenario that finds the peak at the start of a run.
    pub fn probe() -> Self {
        Self::parse("the probe", PROBE_FILE)
            .ok()
            .and_then(|mut probe| probe.pop())
            .expect("the probe is part of this program, and a test reads it")
    }

    /// The built-in scenario with this name.
    ///
    /// # Errors
    /// There is none. The error suggests the most similar name.
    pub fn named(name: &str) -> Result<Self, PlanError> {
        let all = Self::built_in();
        let names = || all.iter().map(|recipe| recipe.name.as_str());
        let unknown = || PlanError::Scenario {
            name: name.to_owned(),
            nearest: nearest(name, names()).map(str::to_owned),
            known: names().collect::<Vec<_>>().join(", "),
        };
        let found = all.iter().find(|recipe| recipe.name == name);
        found.cloned().ok_or_else(unknown)
    }

    /// The scenarios that the values of `--scenarios` name: `all`, the name of a built-in scenario, or the path of a file. A
    /// value with a dot or a slash is a path.
    ///
    /// # Errors
    /// A name is unknown, or a file cannot be read.
    pub fn select(values: &[String]) -> Result<Vec<Self>, PlanError> {
        let mut selected: Vec<Self> = Vec::new();
        for value in values.iter().map(|value| value.trim()) {
            let recipes = match value {
                "all" => Self::built_in(),
                path if path.contains(['.', '/']) => Self::read(Path::new(path))?,
                name => vec![Self::named(name)?],
            };
            for recipe in recipes {
                match selected.iter().find(|other| other.name == recipe.name) {
                    Some(other) if *other != recipe => {
                        return Err(PlanError::SameScenario(recipe.name));
                    }
                    Some(_) => {}
                    None => selected.push(recipe),
                }
            }
        }
        Ok(selected)
    }

    /// The scenarios of a file.
    ///
    /// # Errors
    /// It cannot be read, or has a mistake.
    pub fn read(path: &Path) -> Result<Vec<Self>, PlanError> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| PlanError::Unreadable {
            path: name.clone(),
            reason: error.to_string(),
        })?;
        Self::parse(&name, &text)
    }

    /// The scenarios in the text of a file, whose path is for error messages.
    ///
    /// # Errors
    /// The text has a mistake.
    pub fn parse(path: &str, text: &str) -> Result<Vec<Self>, PlanError> {
        let recipes: Recipes = toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start).min(text.len());
            PlanError::File {
                path: path.to_owned(),
                line: text.get(..offset).unwrap_or(text).matches('\n').count() + 1,
                message: error.message().to_owned(),
            }
        })?;
        Ok(recipes.scenario)
    }

    /// The same scenario over HTTP. A scenario that asks for work stays as it is, because HTTP carries none.
    #[must_use]
    pub fn over_http(mut self, http: &Http) -> Self {
        if self.protocol != Protocol::Framed {
            self.protocol = Protocol::Http;
            self.http = http.clone();
        }
        self
    }

    /// The part of it that reports need.
    pub fn scenario(&self) -> Scenario {
        Scenario {
            name: self.name.clone(),
            question: self.question.clone(),
            axis: self.axis.clone(),
            log: self.log,
            waits: self.waits,
        }
    }

    /// The same scenario with the steps of the quick profile.
    #[must_use]
    pub fn with_quick_steps(mut self) -> Self {
        if !self.quick.is_empty() {
            self.steps.clone_from(&self.quick);
        }
        self
    }
}

#[cfg(test)]
mod tests;
