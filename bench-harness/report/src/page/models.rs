//! A page per model: its sentence, its claims and their results, its place under every load, its limits, its lesson.

use analysis::{Checked, Metric, Summary, check};
use maud::{Markup, html};
use record::number::grouped;
use record::plan::{ContenderId, LoadId};

use super::parts::mark;
use crate::detail::Detail;
use crate::phrases::{load_name, remarks};
use crate::questions::drawn::key_loads;
use crate::table::Table;
use crate::values::{median_or_dash, median_or_reason};
use crate::words::ratio_and_word;

/// Metrics shown beside the one that decides.
const BESIDES: [Metric; 4] = [Metric::Throughput, Metric::P99, Metric::Cpu, Metric::Memory];

/// The pages, folded.
pub fn section(summary: &Summary) -> Markup {
    let claims = check(summary);
    let loads = shown_loads(summary);
    html! {
        section #pages aria-labelledby="h-pages" {
            h2 #h-pages { "Each model in detail" }
            @for model in summary.models() { (page(summary, model, &loads, &claims)) }
        }
    }
}

/// All loads, or with reduced detail the last one of each scenario.
fn shown_loads(summary: &Summary) -> Vec<LoadId> {
    let last = |scenario: &str| key_loads(summary, scenario, 1, |_| true);
    match Detail::of(summary) {
        Detail::Full => summary.load_ids().collect(),
        Detail::Reduced => {
            let scenarios = summary.scenario_names().into_iter();
            scenarios.flat_map(last).collect()
        }
    }
}

fn page(summary: &Summary, model: ContenderId, loads: &[LoadId], claims: &[Checked]) -> Markup {
    let contender = &summary.contenders[model];
    let claims: Vec<&Checked> = claims
        .iter()
        .filter(|claim| claim.contender == contender.name)
        .collect();
    let limits = limits(summary, model);
    html! {
        details id={ "model-" (model.0) } {
            summary { (mark(summary, model)) b { (contender.name) } ", " (contender.family.name()) }
            p { (contender.summary) }
            @if !claims.is_empty() { (claim_list(&claims, Detail::of(summary))) }
            @if !limits.is_empty() { p.small { b { "Limits reached: " } (limits.join("; ")) } }
            @match Detail::of(summary) {
                Detail::Full => (places(summary, model, loads).html()),
                Detail::Reduced => (place_list(summary, model, loads)),
            }
            @if let Some(command) = &contender.command { p.small { "External server: " code { (command) } } }
            @else { p.small { "Its page: " code { "crates/models/" (contender.model()) "/README.md" } } }
        }
    }
}

fn claim_list(claims: &[&Checked], detail: Detail) -> Markup {
    html! {
        ul {
            @for claim in claims {
                li {
                    b { (claim.result.words()) ": " } (claim.says)
                    @if detail == Detail::Full { " (" (claim.scenario) ": " (claim.result.figures()) ")" }
                }
            }
        }
    }
}

/// The result of a model under one load, and how it compares with the baseline.
struct Place {
    result: String,
    against: Option<String>,
}

impl Place {
    fn of(summary: &Summary, model: ContenderId, load: LoadId) -> Self {
        let metric = summary.deciding(load);
        let value = median_or_reason(summary, model, load, metric);
        let result = match summary.median(model, load, metric) {
            Some(_) => format!("{value} {}", metric.heading()),
            None => value,
        };
        let is_baseline = model == summary.baseline;
        let against = ratio_and_word(summary, model, load, metric)
            .or_else(|| is_baseline.then(|| "baseline".to_owned()));
        Self { result, against }
    }
}

/// The places of a model under these loads.
fn places(summary: &Summary, model: ContenderId, loads: &[LoadId]) -> Table {
    let name = &summary.contenders[model].name;
    let mut table = Table::new(
        format!("{name} under each load, medians"),
        &["load", "result", "against the baseline"],
    );
    let headings = BESIDES.map(|metric| metric.heading().to_owned());
    table.columns.extend(headings);
    for &load in loads {
        let Place { result, against } = Place::of(summary, model, load);
        let against = against.unwrap_or("–".to_owned());
        let mut row = vec![load_name(summary, load), result, against];
        row.extend(BESIDES.map(|metric| median_or_dash(summary, model, load, metric)));
        table.rows.push(row);
    }
    table
}

/// The places of a model under a few loads, as a list.
fn place_list(summary: &Summary, model: ContenderId, loads: &[LoadId]) -> Markup {
    html! {
        ul.places {
            @for &load in loads {
                @let Place { result, against } = Place::of(summary, model, load);
                li { (load_name(summary, load)) ": " b { (result) } @if let Some(against) = against { ", " (against) } }
            }
        }
    }
}

/// Where a model left clients out, failed, or was not measured, and what it declares. The same remark stands once, with all its loads.
fn limits(summary: &Summary, model: ContenderId) -> Vec<String> {
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
        .map(|(limit, loads)| format!("{limit} (at {})", loads.join(", ")));
    declared.into_iter().chain(limits).collect()
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
