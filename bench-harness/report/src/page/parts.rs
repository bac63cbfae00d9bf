//! Parts of a page that several sections share: figures, tables, marks, and the list of machine and command.

use analysis::Summary;
use maud::{Markup, html};
use record::plan::ContenderId;
use record::store::Run;

use crate::machine::machine;
use crate::questions::figure::Figure;
use crate::svg::Who;
use crate::verdicts::Section;

/// A figure in a section of its own.
pub fn section(shown: &Figure) -> Markup {
    html! {
        section.figure id=(shown.id) aria-labelledby={ "h-" (shown.id) } { (figure(shown, &shown.id)) }
    }
}

/// The content of a figure's section, with an identifier that is unique on the page.
pub fn figure(figure: &Figure, id: &str) -> Markup {
    html! {
        div.about {
            h2 id={ "h-" (id) } { (figure.question) }
            p.read { b { "How to read it: " } (figure.how_to_read) }
            p.not { b { "Not shown: " } (figure.not_shown) }
        }
        div.panels {
            @for (index, panel) in figure.panels.iter().enumerate() { (panel.inline(&format!("{id}-{index}"), &figure.question)) }
        }
        details { summary { "The data of this figure" } (figure.table.html()) }
    }
}

/// A question that tables answer.
pub fn tables(section: &Section) -> Markup {
    html! {
        section id=(section.id) aria-labelledby={ "h-" (section.id) } {
            h2 id={ "h-" (section.id) } { (section.question) }
            p.read { b { "How to read it: " } (section.how_to_read) }
            @for table in &section.tables { (table.html()) }
        }
    }
}

/// A contender's mark in a line of text.
pub fn mark(summary: &Summary, contender: ContenderId) -> Markup {
    let look = Who::of(contender, &summary.contenders[contender]).look;
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
