//! Figure: one small panel for each scenario that has no figure of its own.

use analysis::{Metric, Summary, all_served_after};
use record::number::significant;
use record::plan::{ContenderId, Load, LoadId};

use super::against::{Against, Coloured};
use super::drawn::crowd_load;
use super::figure::Figure;
use super::over_steps::{Drawing, OverSteps, WAITS};
use super::part::{NAMED, Part, far_from_the_baseline};
use super::rows::identity;
use crate::detail::Detail;
use crate::figure::{Axis, AxisKind, Dot, Dots, GreyLines, Group, Row};
use crate::svg::Panel;
use crate::table::Table;

/// The scenarios of these names, a panel each; `None` if none has a value.
pub fn figure(summary: &Summary, names: &[&str]) -> Option<Figure> {
    let parts: Vec<Summary> = names.iter().map(|name| summary.only(name)).collect();
    let mut panels: Vec<Panel> = parts.iter().filter_map(panel).collect();
    panels.extend(crowd(summary, names));
    (!panels.is_empty()).then(|| Figure {
        id: "scenarios".to_owned(),
        short: "Other scenarios".to_owned(),
        question: "What do the other scenarios show?".to_owned(),
        how_to_read: format!(
            "One panel per scenario. {} In colour with names and values: at the last step, the models whose figure differs most from the \
             baseline's, and the baseline. Grey: all others. Hollow mark: some clients were never served or were refused. Hat (^) on a mark: a lower bound.",
            questions(&parts)
        ),
        not_shown: "The capacity of closed loops: every client waits for its reply before its next request. All other figures of these \
              scenarios are in the cost table and in summary.csv."
            .to_owned(),
        panels,
        table: table(&parts, Detail::of(summary)),
    })
}

/// The question of each scenario.
fn questions(parts: &[Summary]) -> String {
    let question = |part: &Summary| {
        let name = name(part);
        let scenario = part.scenario(name)?;
        Some(format!("{name}: {}", scenario.question))
    };
    let questions: Vec<String> = parts.iter().filter_map(question).collect();
    questions.join(" ")
}

fn name(summary: &Summary) -> &str {
    let names = summary.scenario_names();
    names.first().copied().unwrap_or_default()
}

/// What is drawn of a scenario: response times if they are its question and were measured, else what decides under its last load.
fn drawn(summary: &Summary) -> OverSteps {
    let waits = summary
        .scenario(name(summary))
        .is_some_and(|scenario| scenario.waits);
    let has_waits = |load: LoadId| {
        let mut models = summary.models();
        models.any(|model| summary.median(model, load, Metric::P99).is_some())
    };
    if waits && summary.load_ids().any(has_waits) {
        return WAITS;
    }
    match summary.deciding(summary.last_load()) {
        Metric::P99 => OverSteps::of(Metric::Throughput),
        metric => OverSteps::of(metric),
    }
}

fn panel(summary: &Summary) -> Option<Panel> {
    let over = drawn(summary);
    let name = name(summary);
    if let [_] = summary.loads[..] {
        let against = Against {
            summary,
            load: LoadId(0),
            metric: over.metric,
            coloured: Coloured::All,
        };
        return against.panel(name.to_owned());
    }
    let part = Part {
        summary,
        knees: None,
    };
    let members = far_from_the_baseline(summary, over.metric);
    let drawing = Drawing {
        title: name,
        members: &members,
        grey_lines: GreyLines::Lines(format!("all-{name}"), part.lines(over.metric)),
        most_names: NAMED,
    };
    over.panel(&part, drawing)
}

/// When every client of a crowd had its first reply; `None` if no crowd was measured in these scenarios.
fn crowd(summary: &Summary, names: &[&str]) -> Option<Panel> {
    let load = crowd_load(summary)?;
    let scenario = summary.loads[load].scenario.as_str();
    let models: Vec<ContenderId> = summary
        .models()
        .filter(|&id| !summary.cell(id, load).over_time.is_empty())
        .collect();
    if !names.contains(&scenario) || models.is_empty() {
        return None;
    }
    let after = |id: ContenderId| all_served_after(&summary.cell(id, load).over_time);
    let mut served: Vec<(ContenderId, f64)> = models
        .iter()
        .filter_map(|&id| Some((id, after(id)?)))
        .collect();
    served.sort_by(|a, b| a.1.total_cmp(&b.1));
    let row = |id: ContenderId, what| Row {
        identity: identity(summary, id),
        what,
    };
    let dot = |at: f64| Dot {
        at,
        value: seconds(at),
        tip: format!(
            "every client had a reply after {}, in one trial",
            seconds(at)
        ),
        ..Dot::default()
    };
    let rows = served.iter().map(|&(id, at)| row(id, Ok(dot(at))));
    let late = models.iter().filter(|&&id| after(id).is_none());
    let late = late.map(|&id| row(id, Err("some clients had none by the end".to_owned())));
    let dots = Dots {
        title: format!("{scenario}: the first reply to every client"),
        description: format!(
            "The time until all of {} clients had a reply.",
            summary.loads[load].connections
        ),
        axis: Axis {
            title: "seconds from the first connect until the last client had a reply".to_owned(),
            kind: AxisKind::Linear,
            values: served.iter().map(|(_, at)| *at).collect(),
            write: significant,
            ticks: None,
        },
        zone: None,
        one: None,
        groups: vec![Group {
            name: String::new(),
            rows: rows.chain(late).collect(),
        }],
    };
    Some(dots.panel())
}

fn seconds(time: f64) -> String {
    format!("{} s", significant(time))
}

/// The data of all scenarios, side by side: of a large run only at the last steps.
fn table(parts: &[Summary], detail: Detail) -> Table {
    let mut all = Table::default();
    for part in parts {
        let scenario = name(part);
        let over = drawn(part);
        let table = over.table(part);
        if all.rows.is_empty() {
            all = Table::new("What the panels show", &["model"]);
            all.rows = table.rows.iter().map(|row| row[..1].to_vec()).collect();
        }
        let steps = match detail {
            Detail::Full => 0,
            Detail::Reduced => part.loads.len().saturating_sub(1),
        };
        let labels = part.loads.iter().skip(steps).map(Load::label);
        let headings =
            labels.map(|label| format!("{scenario}: {label}, {}", over.metric.heading()));
        all.columns.extend(headings);
        for (row, more) in all.rows.iter_mut().zip(table.rows) {
            row.extend(more.into_iter().skip(1 + steps));
        }
    }
    all
}
