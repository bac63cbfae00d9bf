//! The decision table of the page: for each load the models to take, with their marks.

use maud::{Markup, html};

use super::super::shown::choices::{Advice, all, read};
use super::super::svg::Who;
use super::sample;
use crate::analysis::Summary;

/// Names that are written out; more are counted, and stand behind a fold.
const NAMED: usize = 8;

/// A row a load.
pub fn section(summary: &Summary) -> Markup {
    let advice = all(summary);
    html! {
        section #choices aria-labelledby="h-choices" {
            h2 #h-choices { "Which model for which load?" }
            p.read { b { "How to read it: " } (read(summary)) }
            div.scroll tabindex="0" role="region" aria-label="The decision table" {
                table.choices {
                    thead { tr {
                        @for heading in ["Load", "Take one of", "The others", "How sure", "What they cost", "Beware"] { th scope="col" { (heading) } }
                    } }
                    tbody { @for one in &advice { (row(summary, one)) } }
                }
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
