//! The report as one web page that needs nothing else: no network, and no script to be complete.

mod choices;
mod comparison;
pub mod diff;
mod looks;
mod models;
mod terse;

use analysis::{Summary, Warning};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use record::number::counted;
use record::store::Run;
use sha2::{Digest, Sha256};
use terse::terse;

use super::shown::Figure;
use super::svg::mark::shapes;
use super::svg::once::once;
use super::svg::panel::STYLE;
use super::svg::{Who, short};
use super::verdicts::{self, Section};
use super::{data, shown, words};

const PAGE_STYLE: &str = include_str!("page.css");
/// Hides and shows contenders, and says values; everything else works without it.
const SCRIPT: &str = include_str!("script.js");

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
                @if figure.id == "ratio" { (comparison::section(summary, figure)) } @else { (section(figure)) }
                @if index == 0 { (legends(summary)) }
            }
            @for part in &sections { (tables(part)) }
            (models::section(summary))
            (machine(run))
        }
        (foot(run))
        script #summary type="application/json" { (PreEscaped(data::inline(run, summary))) }
    };
    document(&format!("EchoLab {}", run.name), &body)
}

fn foot(run: &Run) -> Markup {
    html! {
        footer {
            p {
                "Written by EchoLab " (run.environment.version) " from run " code { (run.name) } ". Every figure of every model under every \
                load, with its range, stands in " code { "summary.csv" } " and " code { "summary.json" } " beside this page; the script \
                element with the id " code { "summary" } " holds what decides as JSON."
            }
        }
    }
}

/// A page around its body.
fn document(title: &str, body: &Markup) -> String {
    let (style, body) = looks::once(&format!("{STYLE}{PAGE_STYLE}"), &body.0);
    let style = terse::style(&style);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(&style));
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(&style)) }
            }
            body {
                svg.shapes aria-hidden="true" { (shapes()) }
                (PreEscaped(&body))
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    terse(&once(&short(&page.into_string()))) + "\n"
}

/// Nothing may be loaded, and neither a style nor a script but these may run.
fn policy(style: &str) -> String {
    let hash = |text: &str| format!("'sha256-{}'", BASE64.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash(style),
        hash(SCRIPT)
    )
}

/// The first screen: what was found, what that is worth, and on which machine.
fn head(run: &Run, summary: &Summary) -> Markup {
    html! {
        h1 { "Echo servers, side by side" }
        div.top {
            div {
                p.lead { (words::what_was_found(summary)) }
                p.small { (words::what_was_done(run, summary)) }
                p.small { b { "Not shown: " } (words::what_it_cannot_say(summary)) }
            }
            div {
                p.small { b { "Machine: " } (run.environment.cpu) ", " (run.environment.kernel) ", run " code { (run.name) } }
                @if !summary.warnings.is_empty() {
                    h2 { "Before you believe it" }
                    @let (first, rest) = summary.warnings.split_at(summary.warnings.len().min(NOTES));
                    (notes(first))
                    @if !rest.is_empty() { details { summary { "and " (counted(rest.len(), "more note")) } (notes(rest)) } }
                }
            }
        }
    }
}

fn notes(warnings: &[Warning]) -> Markup {
    html! { ul.notes { @for warning in warnings { li { (prose(&words::warning(warning))) } } } }
}

fn contents(figures: &[Figure], sections: &[Section]) -> Markup {
    html! {
        nav aria-label="Contents" {
            ul {
                li { a href="#choices" { "Which to take" } }
                @for figure in figures { li { a href={ "#" (figure.id) } { (figure.short) } } }
                li { a href="#models" { "The models" } }
                @for part in sections { li { a href={ "#" (part.id) } { (part.short) } } }
                li { a href="#pages" { "A page a model" } }
                li { a href="#machine" { "Machine" } }
            }
        }
    }
}

/// Text in which what stands between backticks is code.
fn prose(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn section(one: &Figure) -> Markup {
    html! {
        section.figure id=(one.id) aria-labelledby={ "h-" (one.id) } { (figure(one, &one.id)) }
    }
}

/// What stands in the section of a figure, with an identifier that is unique on the page.
fn figure(figure: &Figure, id: &str) -> Markup {
    html! {
        div.about {
            h2 id={ "h-" (id) } { (figure.question) }
            p.read { b { "How to read it: " } (figure.read) }
            p.not { b { "Not shown: " } (figure.not) }
        }
        div.panels {
            @for (index, panel) in figure.panels.iter().enumerate() { (panel.inline(&format!("{id}-{index}"), &figure.question)) }
        }
        details { summary { "The data of this figure" } (figure.table.html()) }
    }
}

/// Who took part: also the legend of all figures.
fn legends(summary: &Summary) -> Markup {
    html! {
        section #models aria-labelledby="h-models" {
            h2 #h-models { "The models, and how they look in every figure" }
            p.hint.small { "Press a name to hide or show it in all figures; the name of a family does so for all its members." }
            div.who { @for (family, members) in shown::families(summary) { (legend(summary, family, &members)) } }
        }
    }
}

/// A name that the script makes a button of.
fn name(summary: &Summary, member: usize) -> Markup {
    let contender = &summary.contenders[member];
    html! { span data-m=(member) { (sample(&Who::of(member, contender))) (contender.name) } }
}

fn legend(summary: &Summary, family: &str, members: &[usize]) -> Markup {
    let indices: Vec<String> = members.iter().map(ToString::to_string).collect();
    html! {
        div {
            h3 { span data-m=(indices.join(" ")) { (family) } }
            // The sentence stands on the page of the model too; it is said once where there is little room.
            @if shown::Room::of(summary) == shown::Room::Plenty {
                dl {
                    @for &member in members {
                        dt { (name(summary, member)) }
                        dd { (summary.contenders[member].summary) }
                    }
                }
            } @else {
                ul { @for &member in members { li { (name(summary, member)) } } }
            }
        }
    }
}

/// A contender's mark in a line of text.
fn sample(who: &Who) -> Markup {
    html! {
        svg class={ "mark " (who.look.colour()) } aria-hidden="true" { use href=(who.look.shape()) {} }
    }
}

fn tables(part: &Section) -> Markup {
    html! {
        section id=(part.id) aria-labelledby={ "h-" (part.id) } {
            h2 id={ "h-" (part.id) } { (part.question) }
            p.read { b { "How to read it: " } (part.read) }
            @for table in &part.tables { (table.html()) }
        }
    }
}

fn machine(run: &Run) -> Markup {
    html! {
        section #machine aria-labelledby="h-machine" {
            h2 #h-machine { "Machine and command" }
            dl { @for (name, value) in words::machine(run) { dt { (name) } dd { (value) } } }
        }
    }
}
