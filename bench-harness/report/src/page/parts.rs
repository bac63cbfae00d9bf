//! Parts of a page that several sections share: figures, tables, marks, and the list of machine and command.

use analysis::Summary;
use maud::{Markup, html};
use record::plan::ContenderId;
use record::store::Run;

use crate::answer::Said;
use crate::machine::machine;
use crate::questions::figure::Figure;
use crate::svg::Identity;
use crate::verdicts::Section;

/// A figure in a section of its own.
pub fn section(shown: &Figure) -> Markup {
    html! {
        section.figure id=(shown.id) aria-labelledby={ "h-" (shown.id) } { (figure(shown, &shown.id)) }
    }
}

/// The content of a figure's section, with an identifier that is unique on the page. Everything but the drawings is folded to one
/// line each.
pub fn figure(figure: &Figure, id: &str) -> Markup {
    html! {
        h2 id={ "h-" (id) } { (figure.question) }
        div.panels {
            @for (index, panel) in figure.panels.iter().enumerate() { (panel.inline(&format!("{id}-{index}"), &figure.question)) }
        }
        div.folds {
            details { summary { "How to read it" } p { (figure.how_to_read) } }
            details { summary { "Not shown" } p { (figure.not_shown) } }
            details.data { summary { "The data of this figure" } (figure.table.html()) }
        }
    }
}

/// A question that tables answer, folded within another section.
pub fn fold(section: &Section) -> Markup {
    html! {
        details id=(section.id) {
            summary { (section.question) }
            p.read { b { "How to read it: " } (section.how_to_read) }
            @for table in &section.tables { (table.html()) }
        }
    }
}

/// A contender's mark in a line of text.
pub fn mark(summary: &Summary, contender: ContenderId) -> Markup {
    let look = Identity::of(contender, &summary.contenders[contender]).look;
    html! {
        svg class={ "mark " (look.colour()) } aria-hidden="true" { use href=(look.shape()) {} }
    }
}

/// Names and values of the machine and the command.
pub fn machine_list(run: &Run) -> Markup {
    html! { dl { @for (name, value) in machine(run) { dt { (name) } dd { (value) } } } }
}

/// Text in which the parts between backticks are code.
pub fn prose(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// Sentences, those that a reader must not miss in bold.
pub fn sentences(said: &[Said]) -> Markup {
    html! {
        @for (index, said) in said.iter().enumerate() {
            @if index > 0 { " " }
            @if said.is_strong { b { (said.text) } } @else { (said.text) }
        }
    }
}
