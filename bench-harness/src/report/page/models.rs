//! A page a model: its sentence, its claims and what became of them, its place under every load, its limits, its lesson.

use maud::{Markup, html};

use super::super::figure::ratio_in_words;
use super::super::shown::{absent, key_loads};
use super::super::svg::Who;
use super::super::table::Table;
use super::super::words::{at, remarks, situation};
use super::sample;
use crate::analysis::{Checked, Metric, Summary, check};
use crate::number::grouped;
use crate::registry;

/// Loads in all of a page; beyond that, two of each scenario.
const LOADS: usize = 12;
/// What is told besides what decides.
const BESIDES: [Metric; 3] = [Metric::P99, Metric::Cpu, Metric::Memory];

/// The pages, folded.
pub fn section(summary: &Summary) -> Markup {
    let checked = check(summary, registry::claims);
    let shown: Vec<usize> = if summary.loads.len() <= LOADS {
        (0..summary.loads.len()).collect()
    } else {
        let scenarios = summary.scenarios();
        let few = scenarios
            .iter()
            .map(|one| key_loads(summary, one, 2, |_| true));
        few.flatten().collect()
    };
    html! {
        section #pages aria-labelledby="h-pages" {
            h2 #h-pages { "A page a model" }
            @for contender in 0..summary.contenders.len() {
                @if !summary.is_twin(contender) { (page(summary, contender, &shown, &checked)) }
            }
        }
    }
}

fn page(summary: &Summary, contender: usize, shown: &[usize], checked: &[Checked]) -> Markup {
    let who = &summary.contenders[contender];
    let claims: Vec<&Checked> = checked
        .iter()
        .filter(|one| one.contender == who.name)
        .collect();
    let limits = limits(summary, contender);
    html! {
        details id={ "model-" (contender) } {
            summary { (sample(&Who::of(contender, who))) b { (who.name) } ", " (who.family) }
            p { (who.summary) }
            @if !claims.is_empty() {
                ul { @for claim in claims { li { b { (claim.held.words()) ": " } (claim.says) " (" (claim.scenario) ": " (claim.held.found()) ")" } } }
            }
            @if !limits.is_empty() { p.small { b { "Limits met: " } (limits.join("; ")) } }
            (places(summary, contender, shown).html())
            @if let Some(command) = &who.command { p.small { "A server from outside: " code { (command) } } }
            @else { p.small { "Its lesson: " code { "crates/model-" (who.model()) "/README.md" } } }
        }
    }
}

/// Its place under each load.
fn places(summary: &Summary, contender: usize, shown: &[usize]) -> Table {
    let name = &summary.contenders[contender].name;
    let mut table = Table::new(
        format!("{name} under each load, medians"),
        &["load", "result", "against the baseline"],
    );
    table
        .columns
        .extend(BESIDES.map(|metric| metric.heading().to_owned()));
    for &load in shown {
        let metric = summary.deciding(load);
        let cell = summary.cell(contender, load);
        let value = |metric: Metric| match summary.median(contender, load, metric) {
            Some(median) => metric.unit().write(median),
            None => "–".to_owned(),
        };
        let result = match summary.median(contender, load, metric) {
            Some(_) => format!("{} {}", value(metric), metric.heading()),
            None => absent(summary, contender, load).to_owned(),
        };
        let against = match cell.compared.get(&metric) {
            Some(found) => format!(
                "{} {}",
                ratio_in_words(found.ratio.estimate, found.ratio.interval),
                found.verdict.word(metric)
            ),
            None if contender == summary.baseline => "is the baseline".to_owned(),
            None => "–".to_owned(),
        };
        let first = [at(summary, load), result, against];
        table
            .rows
            .push(first.into_iter().chain(BESIDES.map(value)).collect());
    }
    table
}

/// Where it left clients out, failed, or was not measured, and what it declares.
fn limits(summary: &Summary, contender: usize) -> Vec<String> {
    let who = &summary.contenders[contender];
    let declared = who
        .capacity
        .map(|capacity| format!("it declares to serve {} at once", grouped(capacity as u64)));
    let at_load = |load: usize| {
        let mut told = remarks(summary, contender, load);
        if summary.cell(contender, load).left_out() {
            let out = "clients were never served or were refused".to_owned();
            told = [told, out]
                .into_iter()
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join("; ");
        }
        (!told.is_empty()).then(|| (situation(summary, load), told))
    };
    // The same remark is said once, with all its loads.
    let mut said: Vec<(String, Vec<String>)> = Vec::new();
    for (load, told) in (0..summary.loads.len()).filter_map(at_load) {
        match said.iter_mut().find(|(other, _)| *other == told) {
            Some((_, loads)) => loads.push(load),
            None => said.push((told, vec![load])),
        }
    }
    let said = said
        .into_iter()
        .map(|(told, loads)| format!("{told} (with {})", loads.join(", ")));
    declared.into_iter().chain(said).collect()
}
