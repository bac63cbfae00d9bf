//! The part of the README about the sample run: the figure that tells most, and ten models with words.

use std::fmt::Write as _;

use analysis::{Metric, Summary};
use record::plan::{ContenderId, LoadId, names};

use crate::phrases::{label, situation};
use crate::words::word;

/// Rows of the table.
const ROWS: usize = 10;
/// The figure that tells most, and its height in pixels.
const FIGURE: (&str, u32) = ("figures/idle.svg", 300);

/// The part as Markdown. `folder` is that of the run, seen from the README.
pub fn readme(summary: &Summary, folder: &str) -> String {
    let loads = loads(summary);
    let (file, height) = FIGURE;
    let mut text = format!(
        "<img src=\"{folder}/{file}\" height=\"{height}\" alt=\"CPU time a request, with and without many silent clients, one mark a model\">\n\n"
    );
    let mut heads = vec!["model".to_owned()];
    heads.extend(loads.iter().map(|load| head(summary, *load)));
    text += &row(&heads);
    text += &row(&heads
        .iter()
        .enumerate()
        .map(|(index, _)| rule(index))
        .collect::<Vec<_>>());
    for id in models(summary, loads[0]) {
        let mut cells = vec![format!("`{}`", summary.contenders[id].name)];
        cells.extend(loads.iter().map(|load| cell(summary, id, *load)));
        text += &row(&cells);
    }
    let baseline = &summary.contenders[summary.baseline].name;
    write!(
        text,
        "\nCPU time of the server for one request; × is the ratio to `{baseline}`. `echolab report {folder}` writes the [whole report]({folder}/report.md), \
         with intervals and what it does *not* show.\n"
    )
    .expect("a string takes all text");
    text
}

/// The load of the shortest report, and the one with the most silent clients.
fn loads(summary: &Summary) -> Vec<LoadId> {
    let first = summary.shown_load();
    let idle = summary.loads_of(names::IDLE).last();
    let other = idle.filter(|load| *load != first);
    [first].into_iter().chain(other).collect()
}

fn head(summary: &Summary, load: LoadId) -> String {
    if summary.loads[load].is_equal_rate() {
        label(summary, load)
    } else {
        situation(summary, load)
    }
}

/// The models with a value at this load, the cheapest first, the baseline among them.
fn models(summary: &Summary, load: LoadId) -> Vec<ContenderId> {
    let cost = |id: &ContenderId| summary.median(*id, load, Metric::Cpu);
    let mut models: Vec<ContenderId> = summary.models().filter(|id| cost(id).is_some()).collect();
    let is_other = |id: &ContenderId| *id != summary.baseline;
    // What the plan names last is left out first, so that the choice does not depend on the figures.
    while models.len() > ROWS {
        let Some(last) = models.iter().rposition(is_other) else {
            break;
        };
        models.remove(last);
    }
    let nothing = f64::INFINITY;
    models.sort_by(|a, b| {
        cost(a)
            .unwrap_or(nothing)
            .total_cmp(&cost(b).unwrap_or(nothing))
    });
    models
}

fn cell(summary: &Summary, id: ContenderId, load: LoadId) -> String {
    let Some(cost) = summary.median(id, load, Metric::Cpu) else {
        return "–".to_owned();
    };
    let cost = Metric::Cpu.unit().write(cost);
    if id == summary.baseline {
        return format!("{cost}, baseline");
    }
    let word = word(summary, id, load, Metric::Cpu).unwrap_or("not compared");
    let compared = summary.cell(id, load).compared.get(&Metric::Cpu);
    let ratio = compared.map_or(String::new(), |compared| {
        format!(" ×{:.2}", compared.ratio.estimate)
    });
    format!("{cost}, {word}{ratio}")
}

fn rule(index: usize) -> String {
    if index == 0 { "---" } else { "---:" }.to_owned()
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}
