//! The warnings of a run as sentences.

use analysis::{Summary, Warning};

use crate::done::capitalised;

/// A warning, with the number of trials that it concerns. The life of a server in a sitting counts as one.
pub fn warning(summary: &Summary, warning: &Warning) -> String {
    let things = if summary.has_rounds() {
        "sittings and trials of a server"
    } else {
        "trials"
    };
    match warning {
        Warning::Run(warning) => capitalised(&warning.to_string()),
        Warning::Trials {
            worst,
            count,
            trials,
        } => format!("In {count} of {trials} {things} (worst case): {worst}"),
    }
}
