//! Two runs of one plan on one machine, before and after a change: what became faster, slower, cheaper, dearer.

use serde::Serialize;
use serde_json::Value;

use super::compare::barred;
use super::verdict::{Bar, Compared, Pair, judge};
use super::{Metric, Summary};
use crate::environment::Environment;
use crate::plan::Plan;
use crate::store::Run;

/// What differs between two runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    /// What differs about the machine: with anything in here the runs should not be compared.
    pub environment: Vec<Differing>,
    /// What differs about what was to be done: only what both did is compared.
    pub plan: Vec<Differing>,
    /// What differs about the program, which is often the very change that is asked about.
    pub program: Vec<Differing>,
    /// Every figure that is judged, of every contender under every load that both measured: the second run's divided by
    /// the first's.
    pub changes: Vec<Change>,
}

/// A field that is not the same in both runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Differing {
    /// Its name in the files of the run.
    pub field: String,
    /// Its value in the first run, as JSON.
    pub a: String,
    /// Its value in the second run, as JSON.
    pub b: String,
}

/// What became of a figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Whose.
    pub contender: String,
    /// The scenario of the load.
    pub scenario: String,
    /// What a table calls the load.
    pub load: String,
    /// Which.
    pub metric: Metric,
    /// The second run against the first.
    pub compared: Compared,
}

/// Fields of the environment that differ between any two runs.
const OF_THE_RUN: [&str; 3] = ["schema", "started", "command"];
/// Fields of the environment that tell of the program, and not of the machine.
const OF_THE_PROGRAM: [&str; 4] = ["version", "commit", "dirty", "optimised"];
/// Fields of the plan that may differ: they change the order or the number of trials, and not what a trial is.
const OF_THE_ORDER: [&str; 4] = ["schema", "seed", "repeats", "blocks"];

/// Compares two runs, the second with the first. All contenders under one load are one family for Holm's correction, as
/// within a run, and there are verdicts only where both runs measured the baseline like itself.
pub fn diff(a: &Run, b: &Run) -> Diff {
    let (program, environment) = environment(&a.environment, &b.environment);
    let (first, second) = (Summary::of(a), Summary::of(b));
    let mut all = Vec::new();
    for load in 0..first.loads.len() {
        let both = in_both(&first, &second, load);
        all.extend(Metric::judged().flat_map(|metric| changes(&first, &second, &both, metric)));
    }
    Diff {
        changes: all,
        environment,
        program,
        plan: plan(&a.plan, &b.plan),
    }
}

/// A cell of the first run and the same of the second, each as contender and load.
type Both = ((usize, usize), (usize, usize));

/// All contenders of both runs under a load of the first one. What a twin does is known from its own run.
fn in_both(first: &Summary, second: &Summary, load: usize) -> Vec<Both> {
    let same = |other: &crate::plan::Load| *other == first.loads[load];
    let Some(same_load) = second.loads.iter().position(same) else {
        return Vec::new();
    };
    let contenders = (0..first.contenders.len()).filter(|&c| !first.is_twin(c));
    let both = contenders.filter_map(|contender| {
        let name = &first.contenders[contender].name;
        let other = second.contenders.iter().position(|who| who.name == *name)?;
        Some(((contender, load), (other, same_load)))
    });
    both.collect()
}

fn changes(first: &Summary, second: &Summary, both: &[Both], metric: Metric) -> Vec<Change> {
    let pair = |&((c, l), (d, m)): &Both| {
        let (base, own) = (first.cell(c, l), second.cell(d, m));
        let untrusted = || {
            first
                .untrusted(l, metric)
                .or_else(|| second.untrusted(m, metric))
        };
        let fewer = base.left_out() && !own.left_out();
        let bar = barred(own, base, metric).or(fewer.then_some(Bar::LeftOut));
        Pair {
            own: own.values(metric),
            base: base.values(metric),
            bar: bar.or_else(untrusted),
            left_out: own.left_out() && !base.left_out(),
        }
    };
    let pairs: Vec<Pair> = both.iter().map(pair).collect();
    let found = both.iter().zip(judge(metric, &pairs));
    let change = |(&((c, l), _), found): (&Both, Option<Compared>)| {
        Some(Change {
            contender: first.contenders[c].name.clone(),
            scenario: first.loads[l].scenario.clone(),
            load: first.loads[l].label(),
            metric,
            compared: found?,
        })
    };
    found.filter_map(change).collect()
}

/// What differs about the program, and what about the machine.
fn environment(a: &Environment, b: &Environment) -> (Vec<Differing>, Vec<Differing>) {
    let all = differing(a, b, &OF_THE_RUN);
    all.into_iter()
        .partition(|one| OF_THE_PROGRAM.contains(&one.field.as_str()))
}

fn plan(a: &Plan, b: &Plan) -> Vec<Differing> {
    differing(a, b, &OF_THE_ORDER)
}

/// The fields of two documents that are not the same, but for these.
fn differing<T: Serialize>(a: &T, b: &T, but_for: &[&str]) -> Vec<Differing> {
    let fields = |document: &T| match serde_json::to_value(document) {
        Ok(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let (a, b) = (fields(a), fields(b));
    let names = a
        .keys()
        .chain(b.keys().filter(|name| !a.contains_key(*name)));
    let differs =
        |name: &&String| !but_for.contains(&name.as_str()) && a.get(*name) != b.get(*name);
    let text = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
    let one = |name: &String| Differing {
        a: text(a.get(name)),
        b: text(b.get(name)),
        field: name.clone(),
    };
    names.filter(differs).map(one).collect()
}
