//! The page about two runs: what changed, how sure that is, and what else is not the same.

use analysis::Diff;
use maud::{Markup, html};
use record::store::Run;

use super::super::shown::change::{Place, decided, everything, figure, places, sentences, unlike};
use super::super::words;
use super::{document, section};

/// The whole page. The same data gives the same bytes.
pub fn html(before: &Run, after: &Run, found: &Diff) -> String {
    let places = places(found);
    let figure = figure(found, &before.plan.contenders);
    let body = html! {
        a.skip href="#main" { "To the figures" }
        header { (head(before, after, found)) }
        main #main {
            section #decision aria-labelledby="h-decision" {
                h2 #h-decision { "What got better, what worse, and what is not decided?" }
                (decided(&places).html())
            }
            @if let Some(figure) = &figure { (section(figure)) }
            section #figures aria-labelledby="h-figures" {
                h2 #h-figures { "Every figure that is judged" }
                p.read { b { "How to read it: " } "the second run's median divided by the first's, with its 95 % interval (Hodges-Lehmann, \
                    exact Mann-Whitney), and the word of a report: adjusted for all models of a column (Holm), and none where one of the \
                    two runs did not measure its baseline like itself." }
                @for place in &places { (folded(place)) }
            }
            section #machine aria-labelledby="h-machine" {
                h2 #h-machine { "Machine and command of the second run" }
                dl { @for (name, value) in words::machine(after) { dt { (name) } dd { (value) } } }
            }
        }
        footer { p { "Written by EchoLab " (after.environment.version) " from the runs " code { (before.name) } " and " code { (after.name) } ". " code { "echolab diff --json" } " gives the same as JSON." } }
    };
    document(
        &format!("EchoLab {} against {}", after.name, before.name),
        &body,
    )
}

fn head(before: &Run, after: &Run, found: &Diff) -> Markup {
    let unlike = unlike(found);
    html! {
        h1 { (after.name) " against " (before.name) }
        p.lead { (sentences(found)) }
        p.small { b { "Machine: " } (after.environment.cpu) ", " (after.environment.kernel) }
        @if unlike.rows.is_empty() {
            p.small { "Machine, plan and program are the same in both runs, as far as they are known." }
        } @else { (unlike.html()) }
    }
}

fn folded(place: &Place) -> Markup {
    html! { details { summary { (place.title) } (everything(place).html()) } }
}
