//! Scenarios as data: a question, an axis, steps along it, and the clients at each step. The built-in ones are a file, too.

use std::fs;
use std::path::Path;

use echo_protocol::Protocol;
use loadgen::Schedule;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::{Class, Load, Objective, PlanError, PlannedRate, Rate};
use crate::names::nearest;
use crate::number::significant;

/// The built-in scenarios, in the format of `--scenarios FILE`.
pub const BUILT_IN: &str = include_str!("builtin.toml");
/// The scenario that finds the peak, in the same format.
const PROBE_FILE: &str = include_str!("probe.toml");

/// The placeholder for the step in a class.
const STEP: &str = "{step}";

/// The names of the scenarios that the program handles in a special way.
pub mod names {
    /// The probe: it finds the peak at the start of a run.
    pub const PROBE: &str = "probe";
    /// The main scenario: more and more busy clients.
    pub const LADDER: &str = "ladder";
    /// Silent clients beside busy ones.
    pub const IDLE: &str = "idle";
    /// A search for the highest rate that meets an objective.
    pub const CAPACITY: &str = "capacity";
}

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
    /// The objective of a search for the highest rate.
    pub objective: Option<Objective>,
    /// True if contenders are measured even if they declare to serve fewer clients at once.
    #[serde(default)]
    pub beyond_capacity: bool,
    /// Classes of clients, as in a load file, with the placeholder `{step}`.
    pub class: Vec<Table>,
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

    fn parse(path: &str, text: &str) -> Result<Vec<Self>, PlanError> {
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

    /// One load per step. `payload` is the number of bytes in a request, unless a class sets its own size.
    ///
    /// # Errors
    /// `echolab load` would refuse the load of a step.
    pub fn loads(&self, payload: usize) -> Result<Vec<Load>, PlanError> {
        if self.steps.is_empty() {
            return Err(self.error_at(
                f64::NAN,
                "it has no steps; write for example steps = [1, 10]",
            ));
        }
        let load = |&step: &f64| {
            self.load(step, payload)
                .map_err(|reason| self.error_at(step, reason))
        };
        let mut loads = self.steps.iter().map(load).collect::<Result<Vec<_>, _>>()?;
        let has_timeline = |load: &&mut Load| self.timeline > 0 && load.active >= self.timeline;
        if let Some(load) = loads.iter_mut().find(has_timeline) {
            load.timeline = self.timeline;
            check(load).map_err(|reason| self.error_at(load.step, reason))?;
        }
        Ok(loads)
    }

    fn error_at(&self, step: f64, reason: impl Into<String>) -> PlanError {
        PlanError::Step {
            scenario: self.name.clone(),
            step: significant(step),
            reason: reason.into(),
        }
    }

    fn load(&self, step: f64, payload: usize) -> Result<Load, String> {
        let mut classes = self.classes(step, payload)?;
        match &mut classes[..] {
            [] => {
                return Err("there are no clients; set the connections of a class to at least 1, or give the ladder --connections 1".to_owned());
            }
            [only] if only.name.is_empty() => "clients".clone_into(&mut only.name),
            all => Class::give_names(all),
        }
        let rate = self.rate(&classes)?;
        let honest = classes.iter().filter(|class| class.behaviour.is_honest());
        let longest = classes.iter().map(|class| class.payload.largest() as usize);
        let load = Load {
            scenario: self.name.clone(),
            step,
            connections: classes.iter().map(|class| class.connections).sum(),
            active: honest.map(|class| class.connections).sum(),
            payload: longest.max().unwrap_or(payload),
            protocol: self.protocol,
            rate,
            timeline: 0,
            objective: self.objective,
            beyond_capacity: self.beyond_capacity,
            classes,
        };
        check(&load)?;
        Ok(load)
    }

    /// The rate for reports: the one that the run finds, else the one of the first open loop.
    fn rate(&self, classes: &[Class]) -> Result<Option<Rate>, String> {
        let rates: Vec<_> = classes.iter().filter_map(planned_rate).collect();
        let mut found = rates.iter().filter(|rate| rate.is_found_by_the_run());
        let rate = found.next().or(rates.first());
        if found.next().is_some() {
            return Err(
                "only one class may have a rate that the run finds; write a number in the others"
                    .to_owned(),
            );
        }
        if self.objective.is_some() != rates.contains(&&PlannedRate::Searched) {
            return Err(
                "an objective and `rate = \"searched\"` belong together; write both or neither"
                    .to_owned(),
            );
        }
        Ok(rate.and_then(|rate| rate.report_rate()))
    }

    /// The classes of this step, without those that have no clients.
    fn classes(&self, step: f64, payload: usize) -> Result<Vec<Class>, String> {
        let mut classes = Vec::new();
        for table in &self.class {
            let mut table = at_step(table, step);
            table
                .entry("payload")
                .or_insert(Value::Integer(payload as i64));
            let class = Class::deserialize(table);
            let class = class.map_err(|error| loadgen::explain(error.message()))?;
            if class.connections > 0 {
                classes.push(class);
            }
        }
        Ok(classes)
    }
}

/// The rate of a class with an open loop.
const fn planned_rate(class: &Class) -> Option<&PlannedRate> {
    match &class.schedule {
        Schedule::Open { rate, .. } => Some(rate),
        Schedule::Closed { .. } => None,
    }
}

/// Checks that the generator accepts this load.
fn check(load: &Load) -> Result<(), String> {
    let result = load.generated(1.0).check();
    result.map_err(|error| error.to_string())
}

/// The class at this step. The text `{step}` becomes a number; within a longer text it becomes digits.
fn at_step(class: &Table, step: f64) -> Table {
    let number = |value: &Value| match value {
        Value::String(text) if text == STEP && step.fract() == 0.0 => Value::Integer(step as i64),
        Value::String(text) if text == STEP => Value::Float(step),
        Value::String(text) => Value::String(text.replace(STEP, &step.to_string())),
        other => other.clone(),
    };
    let pairs = class
        .iter()
        .map(|(key, value)| (key.clone(), number(value)));
    pairs.collect()
}

#[cfg(test)]
mod tests;
