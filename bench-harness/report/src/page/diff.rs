//! The page about two runs: what changed, how sure that is, and what else is not the same.

use analysis::Diff;
use maud::{Markup, html};
use record::store::Run;

use super::document::document;
use super::parts::{machine_list, section};
use crate::questions::change::{figure, sentences, what_is_compared};
use crate::questions::change_tables::{decisions, differences, everything};
use crate::questions::places::{Place, places};
use crate::words::zone;

/// The whole page. The same data gives the same bytes.
pub fn html(before: &Run, after: &Run, diff: &Diff) -> String {
    let places = places(diff);
    let figure = figure(diff, &before.plan.contenders);
    let body = html! {
        a.skip href="#main" { "To the figures" }
        header { (head(before, after, diff)) }
        main #main {
            section #decision aria-labelledby="h-decision" {
                h2 #h-decision { "What became better or worse, and what is undecided?" }
                (decisions(&places).html())
            }
            @if let Some(figure) = &figure { (section(figure)) }
            section #figures aria-labelledby="h-figures" {
                h2 #h-figures { "All judged figures" }
                p.read { b { "How to read it: " } (what_is_compared(diff)) " Beside each ratio is its 95 % interval (Hodges-Lehmann, exact Mann-Whitney), and the verdict, which needs a difference of more than " (zone(diff.zone)) ". Verdicts are \
                    corrected for all models of a column (Holm). There is none if the control of one of the two runs failed." }
                @for place in &places { (folded(place)) }
            }
            section #machine aria-labelledby="h-machine" {
                h2 #h-machine { "Machine and command of the second run" }
                (machine_list(after))
            }
        }
        footer { p { "Written by EchoLab " (after.environment.version) " from the runs " code { (before.name) } " and " code { (after.name) } ". " code { "echolab diff --json" } " prints the same as JSON." } }
    };
    document(
        &format!("EchoLab {} against {}", after.name, before.name),
        &body,
    )
}

fn head(before: &Run, after: &Run, diff: &Diff) -> Markup {
    let differences = differences(diff);
    html! {
        h1 { (after.name) " against " (before.name) }
        p.lead { (sentences(diff)) }
        p.small { b { "Machine: " } (after.environment.cpu) ", " (after.environment.kernel) }
        @if differences.rows.is_empty() {
            p.small { "No difference in machine, plan or program is known." }
        } @else { (differences.html()) }
    }
}

fn folded(place: &Place) -> Markup {
    html! { details { summary { (place.title) } (everything(place).html()) } }
}
