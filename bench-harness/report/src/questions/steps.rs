//! Figures of a large run with one panel for a whole scenario: a few models in colour, all others in grey.

use analysis::{Metric, Summary};
use record::plan::{ContenderId, Load};

use super::figure::Figure;
use super::over_steps::{Coloured, FAIRNESS, JAIN, OverSteps, THROUGHPUT};
use super::part::Part;
use crate::detail::Detail;
use crate::figure::GreyLines;
use crate::svg::Panel;
use crate::table::Table;

/// Models in colour: a reader cannot follow more names than these.
const NAMED: usize = 8;

/// The throughput in these scenarios, each of which is a closed loop; `None` if none has several steps.
pub fn scenarios(summary: &Summary, names: &[&str]) -> Option<Figure> {
    let summaries: Vec<Summary> = names.iter().map(|name| summary.only(name)).collect();
    let parts: Vec<Part> = summaries.iter().map(reduced).collect();
    let panels: Vec<Panel> = parts
        .iter()
        .filter_map(|part| panel(part, &THROUGHPUT, &recommended(part.summary)))
        .collect();
    (!panels.is_empty()).then(|| Figure {
        id: "scenarios".to_owned(),
        short: "Scenarios".to_owned(),
        question: "How many requests per second are answered in the other scenarios?".to_owned(),
        how_to_read: "One panel per scenario, one line per model. In colour with names: the recommended models at the highest load, at most eight. All \
               others are grey. Hollow mark: some clients were never served or were refused."
            .to_owned(),
        not_shown: "The uncertainty of the order (see the comparison), and the capacity: every client waits for its reply before its next request. The \
              ranges are in summary.csv."
            .to_owned(),
        panels,
        table: table(&parts),
    })
}

/// How evenly clients are served, with the models in colour that serve them least evenly.
pub fn fairness(part: &Part, texts: Figure) -> Option<Figure> {
    let part = reduced(part.summary);
    let mut worst = ranked(part.summary, Metric::Fairness);
    worst.truncate(NAMED);
    Some(Figure {
        how_to_read: format!(
            "One line per model. In colour with names: the eight models with the least equal service at the highest load. All others are grey. \
             Hollow mark: some clients were never served or were refused. {JAIN}"
        ),
        panels: vec![panel(&part, &FAIRNESS, &worst)?],
        table: FAIRNESS.table(&part),
        ..texts
    })
}

const fn reduced(summary: &Summary) -> Part<'_> {
    Part {
        summary,
        detail: Detail::Reduced,
        knees: None,
    }
}

fn panel(part: &Part, over: &OverSteps, members: &[ContenderId]) -> Option<Panel> {
    let summary = part.summary;
    if summary.loads.len() < 2 {
        return None;
    }
    let name = *summary.scenario_names().first()?;
    let id = format!("all-{name}-{}", over.metric.name());
    let title = match summary.scenario(name) {
        Some(scenario) => format!("{name}: {}", scenario.axis),
        None => name.to_owned(),
    };
    let coloured = Coloured {
        title: &title,
        members,
        grey_lines: GreyLines::Lines(id, part.lines(over.metric)),
    };
    over.panel(part, coloured)
}

/// The models to take at the last step, the fastest first.
fn recommended(summary: &Summary) -> Vec<ContenderId> {
    let good = summary.choice(summary.last_load()).good;
    let mut models = ranked(summary, Metric::Throughput);
    models.reverse();
    models.retain(|model| good.contains(model));
    models.truncate(NAMED);
    models
}

/// All models by their median at the last step, the lowest first.
fn ranked(summary: &Summary, metric: Metric) -> Vec<ContenderId> {
    let last = summary.last_load();
    let median = |model| Some((model, summary.median(model, last, metric)?));
    let mut medians: Vec<(ContenderId, f64)> = summary.models().filter_map(median).collect();
    medians.sort_by(|a, b| a.1.total_cmp(&b.1));
    medians.into_iter().map(|(model, _)| model).collect()
}

/// The data of all scenarios, side by side.
fn table(parts: &[Part]) -> Table {
    let mut all = Table::default();
    for part in parts {
        let names = part.summary.scenario_names();
        let scenario = names.first().copied().unwrap_or_default();
        let table = THROUGHPUT.table(part);
        if all.rows.is_empty() {
            all = Table::new(table.caption.clone(), &["model"]);
            all.rows = table.rows.iter().map(|row| row[..1].to_vec()).collect();
        }
        let labels = part.summary.loads.iter().map(Load::label);
        let headings = labels.map(|label| format!("{scenario}: {label}"));
        all.columns.extend(headings);
        for (row, more) in all.rows.iter_mut().zip(table.rows) {
            row.extend(more.into_iter().skip(1));
        }
    }
    all
}
