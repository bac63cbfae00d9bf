//! Scenarios as data: a question, an axis, steps along it, and the clients of each step. The built-in ones are a file too.

use std::fs;
use std::path::Path;

use echo_protocol::Protocol;
use loadgen::Schedule;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::{Class, Load, Objective, PlanError, PlannedRate};
use crate::names::nearest;
use crate::number::significant;

/// The built-in scenarios, in the format of `--scenarios FILE`.
pub const BUILT_IN: &str = include_str!("builtin.toml");
/// The scenario that finds the peak, in the same format.
const PROBE_FILE: &str = include_str!("probe.toml");

/// Stands in a class for the step.
const STEP: &str = "{step}";

/// The names of the scenarios that the program itself treats in a special way.
pub mod names {
    /// Finds the peak at the head of a run.
    pub const PROBE: &str = "probe";
    /// More and more busy clients: the main scenario.
    pub const LADDER: &str = "ladder";
    /// Silent clients beside busy ones.
    pub const IDLE: &str = "idle";
    /// The search for the highest rate that meets an objective.
    pub const CAPACITY: &str = "capacity";
}

/// A scenario as reports describe it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it asks, in one sentence.
    pub question: String,
    /// What its steps are, with their unit.
    pub axis: String,
    /// Whether the axis is logarithmic.
    #[serde(default)]
    pub log: bool,
    /// Whether it asks how long requests wait, so that this is drawn over its steps.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waits: bool,
}

/// A scenario as it is written down.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Recipe {
    /// Its name.
    pub name: String,
    /// What it asks, in one sentence.
    pub question: String,
    /// What its steps are, with their unit.
    pub axis: String,
    /// Whether the axis is logarithmic.
    #[serde(default)]
    pub log: bool,
    /// Whether it asks how long requests wait.
    #[serde(default)]
    pub waits: bool,
    /// Of how many clients the first requests are noted one by one: at the first step that has so many.
    #[serde(default)]
    pub timeline: usize,
    /// The places on the axis at which it is measured.
    pub steps: Vec<f64>,
    /// Those of the quick profile, where they are fewer.
    #[serde(default)]
    pub quick: Vec<f64>,
    /// The language spoken.
    #[serde(default, with = "loadgen::text")]
    pub protocol: Protocol,
    /// What must hold where the highest rate is looked for.
    pub objective: Option<Objective>,
    /// Whether contenders are measured beyond what they declare to serve at once.
    #[serde(default)]
    pub beyond_capacity: bool,
    /// Classes of clients, as in a load file, with `{step}` for the step.
    pub class: Vec<Table>,
}

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
            .expect("the built-in scenarios are a part of this program, and a test reads them")
    }

    /// What finds the peak at the head of a run.
    pub fn probe() -> Self {
        Self::parse("the probe", PROBE_FILE)
            .ok()
            .and_then(|mut probe| probe.pop())
            .expect("the probe is a part of this program, and a test reads it")
    }

    /// The built-in scenario of that name.
    ///
    /// # Errors
    /// There is none; the error suggests the nearest.
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

    /// Built-in scenarios by name, `all` of them, or those of a file: a word with a dot or a slash in it is a path.
    ///
    /// # Errors
    /// A name is unknown, or a file is not understood.
    pub fn chosen(words: &[String]) -> Result<Vec<Self>, PlanError> {
        let mut chosen: Vec<Self> = Vec::new();
        for word in words.iter().map(|word| word.trim()) {
            let more = match word {
                "all" => Self::built_in(),
                path if path.contains(['.', '/']) => Self::read(Path::new(path))?,
                name => vec![Self::named(name)?],
            };
            for recipe in more {
                match chosen.iter().find(|other| other.name == recipe.name) {
                    Some(same) if *same != recipe => {
                        return Err(PlanError::SameScenario(recipe.name));
                    }
                    Some(_) => {}
                    None => chosen.push(recipe),
                }
            }
        }
        Ok(chosen)
    }

    /// The scenarios of a file.
    ///
    /// # Errors
    /// It cannot be read or is not understood.
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
            let at = error.span().map_or(0, |span| span.start).min(text.len());
            PlanError::File {
                path: path.to_owned(),
                line: text.get(..at).unwrap_or(text).matches('\n').count() + 1,
                message: error.message().to_owned(),
            }
        })?;
        Ok(recipes.scenario)
    }

    /// How reports describe it.
    pub fn described(&self) -> Scenario {
        Scenario {
            name: self.name.clone(),
            question: self.question.clone(),
            axis: self.axis.clone(),
            log: self.log,
            waits: self.waits,
        }
    }

    /// With the steps of the quick profile.
    #[must_use]
    pub fn quickly(mut self) -> Self {
        if !self.quick.is_empty() {
            self.steps.clone_from(&self.quick);
        }
        self
    }

    /// One load for each step; `payload` bytes where a class says nothing else.
    ///
    /// # Errors
    /// A step is no load: `echolab load` would refuse it.
    pub fn loads(&self, payload: usize) -> Result<Vec<Load>, PlanError> {
        if self.steps.is_empty() {
            return Err(self.wrong(
                f64::NAN,
                "it has no steps; write for example steps = [1, 10]",
            ));
        }
        let load = |&step: &f64| {
            self.load(step, payload)
                .map_err(|reason| self.wrong(step, reason))
        };
        let mut loads = self.steps.iter().map(load).collect::<Result<Vec<_>, _>>()?;
        let noted = |load: &&mut Load| self.timeline > 0 && load.active >= self.timeline;
        if let Some(load) = loads.iter_mut().find(noted) {
            load.timeline = self.timeline;
            checked(load).map_err(|reason| self.wrong(load.step, reason))?;
        }
        Ok(loads)
    }

    fn wrong(&self, step: f64, reason: impl Into<String>) -> PlanError {
        PlanError::Step {
            scenario: self.name.clone(),
            step: significant(step),
            reason: reason.into(),
        }
    }

    fn load(&self, step: f64, payload: usize) -> Result<Load, String> {
        let mut classes = self.classes(step, payload)?;
        match &mut classes[..] {
            [] => return Err("nobody connects; give a class connections from 1 on, or the ladder --connections 1".to_owned()),
            [only] if only.name.is_empty() => "clients".clone_into(&mut only.name),
            all => Class::give_names(all),
        }
        let rates: Vec<_> = classes.iter().filter_map(planned_rate).collect();
        if rates
            .iter()
            .filter(|rate| rate.is_found_by_the_run())
            .count()
            > 1
        {
            return Err(
                "two classes have a rate that is found out; write a number in one".to_owned(),
            );
        }
        if self.objective.is_some() != rates.contains(&&PlannedRate::Searched) {
            return Err(
                "an objective and `rate = \"searched\"` belong together; write both or none"
                    .to_owned(),
            );
        }
        let found = rates.iter().find(|rate| rate.is_found_by_the_run());
        let rate = found.or(rates.first()).and_then(|rate| rate.shown());
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
        checked(&load)?;
        Ok(load)
    }

    /// The classes of this step; one without clients is left out.
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

/// Asks the generator whether it would take this load.
fn checked(load: &Load) -> Result<(), String> {
    let checked = load.generated(1.0).check();
    checked.map_err(|error| error.to_string())
}

/// A class at this step: `{step}` alone becomes a number, within a text its digits.
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
