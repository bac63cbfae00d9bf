//! Cases that do not apply to a model: the suite lists those that the user selected, with the reason.

use std::collections::BTreeMap;

use libtest_mimic::{Arguments, Trial};

/// Number of tests with one reason that are listed by name.
const LISTED: usize = 4;

/// A case that does not apply to a model.
pub struct NotApplicable {
    /// The name that the test would have.
    pub name: String,
    pub reason: String,
}

/// Prints the selected cases that do not apply, by reason; and a hint if the user's filter selects no test at all.
pub fn print(arguments: &Arguments, trials: &[Trial], cases: Vec<NotApplicable>) {
    let mut by_reason: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for NotApplicable { name, reason } in cases {
        if is_selected(arguments, &name) {
            by_reason.entry(reason).or_default().push(name);
        }
    }
    let no_test = trials.iter().all(|trial| arguments.is_filtered_out(trial));
    if no_test && by_reason.is_empty() {
        eprintln!(
            "no test has such a name; names are /MODEL/CASE, break-it/MODEL and process/NAME, and `--list` shows them all"
        );
    }
    for (reason, names) in by_reason {
        eprintln!("not applicable: {}: {reason}", summary(&names));
    }
}

fn is_selected(arguments: &Arguments, name: &str) -> bool {
    let trial = Trial::test(name, || Ok(()));
    !arguments.is_filtered_out(&trial)
}

/// The names, or the first of them and the number of the others.
fn summary(names: &[String]) -> String {
    if names.len() <= LISTED {
        return names.join(", ");
    }
    let (listed, others) = names.split_at(LISTED - 1);
    format!("{} and {} others", listed.join(", "), others.len())
}
