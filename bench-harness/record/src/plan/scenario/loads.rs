//! Makes the loads of a scenario: one per step, each checked by the generator.

use loadgen::{LoadError, Schedule};
use serde::Deserialize as _;
use toml::{Table, Value};

use super::Recipe;
use crate::number::significant;
use crate::plan::{Class, Load, PlanError, PlannedRate, Rate, ServerOptions};

/// The placeholder for the step in a class.
const STEP: &str = "{step}";

impl Recipe {
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
            connections: sum(classes.iter())?,
            active: sum(honest)?,
            payload: longest.max().unwrap_or(payload),
            protocol: self.protocol,
            http: self.http.clone(),
            rate,
            timeline: 0,
            objective: self.objective,
            beyond_capacity: self.beyond_capacity,
            classes,
            server: self.server_options(step)?,
        };
        check(&load)?;
        Ok(load)
    }

    /// The options of the server at this step.
    fn server_options(&self, step: f64) -> Result<ServerOptions, String> {
        let wrong = |reason| format!("[scenario.server]: {reason}");
        let options = ServerOptions::deserialize(at_step(&self.server, step));
        let options = options.map_err(|error| wrong(loadgen::explain(error.message())))?;
        options.check().map_err(wrong)?;
        Ok(options)
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
pub(super) const fn planned_rate(class: &Class) -> Option<&PlannedRate> {
    match &class.schedule {
        Schedule::Open { rate, .. } => Some(rate),
        Schedule::Closed { .. } => None,
    }
}

/// Checks that the generator accepts this load.
/// The number of clients of these classes.
fn sum<'a>(mut classes: impl Iterator<Item = &'a Class>) -> Result<usize, String> {
    let sum = classes.try_fold(0_usize, |sum, class| sum.checked_add(class.connections));
    sum.ok_or_else(|| LoadError::TooManyConnections.to_string())
}

fn check(load: &Load) -> Result<(), String> {
    let result = load.generated(1.0).check();
    result.map_err(|error| error.to_string())
}

/// The table of a class, or of the server, at this step. The text `{step}` becomes a number; within a longer text it becomes digits.
fn at_step(table: &Table, step: f64) -> Table {
    let number = |value: &Value| match value {
        Value::String(text) if text == STEP && step.fract() == 0.0 => Value::Integer(step as i64),
        Value::String(text) if text == STEP => Value::Float(step),
        Value::String(text) => Value::String(text.replace(STEP, &step.to_string())),
        other => other.clone(),
    };
    let pairs = table
        .iter()
        .map(|(key, value)| (key.clone(), number(value)));
    pairs.collect()
}
