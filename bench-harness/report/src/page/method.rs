//! How the run was made, and its warnings.

use analysis::Summary;
use maud::{Markup, html};
use record::store::Run;

use super::parts::prose;
use crate::answer::how_chosen;
use crate::done::what_was_done;
use crate::notes::warning;
use crate::undecided::what_is_open;

/// What was done, how designs are chosen, and what to know before trusting it.
pub fn section(run: &Run, summary: &Summary) -> Markup {
    html! {
        section #method aria-labelledby="h-method" {
            h2 #h-method { "How it was measured" }
            p { (what_was_done(run, summary)) }
            @if let Some(open) = what_is_open(summary) { p { (open) } }
            p { (how_chosen(summary)) }
            @if !summary.warnings.is_empty() {
                h3 { "Before you trust it" }
                ul.notes { @for noted in &summary.warnings { li { (prose(&warning(summary, noted))) } } }
            }
        }
    }
}
