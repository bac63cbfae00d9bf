//! Tables: how each model compares with the baseline in every judged metric, one table a load.

use std::collections::BTreeMap;

use analysis::{Compared, Metric, PairedSummary, Summary};
use record::plan::LoadId;

use super::section::Section;
use crate::method;
use crate::phrases::load_name;
use crate::table::Table;
use crate::values::about_bounds;
use crate::words::{differs, in_rounds, is_by_sitting, ratio_and_word};

/// The verdicts under these loads.
pub fn section(summary: &Summary, loads: &[LoadId]) -> Section {
    let baseline = &summary.contenders[summary.baseline].name;
    let others = if loads.len() < summary.measured_loads().count() {
        " The verdicts of the other loads are in summary.csv."
    } else {
        ""
    };
    let tables = loads.iter().filter_map(|&load| table(summary, load));
    Section {
        id: "verdicts",
        short: "Verdicts",
        question: format!("How does each model compare with {baseline}?"),
        how_to_read: format!(
            "Ratio to {baseline}, its 95 % interval, and the verdict. {} {} Control: the same server compared with itself; if its \
             interval does not contain 1, the whole column has no verdict. {}.{}{others}",
            method::intervals(summary, loads),
            method::words(summary),
            method::precision(summary, loads),
            about_bounds(summary, loads)
        ),
        tables: tables.collect(),
    }
}

/// The verdicts under one load; `None` if nothing was compared.
fn table(summary: &Summary, load: LoadId) -> Option<Table> {
    let is_compared = |metric: &Metric| {
        let mut cells = summary.contender_ids().map(|id| summary.cell(id, load));
        cells.any(|cell| cell.compared.contains_key(metric))
    };
    let metrics: Vec<Metric> = Metric::judged().filter(is_compared).collect();
    let is_paired = summary.is_paired(load);
    let caption = format!("Verdicts at {}", load_name(summary, load));
    let mut table = Table::new(caption, &["model"]);
    let headings = metrics.iter().map(|metric| metric.heading().to_owned());
    table.columns.extend(headings);
    table.columns.extend(is_paired.then(|| "rounds".to_owned()));
    table.columns.push("remarks".to_owned());
    table.ends_in_words = true;
    for (id, contender) in summary.contender_ids().zip(&summary.contenders) {
        let compared = &summary.cell(id, load).compared;
        if compared.is_empty() {
            continue;
        }
        let mut row = vec![contender.name.clone()];
        let cell = |&metric: &Metric| ratio_and_word(summary, id, load, metric);
        let cells = metrics.iter().map(cell);
        row.extend(cells.map(|cell| cell.unwrap_or("–".to_owned())));
        row.extend(is_paired.then(|| most_rounds(compared)));
        row.push(remarks(compared));
        table.rows.push(row);
    }
    (!metrics.is_empty() && !table.rows.is_empty()).then_some(table)
}

/// The rounds of the figure that has the most of them.
fn most_rounds(compared: &BTreeMap<Metric, Compared>) -> String {
    let paired = compared
        .values()
        .filter_map(|compared| compared.paired.as_ref());
    let most = paired.max_by_key(|paired: &&PairedSummary| paired.rounds);
    most.map_or("–".to_owned(), |most| {
        in_rounds(most.rounds, most.sittings)
    })
}

/// Why a word is not clear, and how the sittings differ.
fn remarks(compared: &BTreeMap<Metric, Compared>) -> String {
    let mut notes = vec![reasons(compared)];
    let by_sitting = compared
        .iter()
        .filter(|(_, compared)| is_by_sitting(compared));
    let headings: Vec<&str> = by_sitting.map(|(metric, _)| metric.heading()).collect();
    if !headings.is_empty() {
        notes.push(format!("{}: the sitting is the unit", headings.join(", ")));
    }
    for (metric, compared) in compared {
        let differs = differs(compared);
        notes.extend(differs.map(|differs| format!("{}: {differs}", metric.heading())));
    }
    notes.retain(|note| !note.is_empty());
    notes.join(". ")
}

/// Each reason once; if there are several, each after the metrics that it concerns.
fn reasons(compared: &BTreeMap<Metric, Compared>) -> String {
    let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
    for (metric, compared) in compared {
        let Some(reason) = compared.verdict.because() else {
            continue;
        };
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, headings)) => headings.push(metric.heading()),
            None => reasons.push((reason, vec![metric.heading()])),
        }
    }
    if let [(reason, _)] = &reasons[..] {
        return reason.clone();
    }
    let reasons = reasons
        .into_iter()
        .map(|(reason, headings)| format!("{}: {reason}", headings.join(", ")));
    reasons.collect::<Vec<_>>().join(". ")
}
