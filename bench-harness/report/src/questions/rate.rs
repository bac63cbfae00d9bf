//! Figure: response times as the offered rate rises, with the knee of each model.

use analysis::{Knees, Summary};

use super::figure::Figure;
use super::knee;
use super::over_steps::{Drawing, WAITS, how_to_read};
use super::part::{NAMED, Part, far_from_the_baseline};
use crate::detail::Detail;
use crate::figure::GreyLines;
use crate::svg::Panel;
use crate::table::Table;

/// `None` for a scenario that offers no shares of the peak, and if its requests were too few for a percentile.
pub fn figure(summary: &Summary, scenario: &str) -> Option<Figure> {
    let knees = Knees::of(summary, scenario)?;
    let part = summary.only(scenario);
    let question = part
        .scenario(scenario)
        .map(|scenario| scenario.question.clone());
    let texts = Figure {
        id: format!("{scenario}-waits"),
        short: format!("Latency: {scenario}"),
        question: question.unwrap_or_else(|| "How long do requests wait as the offered rate rises?".to_owned()),
        how_to_read: how_to_read(&part),
        not_shown: "Clients that give up: here every client waits. A request without a reply at the end counts as a wait until the end of the run."
            .to_owned(),
        panels: Vec::new(),
        table: Table::default(),
    };
    let part = Part {
        summary: &part,
        knees: Some(&knees),
    };
    let mut figure = WAITS.figure(&part, texts)?;
    if Detail::of(summary) == Detail::Reduced {
        figure.how_to_read = format!(
            "In colour with names: the models whose p99 differs most from the baseline's at the last step, and the baseline. Grey: all others.{}",
            knee::how_to_read(&knees)
        );
        figure.panels = in_one_panel(&part, scenario).into_iter().collect();
    }
    if let Some(panel) = knee::panel(&knees, summary) {
        figure.panels.insert(0, panel);
    }
    Some(figure)
}

/// The lines of all models: a panel for each family would be too much for a page of many models under many loads.
fn in_one_panel(part: &Part, scenario: &str) -> Option<Panel> {
    let metric = WAITS.metric;
    let drawing = Drawing {
        title: scenario,
        members: &far_from_the_baseline(part.summary, metric),
        grey_lines: GreyLines::Lines(format!("all-{scenario}"), part.lines(metric)),
        most_names: NAMED,
    };
    WAITS.panel(part, drawing)
}
