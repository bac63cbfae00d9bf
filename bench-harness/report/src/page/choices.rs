//! The decision table of the page: for each load the models to take, with their marks.

use analysis::Summary;
use maud::{Markup, html};
use record::plan::ContenderId;

use super::parts::mark;
use crate::questions::choices::{Advice, all, how_to_read};
use crate::questions::drawn::compared_loads;

/// Names that are written out; more are counted, and are behind a fold.
const NAMED: usize = 8;
/// Rows up to which all are shown. Of more, those of the comparison's loads are shown, and the others are behind a fold.
const ROWS: usize = 12;

/// A row a load.
pub fn section(summary: &Summary) -> Markup {
    let drawn = compared_loads(summary);
    let all = all(summary);
    let is_short = all.len() <= ROWS;
    let (shown, others): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|advice| is_short || drawn.contains(&advice.load));
    html! {
        section #choices aria-labelledby="h-choices" {
            h2 #h-choices { "Which model for which load?" }
            p.read { b { "How to read it: " } (how_to_read(summary)) }
            (table(summary, &shown, "The decision table"))
            @if !others.is_empty() {
                details {
                    summary { (others.len()) " more loads" }
                    (table(summary, &others, "The decision table of the other loads"))
                }
            }
        }
    }
}

fn table(summary: &Summary, rows: &[Advice], label: &str) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) {
            table.choices {
                thead { tr {
                    @for heading in ["Load", "Choose one of", "The others", "Certainty", "Their CPU per request; memory", "Caution"] { th scope="col" { (heading) } }
                } }
                tbody { @for advice in rows { (row(summary, advice)) } }
            }
        }
    }
}

fn row(summary: &Summary, advice: &Advice) -> Markup {
    let (first, others) = advice.take.split_at(advice.take.len().min(NAMED));
    html! {
        tr {
            th scope="row" { (advice.situation) }
            td {
                @for &contender in first { (name(summary, contender)) " " }
                @if !others.is_empty() { details { summary { "and " (others.len()) " more" } @for &contender in others { (name(summary, contender)) " " } } }
                @if advice.take.is_empty() { "none" }
            }
            td { (advice.behind) }
            td class=[(!advice.is_certain).then_some("unsure")] { (advice.certainty) }
            td { (advice.cost) }
            td { (advice.caution) }
        }
    }
}

fn name(summary: &Summary, contender: ContenderId) -> Markup {
    html! { span.name { (mark(summary, contender)) (summary.contenders[contender].name) } }
}
