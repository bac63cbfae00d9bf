//! The decision table of the page: for each load the models to take, with their marks.

use analysis::Summary;
use maud::{Markup, html};

use super::super::shown::choices::{Advice, all, read};
use super::super::shown::compared;
use super::super::svg::Who;
use super::sample;

/// Names that are written out; more are counted, and stand behind a fold.
const NAMED: usize = 8;
/// Rows that are shown whatever they are. Of more, those of the comparison's loads are, and the others stand behind a fold.
const ROWS: usize = 12;

/// A row a load.
pub fn section(summary: &Summary) -> Markup {
    let key = compared(summary);
    let every = all(summary);
    let few = every.len() <= ROWS;
    let (shown, others): (Vec<_>, Vec<_>) = every
        .into_iter()
        .partition(|one| few || key.contains(&one.of));
    html! {
        section #choices aria-labelledby="h-choices" {
            h2 #h-choices { "Which model for which load?" }
            p.read { b { "How to read it: " } (read(summary)) }
            (table(summary, &shown, "The decision table"))
            @if !others.is_empty() {
                details {
                    summary { "The loads between, " (others.len()) " of them" }
                    (table(summary, &others, "The decision table of the loads between"))
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
                    @for heading in ["Load", "Take one of", "The others", "How sure", "What they cost", "Beware"] { th scope="col" { (heading) } }
                } }
                tbody { @for one in rows { (row(summary, one)) } }
            }
        }
    }
}

fn row(summary: &Summary, advice: &Advice) -> Markup {
    let (first, rest) = advice.take.split_at(advice.take.len().min(NAMED));
    html! {
        tr {
            th scope="row" { (advice.load) }
            td {
                @for &contender in first { (name(summary, contender)) " " }
                @if !rest.is_empty() { details { summary { "and " (rest.len()) " more" } @for &contender in rest { (name(summary, contender)) " " } } }
                @if advice.take.is_empty() { "none" }
            }
            td { (advice.by) }
            td class=[(!advice.certain).then_some("unsure")] { (advice.sure) }
            td { (advice.cost) }
            td { (advice.beware) }
        }
    }
}

fn name(summary: &Summary, contender: usize) -> Markup {
    let who = &summary.contenders[contender];
    html! { span.name { (sample(&Who::of(contender, who))) (who.name) } }
}
