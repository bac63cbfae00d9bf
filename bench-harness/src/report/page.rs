//! The report as one web page that needs nothing else: no network, no script.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::figure::Figure;
use super::verdicts::{self, Section};
use super::{FIGURE_STYLE, words};
use crate::analysis::Summary;
use crate::store::Run;

const PAGE_STYLE: &str = include_str!("page.css");

/// The whole page. The same data gives the same bytes.
pub fn html(run: &Run, summary: &Summary, figures: &[Figure]) -> String {
    let style = format!("{FIGURE_STYLE}{PAGE_STYLE}");
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(&style));
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "EchoLab " (run.name) }
                style { (PreEscaped(&style)) }
            }
            body {
                header { (head(run, summary, figures)) }
                main {
                    @for figure in figures { (section(figure)) }
                    @for part in verdicts::sections(summary) { (tables(&part)) }
                    (everything(summary))
                    (machine(run))
                }
                footer { p { "Written by EchoLab " (run.environment.version) " from " "run " code { (run.name) } "." } }
            }
        }
    };
    page.into_string() + "\n"
}

/// Nothing may be loaded, and no style but this one applies.
fn policy(style: &str) -> String {
    let hash = BASE64.encode(Sha256::digest(style));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

fn head(run: &Run, summary: &Summary, figures: &[Figure]) -> Markup {
    html! {
        h1 { "Echo servers, side by side" }
        p.muted { "Run " code { (run.name) } " · " (run.environment.cpu) " · " (run.environment.kernel) }
        p.lead { (words::what_was_found(summary)) }
        p { (words::what_was_done(run, summary)) }
        p.not { b { "Not shown: " } (words::WHAT_IT_CANNOT_SAY) }
        @if !summary.warnings.is_empty() {
            h2 { "Before you believe it" }
            ul.notes { @for warning in &summary.warnings { li { (prose(&words::warning(warning))) } } }
        }
        nav aria-label="Contents" {
            ul {
                @for figure in figures { li { a href={ "#" (figure.id) } { (figure.question) } } }
                @for part in verdicts::sections(summary) { li { a href={ "#" (part.id) } { (part.question) } } }
                li { a href="#everything" { "Everything that was measured" } }
                li { a href="#machine" { "Machine and command" } }
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

fn section(figure: &Figure) -> Markup {
    html! {
        section id=(figure.id) {
            h2 { (figure.question) }
            p.read { b { "How to read it: " } (figure.read) }
            div.panels { @for panel in &figure.panels { (panel.inline()) } }
            p.not { b { "Not shown: " } (figure.not) }
            details { summary { "The data of this figure" } (figure.table.html()) }
        }
    }
}

fn tables(part: &Section) -> Markup {
    html! {
        section id=(part.id) {
            h2 { (part.question) }
            p.read { b { "How to read it: " } (part.read) }
            @for table in &part.tables { (table.html()) }
        }
    }
}

fn everything(summary: &Summary) -> Markup {
    html! {
        section id="everything" {
            h2 { "Everything that was measured" }
            p.read {
                b { "How to read it: " } "medians of the trials that count. A dash: not measured, or too few samples \
                (a percentile needs at least 100 requests beyond it in each trial)."
            }
            @for load in 0..summary.loads.len() { (words::everything(summary, load).html()) }
            h3 { "The models" }
            dl.who { @for who in &summary.contenders { dt { (who.name) } dd { (who.summary) span.muted { " " (who.family) } } } }
        }
    }
}

fn machine(run: &Run) -> Markup {
    html! {
        section id="machine" {
            h2 { "Machine and command" }
            dl { @for (name, value) in words::machine(run) { dt { (name) } dd { (value) } } }
        }
    }
}
