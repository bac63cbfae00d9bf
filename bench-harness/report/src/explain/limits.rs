//! Where a model left clients out, failed, or was not measured, and what it declares.

use analysis::Summary;
use maud::{Markup, html};
use record::number::{counted, grouped};
use record::plan::{ContenderId, LoadId};

use crate::phrases::{load_name, remarks};

/// Loads that are named with a remark.
const NAMED: usize = 3;

/// The limits in one paragraph; nothing if it met none.
pub fn limits(summary: &Summary, model: ContenderId) -> Markup {
    let limits = sentences(summary, model);
    html! { @if !limits.is_empty() { p.small { b { "Limits reached: " } (limits.join("; ")) } } }
}

/// The same remark stands once, with all its loads.
fn sentences(summary: &Summary, model: ContenderId) -> Vec<String> {
    let capacity = summary.contenders[model].capacity;
    let declared = capacity.map(|capacity| {
        format!(
            "it serves at most {} at once, as it declares",
            grouped(capacity as u64)
        )
    });
    let mut limits: Vec<(String, Vec<String>)> = Vec::new();
    for load in summary.load_ids() {
        let limit = limit(summary, model, load);
        if limit.is_empty() {
            continue;
        }
        let load = load_name(summary, load);
        match limits.iter_mut().find(|(known, _)| *known == limit) {
            Some((_, loads)) => loads.push(load),
            None => limits.push((limit, vec![load])),
        }
    }
    let limits = limits
        .into_iter()
        .map(|(limit, loads)| format!("{limit} (at {})", first_loads(&loads)));
    declared.into_iter().chain(limits).collect()
}

/// The first loads, and the number of the others.
fn first_loads(loads: &[String]) -> String {
    let (first, others) = loads.split_at(loads.len().min(NAMED));
    let first = first.join(", ");
    match others.len() {
        0 => first,
        others => format!("{first} and {}", counted(others, "more load")),
    }
}

/// The limit that a model met under one load; empty if it met none.
fn limit(summary: &Summary, model: ContenderId, load: LoadId) -> String {
    let cell = summary.cell(model, load);
    if cell.cannot.is_some() && summary.contenders[model].unsupported.is_none() {
        "not measured, because it declares that it cannot serve this load".to_owned()
    } else if cell.left_out() && cell.failed == 0 {
        "some clients were never served or were refused".to_owned()
    } else {
        remarks(summary, model, load)
    }
}
