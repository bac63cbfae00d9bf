//! Compares the circumstances of two runs, or of two parts of one: what would make their figures incomparable, in words.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::environment::Environment;
use crate::plan::{Load, Plan};

/// What belongs to one beginning of a run and not to its circumstances.
const OWN: [&str; 6] = [
    "schema",
    "started",
    "command",
    "steal",
    "resumed",
    "completed",
];
/// What a change of the program changes.
const PROGRAM: [&str; 3] = ["version", "commit", "compiler"];
/// Numbers that the kernel gives a little differently after each start, and by how much.
const ABOUT: [(&str, f64); 1] = [("memory_kib", 0.05)];

/// One circumstance that is not the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What differs, as the documents of the run call it.
    pub what: String,
    /// What it was in the first.
    pub first: String,
    /// What it is in the second.
    pub second: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.what.replace('_', " ");
        write!(f, "{name}: {}, then {}", self.first, self.second)
    }
}

impl Difference {
    /// Whether a change of the program makes this difference, and not another machine.
    pub fn is_of_the_program(&self) -> bool {
        PROGRAM.contains(&&*self.what)
    }
}

/// Everything that differs: machine, settings of the kernel, pinning, and the program.
///
/// What one of the two does not know is no difference: older versions looked at less.
pub fn differences(first: &Environment, second: &Environment) -> Vec<Difference> {
    let [first, second] = [first, second].map(|one| {
        serde_json::to_value(one).expect("an environment holds only values that JSON knows")
    });
    let (Value::Object(first), Value::Object(second)) = (first, second) else {
        return Vec::new();
    };
    let unlike = |(what, one): (String, Value)| {
        let other = second.get(&what)?;
        let same = OWN.contains(&&*what) || is_unknown(&one) || is_unknown(other);
        (!same && !alike(&what, &one, other)).then(|| Difference {
            first: plain(&one),
            second: plain(other),
            what,
        })
    };
    first.into_iter().filter_map(unlike).collect()
}

/// What differs between two plans about the trials themselves. Their order and their number may differ: more trials make
/// figures surer, and not others.
pub fn differences_of_plans(first: &Plan, second: &Plan) -> Vec<Difference> {
    let timing = |plan: &Plan| {
        let timing = &plan.timing;
        format!(
            "{} s after {} s of warm-up",
            timing.duration_s, timing.warm_up_s
        )
    };
    let models = |plan: &Plan| {
        let models = plan.contenders.iter().filter(|who| who.twin_of.is_none());
        models.map(|who| who.name.clone()).collect::<Vec<_>>()
    };
    let loads = |plan: &Plan| {
        let name = |load: &Load| format!("{}: {}", load.scenario, load.label());
        plan.loads.iter().map(name).collect::<Vec<_>>()
    };
    let mut found = Vec::new();
    let mut note = |what: &str, first: String, second: String| {
        if first != second {
            let what = what.to_owned();
            found.push(Difference {
                what,
                first,
                second,
            });
        }
    };
    note("timing", timing(first), timing(second));
    for (what, names) in [
        ("models", [first, second].map(models)),
        ("loads", [first, second].map(loads)),
    ] {
        let [one, other] = &names;
        note(what, beside(one, other), beside(other, one));
    }
    let unlike = |load: &&Load| {
        let same_name =
            |other: &&Load| (&other.scenario, other.label()) == (&load.scenario, load.label());
        let other = second.loads.iter().find(same_name);
        other.is_some_and(|other| other != *load)
    };
    for load in first.loads.iter().filter(unlike) {
        let what = format!("load {} of {}", load.label(), load.scenario);
        note(&what, "as planned".to_owned(), "other clients".to_owned());
    }
    found
}

/// Those that the other has not.
fn beside(names: &[String], other: &[String]) -> String {
    let own = names.iter().filter(|name| !other.contains(name));
    let own: Vec<&str> = own.map(String::as_str).collect();
    if own.is_empty() {
        return "none of its own".to_owned();
    }
    own.join(", ")
}

/// The differences as a list for a sentence.
pub fn sentence(differences: &[Difference]) -> String {
    let all: Vec<String> = differences.iter().map(Difference::to_string).collect();
    all.join("; ")
}

/// What an older version did not look at is read as nothing.
fn is_unknown(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn alike(what: &str, one: &Value, other: &Value) -> bool {
    let about = ABOUT.iter().find(|(name, _)| *name == what);
    match (about, one.as_f64(), other.as_f64()) {
        (Some((_, share)), Some(one), Some(other)) => (one - other).abs() <= share * one.max(other),
        _ => one == other,
    }
}

/// A value without the marks of JSON, where it has a short form.
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
    use super::*;
    use crate::pinning::Pinning;

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
    fn the_time_and_the_command_are_no_difference() {
        let mut later = environment();
        later.started = "2026-03-14T15:09:26Z".parse().unwrap();
        later.command = vec!["echolab".to_owned()];
        later.memory_kib += 100_000;
        assert_eq!(differences(&environment(), &later), []);
    }

    #[test]
    fn each_difference_is_named_with_both_sides() {
        let mut other = environment();
        (other.cpus, other.commit) = (4, Some("bbbb".to_owned()));
        other.pinning = Pinning::Off;
        let found = differences(&environment(), &other);
        assert_eq!(
            sentence(&found),
            "commit: aaaa, then bbbb; cpus: 2, then 4; pinning: generator 1, kind disjoint, server 0, then kind off"
        );
    }

    #[test]
    fn another_version_of_the_program_runs_on_the_same_machine() {
        let mut other = environment();
        (other.version, other.commit) = ("2.0.0".to_owned(), Some("bbbb".to_owned()));
        let found = differences(&environment(), &other);
        assert!(found.len() == 2 && found.iter().all(Difference::is_of_the_program));
        other.memory_kib /= 2;
        let found = differences(&environment(), &other);
        let machine: Vec<_> = found
            .iter()
            .filter(|one| !one.is_of_the_program())
            .collect();
        assert_eq!(machine.len(), 1);
        assert_eq!(machine[0].to_string(), "memory kib: 8000000, then 4000000");
    }

    #[test]
    fn what_an_older_version_did_not_look_at_is_no_difference() {
        let mut older = environment();
        (older.commit, older.cpu) = (None, String::new());
        assert_eq!(differences(&older, &environment()), []);
    }
}
