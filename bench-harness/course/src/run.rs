//! Carries out the experiment of a lesson: its steps, one after the other, and what they give.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::Path;
use std::time::Instant;

use measure::cpus;
use measure::machine;
use measure::stop::Stop;
use record::pinning::Pinning;
use thiserror::Error;
use toml::{Table, Value};

use crate::catalogue::Lesson;
use crate::lesson::{Document, Need};
use crate::measured::Measured;
use crate::outcome::Outcome;
use crate::predict::Prediction;
use crate::stage::Stage;
use crate::step::{STEPS, StepError};

/// Longest label of a row.
const LABEL: usize = 30;
/// Most sentences that steps may add.
const NOTES: usize = 3;
/// The seed of payloads and orders: the same for everybody, so that a lesson can be repeated.
const SEED: u64 = 15;

/// An experiment has no result.
#[derive(Debug, Error)]
pub enum RunError {
    /// The user stopped it.
    #[error("stopped; a result of an earlier run is kept, and `echolab lesson {0}` begins again")]
    Stopped(String),
    /// A step failed.
    #[error("the lesson `{lesson}` has no result: {source}")]
    Step {
        /// The lesson.
        lesson: String,
        /// Why.
        source: StepError,
    },
    /// No step has a parameter of this name.
    #[error("`--set {key}=…`: no step has `{key}`; choose one of {known}")]
    UnknownKey {
        /// The parameter.
        key: String,
        /// The parameters that there are.
        known: String,
    },
    /// The rows break the rules.
    #[error("the lesson `{lesson}` has a mistake: {reason}; correct its step")]
    Rows {
        /// The lesson.
        lesson: String,
        /// What is wrong.
        reason: String,
    },
    /// There is no folder for files of the experiment.
    #[error("cannot make a folder for temporary files ({0}); free some space, or set TMPDIR")]
    Folder(std::io::Error),
}

/// How a lesson is run.
pub struct Setup<'a> {
    /// The program that steps start as server and as client.
    pub program: &'a Path,
    /// What the reader predicts.
    pub prediction: Option<Prediction>,
    /// Parameters that the reader changes.
    pub settings: &'a BTreeMap<String, String>,
    /// True to make the experiment as short as possible.
    pub short: bool,
    /// The user's wish to stop.
    pub stop: &'a Stop,
    /// Shows what is being done, and the share that is done (0 to 1).
    pub progress: &'a dyn Fn(&str, f64),
}

/// Runs a lesson. An experiment that this machine does not allow has an outcome too: not shown, with the reason.
///
/// # Errors
/// A setting names no parameter, a step fails, or the user stops it.
pub fn run(lesson: &Lesson, setup: &Setup) -> Result<Outcome, RunError> {
    let steps = with_settings(&lesson.document, setup.settings)?;
    let pinning = Pinning::halves(&cpus::allowed());
    let environment = machine::describe(pinning.clone(), env::args().collect());
    let begin = Instant::now();
    let mut measured = Measured::default();
    let done = experiment(lesson, &steps, setup, &pinning, &mut measured)?;
    let mut outcome = Outcome {
        schema: Outcome::SCHEMA,
        lesson: lesson.name.clone(),
        shown: false,
        reason: None,
        prediction: setup.prediction.clone(),
        right: None,
        answer: None,
        checks: Vec::new(),
        rows: measured.rows,
        notes: measured.notes,
        settings: setup.settings.clone(),
        short: setup.short,
        seconds: begin.elapsed().as_secs_f64(),
        environment,
    };
    outcome.judge(&lesson.document, done);
    Ok(outcome)
}

/// Checks that every setting names a parameter, before the reader is asked for a prediction.
///
/// # Errors
/// No step has the parameter.
pub fn check_settings(
    lesson: &Lesson,
    settings: &BTreeMap<String, String>,
) -> Result<(), RunError> {
    with_settings(&lesson.document, settings).map(|_| ())
}

/// The steps with the parameters that the reader changed.
fn with_settings(
    document: &Document,
    settings: &BTreeMap<String, String>,
) -> Result<Vec<Table>, RunError> {
    let mut steps = document.step.clone();
    for (key, text) in settings {
        let value = value(text);
        let changed = steps
            .iter_mut()
            .map(|step| change(step, key, &value))
            .sum::<usize>();
        if key == "do" || changed == 0 {
            return Err(RunError::UnknownKey {
                key: key.clone(),
                known: keys(&document.step)
                    .into_iter()
                    .collect::<Vec<_>>()
                    .join(", "),
            });
        }
    }
    Ok(steps)
}

/// Gives every parameter of this name a value, in the table and in the tables inside of it. Returns how many there are.
fn change(table: &mut Table, key: &str, value: &Value) -> usize {
    let mut changed = 0;
    for (name, old) in table.iter_mut() {
        if name == key {
            *old = value.clone();
            changed += 1;
        } else {
            changed += tables(old)
                .map(|table| change(table, key, value))
                .sum::<usize>();
        }
    }
    changed
}

/// The tables in a value: itself, or the members of a list.
fn tables(value: &mut Value) -> impl Iterator<Item = &mut Table> {
    let members = match value {
        Value::Array(members) => &mut members[..],
        other => std::slice::from_mut(other),
    };
    members.iter_mut().filter_map(Value::as_table_mut)
}

/// The names of all parameters.
fn keys(steps: &[Table]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for step in steps {
        for (name, value) in step {
            let mut value = value.clone();
            let inner: Vec<Table> = tables(&mut value).map(|table| table.clone()).collect();
            found.extend(keys(&inner));
            if inner.is_empty() && name != "do" {
                found.insert(name.clone());
            }
        }
    }
    found
}

/// A value as TOML has it, or else the text itself, so that a shell needs no quotes for a word.
fn value(text: &str) -> Value {
    let parsed: Option<Table> = toml::from_str(&format!("value = {text}")).ok();
    let parsed = parsed.and_then(|mut table| table.remove("value"));
    parsed.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Why the machine lacks what the lesson needs; `None` if it lacks nothing. A step that needs a namespace finds out itself.
fn unmet(needs: &[Need]) -> Option<String> {
    needs.iter().find_map(|need| match need {
        Need::TwoCpus if cpus::allowed().len() < 2 => Some(
            "this program may use only one CPU, and server and clients need one each; run it on a machine with two CPUs"
                .to_owned(),
        ),
        Need::Python if !is_on_path("python3") => Some(
            "`python3` is not on the path; install it, for example with `apt install python3`"
                .to_owned(),
        ),
        Need::TwoCpus | Need::Namespace | Need::Python => None,
    })
}

fn is_on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Carries out the steps; the inner error is the reason why this machine does not allow them.
fn experiment(
    lesson: &Lesson,
    steps: &[Table],
    setup: &Setup,
    pinning: &Pinning,
    measured: &mut Measured,
) -> Result<Result<(), String>, RunError> {
    if let Some(reason) = unmet(&lesson.document.needs) {
        return Ok(Err(reason));
    }
    match carry_out(lesson, steps, setup, pinning, measured) {
        Ok(()) => Ok(Ok(())),
        Err(RunError::Step {
            source: StepError::NotHere(reason),
            ..
        }) => Ok(Err(reason)),
        Err(error) => Err(error),
    }
}

fn carry_out(
    lesson: &Lesson,
    steps: &[Table],
    setup: &Setup,
    pinning: &Pinning,
    measured: &mut Measured,
) -> Result<(), RunError> {
    let folder = tempfile::Builder::new()
        .prefix("echolab-lesson-")
        .tempdir()
        .map_err(RunError::Folder)?;
    for (index, table) in steps.iter().enumerate() {
        let share = |within: f64| (index as f64 + within.clamp(0.0, 1.0)) / steps.len() as f64;
        let mut stage = Stage {
            program: setup.program,
            folder: folder.path(),
            server_cpus: pinning.server(),
            client_cpus: pinning.generator(),
            seed: SEED,
            short: setup.short,
            stop: setup.stop,
            progress: &|text, within| (setup.progress)(text, share(within)),
        };
        let result = step(table, &mut stage).map_err(|source| match source {
            StepError::Stopped => RunError::Stopped(lesson.name.clone()),
            // Ctrl-C reaches the processes of a step too, which then seem to fail.
            _ if setup.stop.is_requested() => RunError::Stopped(lesson.name.clone()),
            source => RunError::Step {
                lesson: lesson.name.clone(),
                source,
            },
        })?;
        measured.rows.extend(result.rows);
        measured.notes.extend(result.notes);
    }
    measured.notes.truncate(NOTES);
    check_rows(measured).map_err(|reason| RunError::Rows {
        lesson: lesson.name.clone(),
        reason,
    })
}

fn step(table: &Table, stage: &mut Stage) -> Result<Measured, StepError> {
    let name = table.get("do").and_then(Value::as_str).unwrap_or_default();
    let found = STEPS.iter().find(|(known, _)| *known == name);
    let (_, run) = found.ok_or_else(|| StepError::Mistake {
        step: name.to_owned(),
        reason: "there is no such step".to_owned(),
    })?;
    run(stage, table)
}

/// Labels are unique and short, and values are numbers.
fn check_rows(measured: &Measured) -> Result<(), String> {
    let mut labels = BTreeSet::new();
    for row in &measured.rows {
        let label = row.label.as_str();
        if !labels.insert(label) {
            return Err(format!("two rows have the label `{label}`"));
        }
        if label.is_empty() || label.chars().count() > LABEL {
            return Err(format!(
                "the label `{label}` has not 1 to {LABEL} characters"
            ));
        }
        if label.contains('/') || label.contains(" - ") {
            return Err(format!("the label `{label}` has an operator in it"));
        }
        if let Some(value) = row.values.iter().find(|value| !value.is_finite()) {
            return Err(format!("the row `{label}` has the value {value}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::lesson;
    use crate::measured::{Row, Unit};

    #[test]
    fn a_setting_replaces_the_parameter_of_every_step_that_has_it() {
        let document = lesson().document;
        let settings =
            |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
        let steps = with_settings(&document, &settings("rounds", "3")).unwrap();
        assert_eq!(steps[0]["rounds"], Value::Integer(3));
        let steps = with_settings(&document, &settings("rounds", "some words")).unwrap();
        assert_eq!(steps[0]["rounds"], Value::String("some words".to_owned()));
        let steps = with_settings(&document, &settings("rate", "[1, 2]")).unwrap();
        let rates = Value::Array(vec![Value::Integer(1), Value::Integer(2)]);
        assert_eq!(steps[0]["class"][0]["rate"], rates);
        for key in ["do", "connections"] {
            let error = with_settings(&document, &settings(key, "1"));
            let error = error.unwrap_err().to_string();
            assert!(error.ends_with("choose one of rate, rounds"), "{error}");
        }
    }

    #[test]
    fn rows_with_equal_labels_or_operators_are_a_mistake() {
        let rows = |labels: &[&str]| Measured {
            rows: labels
                .iter()
                .map(|label| Row::new(*label, Unit::Us, vec![1.0]))
                .collect(),
            notes: Vec::new(),
        };
        assert_eq!(check_rows(&rows(&["a", "b-c at 7"])), Ok(()));
        for (labels, mistake) in [
            (&["a", "a"][..], "two rows have the label `a`"),
            (&["a / b"], "the label `a / b` has an operator in it"),
            (&[""], "the label `` has not 1 to 30 characters"),
        ] {
            assert_eq!(check_rows(&rows(labels)), Err(mistake.to_owned()));
        }
    }
}
