//! Scenarios as data: a question, an axis, steps along it, and the clients of each step. The built-in ones are a file too.

use std::fs;
use std::path::Path;

use echo_protocol::Protocol;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::load::RATE;
use super::{Load, Objective, PlanError, Rate};
use crate::names::nearest;
use crate::number::significant;

/// The built-in scenarios, in the format of `--scenarios FILE`.
pub const BUILT_IN: &str = include_str!("builtin.toml");
/// The scenario that finds the peak, in the same format.
const PROBE_FILE: &str = include_str!("probe.toml");

/// Stands in a class for the step.
const STEP: &str = "{step}";
/// Stands behind a share in a rate.
const OF_PEAK: &str = " of peak";
/// Stands for a rate that is looked for.
const SEARCHED: &str = "searched";

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
    #[serde(default = "echo")]
    pub protocol: String,
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

fn echo() -> String {
    Protocol::Echo.name().to_owned()
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
            let text = load.clients.take().unwrap_or_default();
            let text = format!("timeline = {}\n{text}", self.timeline);
            checked(&text, &self.protocol).map_err(|reason| self.wrong(load.step, reason))?;
            load.clients = Some(text);
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
        let mut offered = Offered::default();
        let mut classes = Vec::new();
        for class in &self.class {
            let mut class = at_step(class, step);
            class
                .entry("payload")
                .or_insert(Value::Integer(payload as i64));
            if let Some(value) = class.get_mut("rate") {
                offered.understand(value)?;
            }
            if class.get("connections") != Some(&Value::Integer(0)) {
                classes.push(class);
            }
        }
        if classes.is_empty() {
            return Err("nobody connects; give a class connections from 1 on, or the ladder --connections 1".to_owned());
        }
        let plain = classes.iter().all(is_plain) && classes.len() == 1;
        let text = Table::from_iter([("class".to_owned(), Value::from(classes))]).to_string();
        let clients = checked(&text, &self.protocol)?;
        if self.objective.is_some() != offered.searched {
            return Err(
                "an objective and `rate = \"searched\"` belong together; write both or none"
                    .to_owned(),
            );
        }
        let honest = clients.iter().filter(|class| class.behaviour.is_honest());
        Ok(Load {
            scenario: self.name.clone(),
            step,
            connections: clients.iter().map(|class| class.connections).sum(),
            active: honest.map(|class| class.connections).sum(),
            payload: clients
                .iter()
                .map(|class| class.payload.largest() as usize)
                .max()
                .unwrap_or(payload),
            protocol: self.protocol.clone(),
            rate: offered.rate,
            clients: (!plain || self.timeline > 0).then_some(text),
            objective: self.objective,
            beyond_capacity: self.beyond_capacity,
        })
    }
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

/// What the classes of a step offer.
#[derive(Default)]
struct Offered {
    rate: Option<Rate>,
    searched: bool,
}

impl Offered {
    /// Notes the rate of a class; where it is known only later, a mark is put in its place.
    fn understand(&mut self, value: &mut Value) -> Result<(), String> {
        let text = match &*value {
            Value::String(text) => text.clone(),
            number => number.to_string(),
        };
        let share = text.strip_suffix(OF_PEAK);
        if share.is_none() && text != SEARCHED {
            self.rate = self.rate.or_else(|| text.parse().ok().map(Rate::Fixed));
            return Ok(());
        }
        if self.searched || matches!(self.rate, Some(Rate::OfPeak(_))) {
            return Err(
                "two classes have a rate that is found out; write a number in one".to_owned(),
            );
        }
        *value = Value::String(RATE.to_owned());
        let Some(share) = share else {
            (self.searched, self.rate) = (true, None);
            return Ok(());
        };
        let number = share.trim().parse().ok().filter(|share| *share > 0.0);
        let share = number
            .ok_or_else(|| format!("`{text}` is no rate; write for example \"0.5 of peak\""))?;
        self.rate = Some(Rate::OfPeak(share));
        Ok(())
    }
}

/// Whether `--connections` and `--payload` say all about it.
fn is_plain(class: &Table) -> bool {
    let said = ["name", "connections"];
    let number = |key: &str| key == "payload" && class[key].is_integer();
    class
        .keys()
        .all(|key| said.contains(&key.as_str()) || number(key))
}

/// The clients that the generator would make of it.
fn checked(text: &str, protocol: &str) -> Result<Vec<loadgen::Class>, String> {
    let read = loadgen::Load::from_toml(&text.replace(RATE, "1"));
    let mut load = read.map_err(|error| error.message)?;
    load.protocol = protocol.parse()?;
    load.check().map_err(|error| error.to_string())?;
    Ok(load.classes)
}

#[cfg(test)]
mod tests;
