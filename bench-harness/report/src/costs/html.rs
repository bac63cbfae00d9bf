//! The cost tables on the page: complete without scripts and on paper. Scripts find their way by these attributes:
//!
//! ```text
//! section#costs > div#controls (empty), details.load[data-load=K] (the number of the load in the plan)
//!   table.cost > thead th[data-m=FIGURE] (`name`, `word`, a metric, `server_cpu` or `memory_per_connection`)
//!     tbody.ranked  > tr[data-c=ID] > td[data-v=NUMBER] (where the data of the page lack it) > small (ratio), i (interval)
//!     tbody.unranked > tr[data-c=ID] > td[colspan] (why it has no rank)
//!     tbody.control > tr[data-c=ID]
//! ```

use analysis::Summary;
use maud::{Markup, html};
use record::plan::ContenderId;

use super::block::{Block, Row, Shape, Tables};
use super::column::Column;
use super::entry::{Entry, Heat, Times};
use super::loads::{others, shown};
use super::notes::notes;
use super::texts::{caption, elsewhere, intro, legend, rule, unbroken};
use crate::detail::Detail;
use crate::page::parts::{self, mark};
use crate::phrases::situation;
use crate::svg::Identity;
use crate::verdicts;

/// All cost tables, the first one unfolded.
pub fn section(summary: &Summary, tables: &Tables) -> Markup {
    let loads = shown(summary);
    let others = others(summary);
    html! {
        section #costs aria-labelledby="h-costs" {
            h2 #h-costs { "What does each design cost?" }
            p.read { (unbroken(&intro(summary))) }
            div #controls {}
            @for (index, &load) in loads.iter().enumerate() {
                @let block = tables.block(load);
                details.load data-load=(load.0) open[index == 0] {
                    summary { (situation(summary, load)) }
                    (table(summary, &block))
                    @let notes = notes(summary, &block);
                    @if !notes.is_empty() { ul.below { @for note in notes { li { b { (note.title) ": " } (parts::prose(&unbroken(&note.text))) } } } }
                }
            }
            @if others > 0 { p.small { (elsewhere(others)) } }
            p.legend { (unbroken(&legend(summary))) }
            @for fold in &verdicts::beside_costs(summary) { (parts::fold(fold)) }
            details {
                summary { "How the words are decided" }
                p { (unbroken(&rule(summary, &loads))) }
            }
        }
    }
}

fn table(summary: &Summary, block: &Block) -> Markup {
    let name = situation(summary, block.load);
    html! {
        div.scroll tabindex="0" role="region" aria-label={ "Cost table: " (name) } {
            table.cost {
                caption { span { (unbroken(&caption(summary, block))) } }
                (head(summary, block, &name))
                tbody.ranked { @for row in &block.ranked { (body_row(summary, block, row)) } }
                @if !block.unranked.is_empty() {
                    tbody.unranked {
                        @for (contender, reason) in &block.unranked {
                            tr data-c=(contender.0) {
                                (head_of_row(summary, *contender))
                                td colspan=(block.columns.len() + 1) { (parts::prose(&unbroken(reason))) }
                            }
                        }
                    }
                }
                @if let Some(row) = &block.control { tbody.control { (body_row(summary, block, row)) } }
            }
        }
    }
}

/// Two lines: at which load the figures were taken, and what they are.
fn head(summary: &Summary, block: &Block, name: &str) -> Markup {
    let columns = || block.columns.iter().map(|shape| shape.column);
    let of_load = columns().filter(|column| *column != Column::MemoryPerConnection);
    let of_load = of_load.count();
    let rising = summary.rising_scenario().unwrap_or_default();
    html! {
        thead {
            tr {
                td colspan="2" {}
                @if of_load > 0 { th colspan=(of_load) { "at " (name) } }
                @if of_load < block.columns.len() { th { "over the steps of " (rising) } }
            }
            tr {
                th data-m="name" { "design" }
                th data-m="word" { "word" }
                @for column in columns() {
                    th data-m=(column.name()) aria-sort=[(column == Column::Figure(block.deciding)).then(|| order(block))] { (column.heading()) }
                }
            }
        }
    }
}

const fn order(block: &Block) -> &'static str {
    if block.deciding.more_is_better() {
        "descending"
    } else {
        "ascending"
    }
}

fn body_row(summary: &Summary, block: &Block, row: &Row) -> Markup {
    let contender = row.contender;
    let is_baseline = contender == summary.baseline;
    html! {
        tr data-c=(contender.0) class=[is_baseline.then_some("ref")] {
            (head_of_row(summary, contender))
            td.w {
                @if let Some(letter) = row.letter { b { (letter.letter()) } }
                @else if is_baseline { "baseline" }
                @else if summary.is_twin(contender) { "control" }
                @else { "–" }
            }
            @for (entry, shape) in row.entries.iter().zip(&block.columns) { (cell(entry, shape)) }
        }
    }
}

/// The name after its mark; in the many tables of a large run the mark is a dot that the style draws.
fn head_of_row(summary: &Summary, contender: ContenderId) -> Markup {
    let name = &summary.contenders[contender].name;
    match Detail::of(summary) {
        Detail::Full => html! { th scope="row" { (mark(summary, contender)) (name) } },
        Detail::Reduced => {
            let look = Identity::of(contender, &summary.contenders[contender]).look;
            html! { th class=(look.colour()) { (name) } }
        }
    }
}

/// Empty elements keep the place of a ratio or an interval, so that values are below each other.
fn cell(entry: &Entry, shape: &Shape) -> Markup {
    let is_derived = matches!(shape.column, Column::Figure(_));
    let raw = entry.value.filter(|_| !is_derived);
    let raw = raw.map(|value| format!("{value:.2}"));
    let class = entry.times.and_then(|times| times.heat).map(Heat::class);
    html! {
        td class=[class] data-v=[raw] {
            (entry.written(shape.decimals))
            @if shape.has_ratios { " " small { (entry.times.map_or(String::new(), Times::with_mark)) } }
            @if shape.has_intervals { " " i { (entry.times.and_then(Times::range).unwrap_or_default()) } }
        }
    }
}
