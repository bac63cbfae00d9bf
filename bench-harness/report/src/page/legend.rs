//! The models and their looks: the legend of all figures.

use analysis::{Members, Summary};
use maud::{Markup, html};
use record::plan::ContenderId;

use super::parts::mark;
use crate::detail::Detail;
use crate::questions::rows::families;

/// The models by family. The script makes buttons of their names.
pub fn section(summary: &Summary) -> Markup {
    html! {
        section #models aria-labelledby="h-models" {
            h2 #h-models { "The models and their marks" }
            p.hint.small { "Click a name to hide or show the model in all figures. Click a family to hide or show all its members." }
            div.who { @for family in families(summary) { (legend(summary, &family)) } }
        }
    }
}

fn legend(summary: &Summary, Members { family, members }: &Members) -> Markup {
    let numbers: Vec<String> = members.iter().map(|id| id.0.to_string()).collect();
    html! {
        div {
            h3 { span data-m=(numbers.join(" ")) { (family) } }
            // The sentence is on the page of the model too; with reduced detail it is there only.
            @if Detail::of(summary) == Detail::Full {
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

fn name(summary: &Summary, member: ContenderId) -> Markup {
    html! { span data-m=(member.0) { (mark(summary, member)) (summary.contenders[member].name) } }
}
