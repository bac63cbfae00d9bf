//! The report as one web page that needs nothing else: no network, and no script to be complete.

mod answer;
pub mod diff;
pub mod document;
mod lanes;
mod looks;
mod method;
pub mod parts;
mod terse;

pub use answer::PICTURE;

use analysis::Summary;
use maud::{Markup, PreEscaped, html};
use record::store::Run;

use crate::costs;
use crate::explain;
use crate::handout;
use crate::questions::figure::Figure;

/// The whole page. The same data gives the same bytes.
pub fn html(run: &Run, summary: &Summary, figures: &[Figure]) -> String {
    let tables = costs::Tables::of(summary);
    let body = html! {
        (handout::sheet(run, summary, &tables, figures))
        a.skip href="#main" { "To the figures" }
        header { (answer::head(run, summary)) }
        main #main {
            (answer::section(run, summary))
            (contents(figures))
            (costs::section(summary, &tables))
            @for figure in figures {
                @if figure.id == lanes::ID { (lanes::section(summary, figure)) } @else { (parts::section(figure)) }
            }
            (explain::section(run, summary, &tables))
            (method::section(run, summary))
            (machine(run))
        }
        (foot(run))
        script #data type="application/json" { (PreEscaped(costs::data(run, summary))) }
    };
    document::document(&format!("EchoLab {}", run.name), &body)
}

fn contents(figures: &[Figure]) -> Markup {
    html! {
        nav aria-label="Contents" {
            ul {
                li { a href="#costs" { "All costs" } }
                @for figure in figures { li { a href={ "#" (figure.id) } { (figure.short) } } }
                li { a href="#models" { "Each model" } }
                li { a href="#method" { "Method and notes" } }
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
                "Written by EchoLab " (run.environment.version) " from run " code { (run.name) } ". Every figure of every model under every load, with its range, is in " code { "summary.csv" } " and " code { "summary.json" } " beside this page. The script element with the id " code { "data" } " holds the cost tables and the rounds behind them as JSON."
            }
        }
    }
}
