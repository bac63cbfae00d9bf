//! The figures of a report. Each asks one question, says how to read it and what it does not show, and has its data
//! beside it as a table.

mod costs;
mod latency;
mod ratios;
mod throughput;

use super::figure::{Group, Row};
use super::svg::text::width;
use super::svg::{Panel, Who};
use super::table::Table;
use crate::analysis::{Metric, Summary};

/// A figure with all that belongs to it.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Its anchor and file name.
    pub id: String,
    /// What it is about, in a word or two, for the table of contents.
    pub short: String,
    /// The question that it answers.
    pub question: String,
    /// How to read it.
    pub read: String,
    /// What it does not show.
    pub not: String,
    /// The drawings, one or several side by side.
    pub panels: Vec<Panel>,
    /// The data.
    pub table: Table,
}

/// All figures, in the order of the report: the main scenario with all of them, the others with what is compared.
pub fn all(summary: &Summary) -> Vec<Figure> {
    let main = summary.main_scenario();
    let parts = summary.scenarios().into_iter().flat_map(|scenario| {
        let part = summary.only(scenario);
        if Some(scenario) == main {
            everything(&part)
        } else {
            compared(&part, scenario)
        }
    });
    parts.collect()
}

fn everything(summary: &Summary) -> Vec<Figure> {
    let figures = [
        ratios::figure(summary),
        throughput::figure(summary),
        latency::figure(summary),
        costs::cpu(summary),
        costs::switches(summary),
        costs::memory(summary),
    ];
    figures.into_iter().flatten().collect()
}

fn compared(summary: &Summary, scenario: &str) -> Vec<Figure> {
    let figures = [ratios::figure(summary), costs::cpu(summary)];
    let named = |figure: Figure| Figure {
        id: format!("{scenario}-{}", figure.id),
        short: format!("{scenario}: {}", figure.short),
        question: format!("Scenario {scenario}: {}", figure.question),
        ..figure
    };
    figures.into_iter().flatten().map(named).collect()
}

/// `median [low–high]` of a metric, or why it is not there.
fn written(summary: &Summary, contender: usize, load: usize, metric: Metric) -> String {
    let cell = summary.cell(contender, load);
    let write = |value: f64| metric.unit().write(value);
    match cell.estimates.get(&metric) {
        Some(found) if found.values.len() > 1 => {
            format!(
                "{} [{} – {}]",
                write(found.median),
                write(found.low),
                write(found.high)
            )
        }
        Some(found) => write(found.median),
        None => absent(summary, contender, load).to_owned(),
    }
}

/// Why a cell has no data, in a word or two.
pub fn absent(summary: &Summary, contender: usize, load: usize) -> &'static str {
    if summary.contenders[contender].unsupported.is_some() {
        "cannot run here"
    } else if summary.cell(contender, load).cannot.is_some() {
        "not served"
    } else if summary.cell(contender, load).trials > 0 {
        "too few samples"
    } else if summary.cell(contender, load).failed > 0 {
        "failed"
    } else {
        "not measured"
    }
}

/// A table with a row for each contender and a column for each load.
fn by_load(summary: &Summary, caption: &str, cell: impl Fn(usize, usize) -> String) -> Table {
    let mut table = Table::new(caption, &["model"]);
    let loads = 0..summary.loads.len();
    table
        .columns
        .extend(summary.loads.iter().map(crate::plan::Load::label));
    for (contender, who) in summary.contenders.iter().enumerate() {
        let mut row = vec![who.name.clone()];
        row.extend(loads.clone().map(|load| cell(contender, load)));
        table.rows.push(row);
    }
    table
}

/// Why the members of a family that have no line have none.
fn without_line(
    summary: &Summary,
    members: &[usize],
    has_line: impl Fn(usize) -> bool,
    load: usize,
) -> Vec<String> {
    let missing = members.iter().filter(|contender| !has_line(**contender));
    let why = |&contender: &usize| {
        let name = &summary.contenders[contender].name;
        format!("{name}: {}", absent(summary, contender, load))
    };
    missing.map(why).collect()
}

/// A contender's name and look.
fn who(summary: &Summary, contender: usize) -> Who {
    Who::of(contender, &summary.contenders[contender])
}

/// Families in the order of the plan, each with its contenders; twins aside, which are no models of their own.
pub fn families(summary: &Summary) -> Vec<(&str, Vec<usize>)> {
    let mut families = summary.families();
    for (_, members) in &mut families {
        members.retain(|&contender| !summary.is_twin(contender));
    }
    families.retain(|(_, members)| !members.is_empty());
    families
}

/// One group a family, one row a contender, and what comes of a server that is measured twice.
fn by_family<T>(summary: &Summary, row: impl Fn(usize) -> Result<T, String>) -> Vec<Group<T>> {
    let group = |(name, members): (&str, Vec<usize>)| Group {
        name: name.to_owned(),
        rows: members
            .into_iter()
            .map(|contender| Row {
                who: who(summary, contender),
                what: row(contender),
            })
            .collect(),
    };
    let twice = summary
        .twin()
        .map(|twin| ("the same server twice", vec![twin]));
    families(summary)
        .into_iter()
        .chain(twice)
        .map(group)
        .collect()
}

/// The longest name: it decides how much room the labels of all panels get.
fn longest_name(summary: &Summary) -> String {
    let names = summary.contenders.iter().map(|contender| &contender.name);
    let longest = names.max_by(|a, b| width(a, 12.0).total_cmp(&width(b, 12.0)));
    longest.cloned().unwrap_or_default()
}

/// Members of the largest family.
fn most_members(summary: &Summary) -> usize {
    let families = families(summary);
    families
        .iter()
        .map(|(_, members)| members.len())
        .max()
        .unwrap_or(0)
}
