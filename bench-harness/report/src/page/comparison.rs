//! The comparison on the page, with other baselines behind radio buttons: the style sheet switches them, no script is needed.

use analysis::Summary;
use maud::{Markup, html};

use super::parts;
use crate::questions::baselines::other_baselines;
use crate::questions::figure::Figure;

/// The first figure, and the same for other baselines.
pub fn section(summary: &Summary, first: &Figure) -> Markup {
    let others = other_baselines(summary);
    let baseline = &summary.contenders[summary.baseline].name;
    let names = [baseline]
        .into_iter()
        .chain(others.iter().map(|other| &other.name));
    html! {
        section.figure.wide id=(first.id) aria-labelledby={ "h-" (first.id) } {
            @if !others.is_empty() {
                fieldset.against {
                    legend { "Compare with" }
                    @for (index, name) in names.enumerate() {
                        label { input type="radio" name="against" id={ "b" (index) } checked[index == 0]; " " (name) }
                    }
                    span.small { " Other baselines: " code { "echolab report RUN --baseline NAME" } }
                }
            }
            div.alt.a0 { (parts::figure(first, &first.id)) }
            @for (index, other) in others.iter().enumerate() {
                div class={ "alt a" (index + 1) } { (parts::figure(&other.figure, &format!("{}-{}", other.figure.id, index + 1))) }
            }
        }
    }
}
