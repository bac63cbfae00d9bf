//! Lists the differences between two runs, or two parts of one run, that make their figures incomparable.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::environment::Environment;
use crate::number::significant;
use crate::plan::{Load, Plan};

/// Fields of the environment that differ between any two starts. They are not circumstances: prices are measured, so they differ a
/// little each time.
const IGNORED: [&str; 8] = [
    "schema",
    "started",
    "command",
    "steal",
    "cpu_time",
    "prices",
    "resumed",
    "completed",
];
/// The field with settings of the kernel, each of which is a circumstance of its own: newer versions record more of them.
const SETTINGS: &str = "settings";
/// Fields that describe the program.
const PROGRAM: [&str; 3] = ["version", "commit", "compiler"];
/// Fields whose number changes a little with each start of the machine, with the tolerated relative difference.
const TOLERANCES: [(&str, f64); 1] = [("memory_kib", 0.05)];

/// A circumstance that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The name of the circumstance: a field of the environment, or a part of the plan.
    pub what: String,
    /// Its value in the first run.
    pub first: String,
    /// Its value in the second run.
    pub second: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}, then {}", self.name(), self.first, self.second)
    }
}

impl Difference {
    /// The circumstance in words; a setting of the kernel keeps the name of its file.
    pub fn name(&self) -> String {
        if self.what.contains('/') {
            self.what.clone()
        } else {
            self.what.replace('_', " ")
        }
    }

    /// True if the program differs, and not the machine.
    pub fn is_of_the_program(&self) -> bool {
        PROGRAM.contains(&&*self.what)
    }
}

/// All differences between two environments: machine, settings of the kernel, pinning, and the program.
///
/// A value that one of them does not have is not a difference, because older versions recorded less.
pub fn differences(first: &Environment, second: &Environment) -> Vec<Difference> {
    let [first, second] = [first, second].map(|environment| {
        serde_json::to_value(environment).expect("an environment holds only values that JSON knows")
    });
    let [first, second] = [first, second].map(fields);
    let difference = |(name, value): (String, Value)| {
        let other = second.get(&name)?;
        let ignored = IGNORED.contains(&&*name) || is_unknown(&value) || is_unknown(other);
        (!ignored && !is_close(&name, &value, other)).then(|| Difference {
            first: plain(&value),
            second: plain(other),
            what: name,
        })
    };
    first.into_iter().filter_map(difference).collect()
}

/// The fields of an environment, with the settings of the kernel among them.
fn fields(environment: Value) -> Map<String, Value> {
    let Value::Object(mut fields) = environment else {
        return Map::new();
    };
    if let Some(Value::Object(settings)) = fields.remove(SETTINGS) {
        fields.extend(settings);
    }
    fields
}

/// The differences between the trials of two plans. The order and the number of trials may differ: more trials make figures
/// more certain, but they measure the same.
pub fn differences_of_plans(first: &Plan, second: &Plan) -> Vec<Difference> {
    let timing = |plan: &Plan| {
        let timing = &plan.timing;
        format!(
            "{} s after {} s of warm-up",
            timing.duration_s, timing.warm_up_s
        )
    };
    let slices = |plan: &Plan| match (plan.sittings.is_empty(), plan.timing.slice_s) {
        (true, _) => "with fresh processes".to_owned(),
        (false, least) => format!(
            "in rounds, slices of at least {} ms",
            significant(least * 1e3)
        ),
    };
    let zone = |plan: &Plan| significant(plan.zone);
    let models = |plan: &Plan| {
        let models = plan.contenders.iter().filter(|c| c.twin_of.is_none());
        models.map(|model| model.name.clone()).collect::<Vec<_>>()
    };
    let loads = |plan: &Plan| {
        let name = |load: &Load| format!("{}: {}", load.scenario, load.label());
        plan.loads.iter().map(name).collect::<Vec<_>>()
    };
    let mut differences = Vec::new();
    let mut compare = |what: &str, first: String, second: String| {
        if first != second {
            let what = what.to_owned();
            differences.push(Difference {
                what,
                first,
                second,
            });
        }
    };
    compare("timing", timing(first), timing(second));
    compare("measured", slices(first), slices(second));
    compare("zone", zone(first), zone(second));
    for (what, [first, second]) in [
        ("models", [first, second].map(models)),
        ("loads", [first, second].map(loads)),
    ] {
        compare(
            what,
            missing_in(&second, &first),
            missing_in(&first, &second),
        );
    }
    let has_other_clients = |load: &&Load| {
        let same_name =
            |other: &&Load| (&other.scenario, other.label()) == (&load.scenario, load.label());
        let other = second.loads.iter().find(same_name);
        other.is_some_and(|other| other != *load)
    };
    for load in first.loads.iter().filter(has_other_clients) {
        let what = format!("load {} of {}", load.label(), load.scenario);
        compare(&what, "as planned".to_owned(), "other clients".to_owned());
    }
    differences
}

/// The names that the other list does not have, as a list for a sentence.
fn missing_in(other: &[String], names: &[String]) -> String {
    let missing = names.iter().filter(|name| !other.contains(name));
    let missing: Vec<&str> = missing.map(String::as_str).collect();
    if missing.is_empty() {
        return "no others".to_owned();
    }
    missing.join(", ")
}

/// The differences as a list for a sentence.
pub fn sentence(differences: &[Difference]) -> String {
    let all: Vec<String> = differences.iter().map(Difference::to_string).collect();
    all.join("; ")
}

/// True if the value is empty: serde reads a value that an older version did not record as empty.
fn is_unknown(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// True if the values are equal, or within the tolerance of their field.
fn is_close(name: &str, first: &Value, second: &Value) -> bool {
    let tolerance = TOLERANCES.iter().find(|(field, _)| *field == name);
    match (tolerance, first.as_f64(), second.as_f64()) {
        (Some((_, tolerance)), Some(first), Some(second)) => {
            (first - second).abs() <= tolerance * first.max(second)
        }
        _ => first == second,
    }
}

/// The value as text for a sentence, without the punctuation of JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| format!("{name} {}", plain(value));
            fields.iter().map(field).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::cpu_time::CpuQuota;
    use crate::pinning::Pinning;
    use crate::plan::{Contender, Family, PlanOptions, Profile, Recipe};
    use crate::prices::Prices;

    fn environment() -> Environment {
        Environment {
            version: "1.0.0".to_owned(),
            commit: Some("aaaa".to_owned()),
            cpu: "A processor".to_owned(),
            cpus: 2,
            memory_kib: 8_000_000,
            pinning: Pinning::halves(&[0, 1]),
            ..Environment::default()
        }
    }

    #[test]
    fn the_time_the_command_and_prices_are_not_a_difference() {
        let mut later = environment();
        later.started = "2026-03-14T15:09:26Z".parse().unwrap();
        later.command = vec!["echolab".to_owned()];
        later.memory_kib += 100_000;
        later.prices = Some(Prices {
            wake_up_us: Some(13.6),
            ..Prices::default()
        });
        assert_eq!(differences(&environment(), &later), []);
        let mut cheaper = later.clone();
        cheaper.prices = Some(Prices::default());
        assert_eq!(differences(&cheaper, &later), []);
    }

    #[test]
    fn each_difference_is_named_with_both_values() {
        let mut other = environment();
        (other.cpus, other.commit) = (4, Some("bbbb".to_owned()));
        other.pinning = Pinning::Off;
        let all = differences(&environment(), &other);
        assert_eq!(
            sentence(&all),
            "commit: aaaa, then bbbb; cpus: 2, then 4; pinning: generator 1, kind disjoint, server 0, then kind off"
        );
    }

    #[test]
    fn differences_of_the_program_and_of_the_machine_are_distinguished() {
        let mut other = environment();
        (other.version, other.commit) = ("2.0.0".to_owned(), Some("bbbb".to_owned()));
        let all = differences(&environment(), &other);
        assert!(all.len() == 2 && all.iter().all(Difference::is_of_the_program));
        other.memory_kib /= 2;
        let all = differences(&environment(), &other);
        let machine: Vec<_> = all
            .iter()
            .filter(|difference| !difference.is_of_the_program())
            .collect();
        assert_eq!(machine.len(), 1);
        assert_eq!(machine[0].to_string(), "memory kib: 8000000, then 4000000");
    }

    #[test]
    fn a_changed_quota_and_a_changed_setting_are_differences() {
        let mut first = environment();
        first.cpu_quota = Some(CpuQuota::Unlimited);
        first.settings = BTreeMap::from([("vm/max_map_count".to_owned(), "9".to_owned())]);
        let mut second = first.clone();
        let congestion = "net/ipv4/tcp_congestion_control".to_owned();
        second.settings.insert(congestion.clone(), "cubic".into());
        // The first run is of a version that did not record this setting.
        assert_eq!(differences(&first, &second), []);
        first.settings.insert(congestion, "bbr".into());
        second.cpu_quota = Some(CpuQuota::Cpus(1.5));
        assert_eq!(
            sentence(&differences(&first, &second)),
            "cpu quota: unlimited, then cpus 1.5; net/ipv4/tcp_congestion_control: bbr, then cubic"
        );
    }

    #[test]
    fn a_value_that_an_older_version_did_not_record_is_not_a_difference() {
        let mut older = environment();
        (older.commit, older.cpu) = (None, String::new());
        assert_eq!(differences(&older, &environment()), []);
    }

    #[test]
    fn plans_that_measure_otherwise_differ() {
        let plan = |options: &dyn Fn(&mut PlanOptions)| {
            let mut choice = PlanOptions {
                scenarios: vec![Recipe::named("ladder").unwrap()],
                payload: 64,
                blocks: 2,
                rounds: Some(3),
                tasks: usize::MAX,
                zone: 1.1,
                least_blocks: None,
                seed: 7,
                timing: Profile::Quick.timing(None, None),
                repeats: 1,
                baseline: None,
                reference: None,
                twin: true,
            };
            options(&mut choice);
            let contenders = vec![Contender::new("only", Family::Blocking)];
            Plan::new(contenders, &choice).unwrap()
        };
        let first = plan(&|_| ());
        let text = |other: Plan| sentence(&differences_of_plans(&first, &other));
        assert_eq!(text(plan(&|options| options.rounds = Some(9))), "");
        assert_eq!(
            text(plan(&|options| options.zone = 1.05)),
            "zone: 1.1, then 1.05"
        );
        assert_eq!(
            text(plan(&|options| options.timing.slice_s = 0.2)),
            "measured: in rounds, slices of at least 50 ms, then in rounds, slices of at least 200 ms"
        );
        assert_eq!(
            text(plan(&|options| options.rounds = None)),
            "measured: in rounds, slices of at least 50 ms, then with fresh processes"
        );
    }
}
