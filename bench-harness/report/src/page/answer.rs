//! The first screen of the page: the heading with the machine, the answer, and how sure it is.

use analysis::Summary;
use maud::{Markup, html};
use record::store::Run;

use super::parts::{prose, sentences};
use crate::answer::{self, Block, QUESTION};
use crate::undecided::plan_for_more;

/// The identifier of the drawing, for those who show it again.
pub const PICTURE: &str = "answer-drawing";

/// The question of the project, and what was measured where.
pub fn head(run: &Run, summary: &Summary) -> Markup {
    html! {
        h1 { "Which way to write a server?" }
        p.small { (answer::machine(run, summary)) }
    }
}

/// The answer.
pub fn section(run: &Run, summary: &Summary) -> Markup {
    // The handout shows the same picture.
    let picture = answer::picture(summary).map(|panel| panel.named(PICTURE));
    html! {
        section #answer aria-label="The answer" {
            p.choice { (sentences(&answer::choice(summary))) }
            @if let Some(against) = answer::against(summary) { p.against { (against) } }
            div.evidence.alone[picture.is_none()] {
                div {
                    @for block in answer::blocks(summary) { (evidence(&block)) }
                    (sure(run, summary))
                }
                @if let Some(picture) = &picture {
                    figure { figcaption { (QUESTION) } (picture.inline("answer-0", QUESTION)) }
                }
            }
        }
    }
}

fn evidence(block: &Block) -> Markup {
    html! {
        div.block {
            h2 { (block.heading) }
            p { (sentences(&block.said)) }
            @if let Some(why) = &block.why { p.why { "Why: " (why) } }
        }
    }
}

fn sure(run: &Run, summary: &Summary) -> Markup {
    html! {
        p.how-sure {
            @let sure = answer::how_sure(summary);
            @if !sure.is_empty() { b { "How sure? " } (prose(&sure)) " " }
            b { "Not measured: " } (answer::not_seen(run, summary)) "."
            @if let Some(longer) = plan_for_more(summary) { " " b { "Longer: " } (prose(&longer)) }
        }
    }
}
