//! The knee of each model in words: the highest offered rate that meets the objective.

use analysis::{Knees, Summary};
use record::number::{percent, short};
use record::peak::Probed;
use record::plan::ContenderId;

/// The height of the objective in nanoseconds, and its name.
pub fn objective(knees: &Knees) -> (f64, String) {
    let objective = knees.objective;
    let below = objective.below.as_nanos() as f64;
    (below, format!("objective {objective}"))
}

/// The place of a contender's flag, as share of the peak and height, with its text; `None` if the objective is not known to have
/// been met.
pub fn flag(
    knees: &Knees,
    summary: &Summary,
    contender: ContenderId,
) -> Option<(f64, f64, String)> {
    let share = knees.share(contender)?;
    let rate = summary.probed.map_or(String::new(), |Probed { peak, .. }| {
        format!(" ({} requests/s)", short(share * peak))
    });
    let text = format!(
        "{}: meets {} up to {} of the peak{rate}",
        summary.contenders[contender].name,
        knees.objective,
        percent((share * 100.0).round() / 100.0)
    );
    Some((share, objective(knees).0, text))
}

/// How to read the flags and the line.
pub fn how_to_read(knees: &Knees) -> String {
    let method = if knees.searched {
        "found by the search for the capacity"
    } else {
        "here the highest step whose median meets it"
    };
    format!(
        " Dashed line: the objective {}. Flag on it: the knee, the highest rate that meets the objective, {method}.",
        knees.objective
    )
}
