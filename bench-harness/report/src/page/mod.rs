//! The report as one web page that needs nothing else: no network, and no script to be complete.

mod choices;
mod comparison;
mod data;
pub mod diff;
mod document;
mod legend;
mod looks;
mod models;
mod parts;
mod terse;

use analysis::{Summary, Warning};
use maud::{Markup, PreEscaped, html};
use record::number::counted;
use record::store::Run;

use crate::done::what_was_done;
use crate::headline::{warning, what_it_cannot_say, what_was_found};
use crate::machine::taken;
use crate::questions::figure::Figure;
use crate::undecided::what_is_open;
use crate::verdicts::{self, Section};

/// Warnings that are not folded.
const NOTES: usize = 2;

/// The whole page. The same data gives the same bytes.
pub fn html(run: &Run, summary: &Summary, figures: &[Figure]) -> String {
    let sections = verdicts::sections(summary);
    let body = html! {
        a.skip href="#main" { "To the figures" }
        header { (head(run, summary)) }
        (contents(figures, &sections))
        main #main {
            (choices::section(summary))
            @for (index, figure) in figures.iter().enumerate() {
                @if figure.id == "ratio" { (comparison::section(summary, figure)) } @else { (parts::section(figure)) }
                @if index == 0 { (legend::section(summary)) }
            }
            @for section in &sections { (parts::tables(section)) }
            (models::section(summary))
            (machine(run))
        }
        (foot(run))
        script #summary type="application/json" { (PreEscaped(data::data(run, summary))) }
    };
    document::document(&format!("EchoLab {}", run.name), &body)
}

/// The first screen: what was found, how far to trust it, and on which machine.
fn head(run: &Run, summary: &Summary) -> Markup {
    html! {
        h1 { "Echo servers, side by side" }
        div.top {
            div {
                p.lead { (what_was_found(summary)) }
                @if let Some(open) = what_is_open(summary) { p { (open) } }
                p.small { (what_was_done(run, summary)) }
                p.small { (what_it_cannot_say(summary)) }
            }
            div {
                p.small { b { "Machine: " } (run.environment.cpu) (taken(&run.environment)) ", " (run.environment.kernel) ", run " code { (run.name) } }
                @if !summary.warnings.is_empty() {
                    h2 { "Before you trust it" }
                    @let (first, others) = summary.warnings.split_at(summary.warnings.len().min(NOTES));
                    (notes(summary, first))
                    @if !others.is_empty() { details { summary { "and " (counted(others.len(), "more note")) } (notes(summary, others)) } }
                }
            }
        }
    }
}

fn notes(summary: &Summary, warnings: &[Warning]) -> Markup {
    html! { ul.notes { @for noted in warnings { li { (parts::prose(&warning(summary, noted))) } } } }
}

fn contents(figures: &[Figure], sections: &[Section]) -> Markup {
    html! {
        nav aria-label="Contents" {
            ul {
                li { a href="#choices" { "Which to choose" } }
                @for figure in figures { li { a href={ "#" (figure.id) } { (figure.short) } } }
                li { a href="#models" { "The models" } }
                @for section in sections { li { a href={ "#" (section.id) } { (section.short) } } }
                li { a href="#pages" { "Each model" } }
                li { a href="#machine" { "Machine" } }
            }
        }
    }
}

fn machine(run: &Run) -> Markup {
    html! {
        section #machine aria-labelledby="h-machine" {
            h2 #h-machine { "Machine and command" }
            (parts::machine_list(run))
        }
    }
}

fn foot(run: &Run) -> Markup {
    html! {
        footer {
            p {
                "Written by EchoLab " (run.environment.version) " from run " code { (run.name) } ". Every figure of every model under every load, with its range, is in " code { "summary.csv" } " and " code { "summary.json" } " beside this page. The script element with the id " code { "summary" } " holds the deciding figures as JSON."
            }
        }
    }
}
