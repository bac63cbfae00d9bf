//! Tables: how each model compares with the baseline in every judged metric, one table a load.

use std::collections::BTreeMap;

use analysis::{Compared, Metric, Summary, detects, fewest_blocks};
use record::number::{counted, percent};
use record::plan::{ContenderId, LoadId};

use super::section::Section;
use crate::figure::ratio_in_words;
use crate::phrases::load_name;
use crate::table::Table;

/// The verdicts under these loads.
pub fn section(summary: &Summary, loads: &[LoadId]) -> Section {
    let baseline = &summary.contenders[summary.baseline].name;
    let others = if loads.len() < summary.measured_loads().count() {
        " The verdicts of the other loads are in summary.csv."
    } else {
        ""
    };
    let precision = precision(summary);
    let tables = loads.iter().filter_map(|&load| table(summary, load));
    Section {
        id: "verdicts",
        short: "Verdicts",
        question: format!("How does each model compare with {baseline}?"),
        how_to_read: format!(
            "Ratio to {baseline} with its 95 % interval (Hodges-Lehmann, exact Mann-Whitney), and the verdict. Faster, slower, cheaper, \
             dearer: the interval is outside a 5 % zone, and the exact test is significant after Holm's correction for all models of the \
             column. Equivalent: the interval is inside the zone. Control: the same server compared with itself; if its interval does not \
             contain 1, the whole column has no verdict. {precision}.{others}"
        ),
        tables: tables.collect(),
    }
}

/// The differences that this many blocks can find.
fn precision(summary: &Summary) -> String {
    let is_compared = |contender: &ContenderId| {
        let is_baseline = *contender == summary.baseline;
        !is_baseline && summary.contenders[*contender].unsupported.is_none()
    };
    let comparisons = summary.models().filter(is_compared).count();
    let blocks = counted(summary.blocks, "block");
    match detects(summary.blocks, comparisons) {
        Some(share) => format!(
            "{blocks} can detect differences of about {}",
            percent(share)
        ),
        None => format!(
            "{blocks} cannot decide {} at once, however large the differences; at least {} are needed",
            counted(comparisons, "comparison"),
            fewest_blocks(comparisons, summary.twin().is_some())
        ),
    }
}

/// The verdicts under one load; `None` if nothing was compared.
fn table(summary: &Summary, load: LoadId) -> Option<Table> {
    let is_compared = |metric: &Metric| {
        let mut cells = summary.contender_ids().map(|id| summary.cell(id, load));
        cells.any(|cell| cell.compared.contains_key(metric))
    };
    let metrics: Vec<Metric> = Metric::judged().filter(is_compared).collect();
    let caption = format!("Verdicts at {}", load_name(summary, load));
    let mut table = Table::new(caption, &["model"]);
    let headings = metrics.iter().map(|metric| metric.heading().to_owned());
    table.columns.extend(headings);
    table.columns.push("reason, if not clear".to_owned());
    table.ends_in_words = true;
    for (contender, who) in summary.contender_ids().zip(&summary.contenders) {
        let compared = &summary.cell(contender, load).compared;
        if compared.is_empty() {
            continue;
        }
        let mut row = vec![who.name.clone()];
        row.extend(metrics.iter().map(|metric| cell(compared, *metric)));
        row.push(reasons(compared));
        table.rows.push(row);
    }
    (!metrics.is_empty() && !table.rows.is_empty()).then_some(table)
}

fn cell(compared: &BTreeMap<Metric, Compared>, metric: Metric) -> String {
    match compared.get(&metric) {
        Some(compared) => format!(
            "{} {}",
            ratio_in_words(compared.ratio.estimate, compared.ratio.interval),
            compared.verdict.word(metric)
        ),
        None => "–".to_owned(),
    }
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
