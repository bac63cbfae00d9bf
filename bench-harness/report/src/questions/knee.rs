//! The knee of each model in words: the highest offered rate that meets the objective.

use analysis::{Knees, Summary};
use record::number::{percent, short};
use record::peak::Probed;
use record::plan::ContenderId;

use super::rows::identity;
use crate::figure::{Axis, AxisKind, Dot, Dots, Group, Row};
use crate::svg::Panel;

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

/// The knees of all models, the highest first; `None` if no model has one.
pub fn panel(knees: &Knees, summary: &Summary) -> Option<Panel> {
    let peak = summary.probed?.peak;
    let models = || summary.models();
    let mut placed: Vec<(ContenderId, f64)> = models()
        .filter_map(|id| Some((id, knees.share(id)?)))
        .collect();
    placed.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (best, most) = *placed.first()?;
    let row = |contender, what| Row {
        identity: identity(summary, contender),
        what,
    };
    let dot = |share: f64| Dot {
        at: share,
        value: percent((share * 100.0).round() / 100.0),
        words: format!("{}/s", short(share * peak)),
        tip: format!(
            "meets {} up to {} requests/s, {} of the peak",
            knees.objective,
            short(share * peak),
            percent((share * 100.0).round() / 100.0)
        ),
        ..Dot::default()
    };
    let rows = placed.iter().map(|&(id, share)| row(id, Ok(dot(share))));
    let without = models().filter(|&id| knees.share(id).is_none());
    let without = without.map(|id| row(id, Err("not known to meet it".to_owned())));
    let dots = Dots {
        title: format!("the knee: the highest rate with {}", knees.objective),
        description: format!(
            "{} comes farthest: {} of the peak.",
            summary.contenders[best].name,
            percent((most * 100.0).round() / 100.0)
        ),
        axis: Axis {
            title: "offered rate as a share of the peak".to_owned(),
            kind: AxisKind::Linear,
            values: placed.iter().map(|(_, share)| *share).collect(),
            write: percent,
            ticks: None,
        },
        zone: None,
        one: None,
        groups: vec![Group {
            name: String::new(),
            rows: rows.chain(without).collect(),
        }],
    };
    Some(dots.panel())
}

/// How to read the flags and the line.
pub fn how_to_read(knees: &Knees) -> String {
    let method = if knees.searched {
        "found by the search for the capacity"
    } else {
        "here the highest step whose median meets it"
    };
    format!(
        " First panel: the knee of each model, sorted. Dashed line: the objective {}. Flag on it: the knee, the highest rate that meets the objective, {method}.",
        knees.objective
    )
}
