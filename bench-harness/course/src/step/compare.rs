//! The step `compare`: two to four models under the same load, in turns, each slice beside one of the first model.
//!
//! | key | meaning |
//! |---|---|
//! | `models` | the models; the first is the baseline |
//! | `metric` | a figure by its name in a run's data (`cpu`, `throughput`, `response_p99`, `whole_memory`, …), or a list of them |
//! | `rounds` | number of rounds in a sitting |
//! | `sittings` | number of starts of fresh servers at each step (1) |
//! | `steps` | values for the placeholder `{step}`; each gives rows of its own |
//! | `protocol`, `payload` | as in a scenario |
//! | `class` | classes of clients, in the format of a scenario |
//! | `server` | options of the server, such as `{ workers = 4 }`, in the format of a scenario |
//! | any other key | a value for a placeholder of that name, such as `rate = 20000` for `{rate}`, so that `--set` can change it |
//!
//! A row has one value a round where the figure is known for a slice, and else one value a sitting.

mod rows;

use analysis::Metric;
use echo_protocol::Protocol;
use loadgen::Http;
use measure::sitting::{Log, Sitting};
use measure::trial::{Processes, Runner as _};
use record::pinning::Pinning;
use record::plan::{Contender, Family, Plan, PlanOptions, Recipe, Timing};
use record::sample::Sample;
use record::slice::Slice;
use record::store::StoreError;
use serde::Deserialize;
use toml::{Table, Value};

use super::{StepError, parameters};
use crate::measured::Measured;
use crate::stage::Stage;
use rows::Rows;

/// Rounds of a shortened experiment.
const SHORT_ROUNDS: usize = 2;
/// Bytes in a request, unless the lesson says otherwise.
const PAYLOAD: usize = 64;
/// Number of processes and threads that servers of a lesson may need. A lesson asks for far fewer than a system allows.
const TASKS: usize = 16_000;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Parameters {
    models: Vec<String>,
    metric: OneOrMore,
    rounds: usize,
    #[serde(default = "one_sitting")]
    sittings: usize,
    #[serde(default = "one_step")]
    steps: Vec<f64>,
    #[serde(default, with = "loadgen::text")]
    protocol: Protocol,
    #[serde(default = "usual_payload")]
    payload: usize,
    class: Vec<Table>,
    #[serde(default)]
    server: Table,
    #[serde(flatten)]
    values: Table,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

fn one_step() -> Vec<f64> {
    vec![1.0]
}

const fn one_sitting() -> usize {
    1
}

const fn usual_payload() -> usize {
    PAYLOAD
}

/// Carries it out.
///
/// # Errors
/// The load is impossible, a server or a generator fails, or the user stops it.
pub fn run(stage: &mut Stage, table: &Table) -> Result<Measured, StepError> {
    let parameters: Parameters = parameters(table)?;
    let metrics = metrics(&parameters.metric)?;
    let plan = plan(stage, &parameters)?;
    let mut processes = Processes {
        program: stage.program.to_path_buf(),
        pinning: pinning(stage),
        stderr: stage.folder.to_path_buf(),
        stop: stage.stop.clone(),
    };
    let mut log = InMemory {
        slices: Vec::new(),
        progress: stage.progress,
        expected: plan
            .sittings
            .iter()
            .map(record::plan::Sitting::slices)
            .sum(),
    };
    let mut samples = Vec::new();
    for number in 0..plan.sittings.len() {
        samples.extend(sit(&plan, number, &mut processes, &mut log)?);
    }
    let rows = Rows {
        plan: &plan,
        slices: &log.slices,
        samples: &samples,
        several_steps: parameters.steps.len() > 1,
        several_metrics: metrics.len() > 1,
    };
    rows.measured(&parameters.models, &metrics)
}

/// Carries out one sitting.
fn sit(
    plan: &Plan,
    number: usize,
    processes: &mut Processes,
    log: &mut InMemory,
) -> Result<Vec<Sample>, StepError> {
    let sitting = Sitting {
        plan,
        number,
        rounds: (0..plan.sittings[number].rounds).collect(),
        start: 0,
        probed: None,
    };
    let samples = processes.sit(&sitting, log);
    let samples = samples.map_err(|error| StepError::Process(error.to_string()))?;
    if samples.is_empty() {
        return Err(StepError::Stopped);
    }
    let failed = samples.iter().find_map(|sample| {
        let failure = sample.failure.as_ref()?;
        Some(format!("`{}`: {}", sample.contender, failure.reason))
    });
    failed.map_or(Ok(samples), |reason| Err(StepError::Process(reason)))
}

/// The metrics with these names.
fn metrics(names: &OneOrMore) -> Result<Vec<Metric>, StepError> {
    let names = match names {
        OneOrMore::One(name) => std::slice::from_ref(name),
        OneOrMore::More(names) => names,
    };
    let metric = |name: &String| {
        Metric::named(name).ok_or_else(|| {
            let known: Vec<&str> = Metric::ALL.iter().map(|metric| metric.name()).collect();
            mistake(format!(
                "no metric is called `{name}`; there are {}",
                known.join(", ")
            ))
        })
    };
    names.iter().map(metric).collect()
}

/// The plan of the experiment: every model beside the first one, at every step.
fn plan(stage: &Stage, parameters: &Parameters) -> Result<Plan, StepError> {
    let contender = |name: &String| Contender {
        datagrams: name.starts_with("udp-"),
        ..Contender::new(name, Family::Readiness)
    };
    let contenders: Vec<Contender> = parameters.models.iter().map(contender).collect();
    let baseline = parameters.models.first().cloned();
    let options = PlanOptions {
        scenarios: vec![recipe(parameters)?],
        payload: parameters.payload,
        blocks: if stage.short { 1 } else { parameters.sittings },
        rounds: Some(if stage.short {
            parameters.rounds.min(SHORT_ROUNDS)
        } else {
            parameters.rounds
        }),
        tasks: TASKS,
        zone: Plan::USUAL_ZONE,
        least_blocks: None,
        seed: stage.seed,
        timing: Timing {
            gate_s: 0.05,
            gate_limit_s: 0.5,
            warm_up_s: 0.2,
            duration_s: 0.2,
            slice_s: 0.05,
        },
        repeats: 0,
        twin: contenders.len() == 1,
        baseline,
        reference: None,
    };
    Plan::new(contenders, &options).map_err(|error| mistake(error.to_string()))
}

fn recipe(parameters: &Parameters) -> Result<Recipe, StepError> {
    let class = parameters.class.iter();
    Ok(Recipe {
        name: "lesson".to_owned(),
        question: "What does the lesson ask?".to_owned(),
        axis: "step".to_owned(),
        log: false,
        waits: false,
        timeline: 0,
        steps: parameters.steps.clone(),
        quick: Vec::new(),
        protocol: parameters.protocol,
        http: Http::default(),
        objective: None,
        beyond_capacity: true,
        class: class
            .map(|class| filled_in(class, &parameters.values))
            .collect::<Result<_, _>>()?,
        server: filled_in(&parameters.server, &parameters.values)?,
    })
}

/// A class, or the options of the server, with the values of its placeholders, all but `{step}`.
fn filled_in(class: &Table, values: &Table) -> Result<Table, StepError> {
    let fill = |(key, value): (&String, &Value)| {
        let Value::String(text) = value else {
            return Ok((key.clone(), value.clone()));
        };
        let whole = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'));
        if let Some(value) = whole.and_then(|name| values.get(name)) {
            return Ok((key.clone(), value.clone()));
        }
        let mut text = text.clone();
        for (name, value) in values {
            text = text.replace(&format!("{{{name}}}"), &plain(value));
        }
        let is_open = text.replace("{step}", "").contains('{');
        if is_open {
            return Err(mistake(format!(
                "`{key} = \"{text}\"` has a placeholder without a value"
            )));
        }
        Ok((key.clone(), Value::String(text)))
    };
    class.iter().map(fill).collect()
}

/// A value as it stands within a longer text: a string without its quotes.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn pinning(stage: &Stage) -> Pinning {
    match (stage.server_cpus, stage.client_cpus) {
        (Some(server), Some(generator)) => Pinning::Disjoint {
            server: server.to_vec(),
            generator: generator.to_vec(),
        },
        _ => Pinning::Off,
    }
}

fn mistake(reason: String) -> StepError {
    StepError::Mistake {
        step: "compare".to_owned(),
        reason,
    }
}

/// Keeps the slices, and shows the progress.
struct InMemory<'a> {
    slices: Vec<Slice>,
    progress: &'a dyn Fn(&str, f64),
    expected: usize,
}

impl Log for InMemory<'_> {
    fn slice(&mut self, slice: &Slice) -> Result<(), StoreError> {
        self.slices.push(slice.clone());
        let share = self.slices.len() as f64 / self.expected.max(1) as f64;
        (self.progress)(&format!("measuring {}", slice.contender), share.min(1.0));
        Ok(())
    }

    fn round_ends(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
