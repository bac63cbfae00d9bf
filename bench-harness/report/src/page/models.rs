//! A page a model: its sentence, its claims and what became of them, its place under every load, its limits, its lesson.

use analysis::{Checked, Metric, Summary, check};
use maud::{Markup, html};
use record::number::grouped;

use super::super::figure::ratio_in_words;
use super::super::shown::{Room, absent, key_loads};
use super::super::svg::Who;
use super::super::table::Table;
use super::super::words::{at, remarks};
use super::sample;

/// What is told besides what decides.
const BESIDES: [Metric; 3] = [Metric::P99, Metric::Cpu, Metric::Memory];

/// The pages, folded.
pub fn section(summary: &Summary) -> Markup {
    let checked = check(summary);
    let scenarios = summary.scenarios();
    let highest = |one: &&str| key_loads(summary, one, 1, |_| true);
    let shown: Vec<usize> = match Room::of(summary) {
        Room::Plenty => (0..summary.loads.len()).collect(),
        Room::Little => scenarios.iter().flat_map(highest).collect(),
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
            summary { (sample(&Who::of(contender, who))) b { (who.name) } ", " (who.family.name()) }
            p { (who.summary) }
            @if !claims.is_empty() {
                ul { @for claim in claims { li { b { (claim.held.words()) ": " } (claim.says) @if Room::of(summary) == Room::Plenty { " (" (claim.scenario) ": " (claim.held.found()) ")" } } } }
            }
            @if !limits.is_empty() { p.small { b { "Limits met: " } (limits.join("; ")) } }
            @match Room::of(summary) {
                Room::Plenty => (places(summary, contender, shown).html()),
                Room::Little => (few_places(summary, contender, shown)),
            }
            @if let Some(command) = &who.command { p.small { "A server from outside: " code { (command) } } }
            @else { p.small { "Its lesson: " code { "crates/models/" (who.model()) "/README.md" } } }
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
    let headings = BESIDES.map(|metric| metric.heading().to_owned());
    table.columns.extend(headings);
    for &load in shown {
        let beside = BESIDES.map(|metric| value(summary, contender, load, metric));
        let (result, against) = place(summary, contender, load);
        let first = [at(summary, load), result, against];
        table.rows.push(first.into_iter().chain(beside).collect());
    }
    table
}

/// What decides under a load, and how that compares with the baseline.
fn place(summary: &Summary, contender: usize, load: usize) -> (String, String) {
    let metric = summary.deciding(load);
    let result = match summary.median(contender, load, metric) {
        Some(_) => format!(
            "{} {}",
            value(summary, contender, load, metric),
            metric.heading()
        ),
        None => absent(summary, contender, load).to_owned(),
    };
    let against = match summary.cell(contender, load).compared.get(&metric) {
        Some(found) => format!(
            "{} {}",
            ratio_in_words(found.ratio.estimate, found.ratio.interval),
            found.verdict.word(metric)
        ),
        None if contender == summary.baseline => "is the baseline".to_owned(),
        None => "–".to_owned(),
    };
    (result, against)
}

fn value(summary: &Summary, contender: usize, load: usize, metric: Metric) -> String {
    match summary.median(contender, load, metric) {
        Some(median) => metric.unit().write(median),
        None => "–".to_owned(),
    }
}

/// Its place under a few loads, as a list.
fn few_places(summary: &Summary, contender: usize, shown: &[usize]) -> Markup {
    html! {
        ul.places {
            @for &load in shown {
                @let (result, against) = place(summary, contender, load);
                li { (at(summary, load)) ": " b { (result) } @if against != "–" { ", " (against) } }
            }
        }
    }
}

/// Where it left clients out, failed, or was not measured, and what it declares.
fn limits(summary: &Summary, contender: usize) -> Vec<String> {
    let who = &summary.contenders[contender];
    let declared = who
        .capacity
        .map(|capacity| format!("it declares to serve {} at once", grouped(capacity as u64)));
    let at_load = |load: usize| {
        let cell = summary.cell(contender, load);
        let told = if cell.cannot.is_some() && who.unsupported.is_none() {
            "not measured, since it declares that it cannot".to_owned()
        } else if cell.left_out() && cell.failed == 0 {
            "clients were never served or were refused".to_owned()
        } else {
            remarks(summary, contender, load)
        };
        (!told.is_empty()).then(|| (at(summary, load), told))
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
