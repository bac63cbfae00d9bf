//! The models one by one: what each design is, what it costs beside its neighbours in the course and why, what it claims, and how it
//! serves.

mod claims;
mod limits;
mod neighbours;
mod prose;
mod reasons;
mod source;

use std::collections::BTreeSet;

use analysis::{Checked, Summary, check};
use maud::{Markup, html};
use record::environment::Environment;
use record::lesson::Lesson;
use record::plan::{Contender, ContenderId};
use record::store::Run;

use crate::costs::Tables;
use crate::page::parts::{self, mark};
use neighbours::Neighbours;
use prose::Prose;

pub use claims::sentence as claims_sentence;

/// Markdown of a file in this folder of the repository as safe HTML. Relative links lead to the repository, if the commit is known.
pub fn prose(markdown: &str, folder: &str, environment: &Environment) -> Markup {
    let prose = Prose {
        models: &BTreeSet::new(),
        folder,
        commit: source::commit(environment),
    };
    prose.html(markdown)
}

/// The anchor of a model's section, for links from anywhere on the page.
pub fn anchor(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let letters = name.chars().map(|c| if plain(c) { c } else { '-' });
    format!("model-{}", letters.collect::<String>())
}

/// All models, each folded. A model's anchor is inside of its fold, so that a browser opens the fold for it.
pub fn section(run: &Run, summary: &Summary, tables: &Tables) -> Markup {
    let claims = check(summary);
    let explained = Explained::new(run, summary, tables);
    html! {
        section #models aria-labelledby="h-models" {
            h2 #h-models { "The models one by one" }
            p.read { "Each design with its costs beside those of its neighbours in the course, the reasons for them, its claims, and its code." }
            @if let Some(sentence) = claims::sentence(summary, &claims) { p { (parts::prose(&sentence)) } }
            @if summary.prices.is_none() { p.small { "This run did not measure what a switch and a system call cost on its machine, so it names no causes." } }
            @for model in summary.models() { (explained.model(model, &claims)) }
        }
    }
}

/// A run whose models are explained.
struct Explained<'a> {
    run: &'a Run,
    summary: &'a Summary,
    neighbours: Neighbours<'a>,
    /// The names of all models that have a section.
    names: BTreeSet<&'a str>,
}

impl<'a> Explained<'a> {
    fn new(run: &'a Run, summary: &'a Summary, tables: &'a Tables<'a>) -> Self {
        let names = summary
            .models()
            .map(|id| summary.contenders[id].name.as_str());
        Self {
            run,
            summary,
            neighbours: Neighbours::of(summary, tables),
            names: names.collect(),
        }
    }

    fn model(&self, id: ContenderId, claims: &[Checked]) -> Markup {
        let contender = &self.summary.contenders[id];
        let lesson = self.run.lessons.models.get(&contender.name);
        let own = claims
            .iter()
            .filter(|claim| claim.contender == contender.name);
        let own: Vec<&Checked> = own.collect();
        let anchor = anchor(&contender.name);
        html! {
            details.model {
                summary { (mark(self.summary, id)) b { (contender.name) } ", " (contender.family.name()) @if let Some(lesson) = lesson { ": " (lesson.title) } }
                div id=(anchor) {
                    p { (contender.summary) " " a.link href={ "#" (anchor) } { "Link to " (contender.name) } }
                    @if let Some(lesson) = lesson { (self.idea(lesson)) }
                    div.columns {
                        div { (self.neighbours.table(id)) (reasons::reasons(self.summary, id)) (claims::list(self.summary, &own)) }
                        div {
                            @if let Some(lesson) = lesson { (self.ends(lesson)) }
                            (limits::limits(self.summary, id))
                            (self.source(contender, lesson))
                        }
                    }
                }
            }
        }
    }

    /// The picture, which is often wider than a phone, and the idea.
    fn idea(&self, lesson: &Lesson) -> Markup {
        let prose = self.prose(lesson);
        html! {
            div.lesson {
                div { h3 { "The idea" } (prose.html(&lesson.idea)) }
                div { h3 { "The picture" } (prose.html(&lesson.picture)) }
            }
        }
    }

    fn ends(&self, lesson: &Lesson) -> Markup {
        html! { h3 { "Where it ends" } (self.prose(lesson).html(&lesson.ends)) }
    }

    fn source(&self, contender: &Contender, lesson: Option<&Lesson>) -> Markup {
        match (&contender.command, lesson) {
            (Some(command), _) => html! { p.small { "External server: " code { (command) } } },
            (None, Some(lesson)) => source::source(self.run, lesson),
            (None, None) => {
                html! { p.small { "This run stored no text about the model. " code { "echolab list " (contender.name) } " describes it." } }
            }
        }
    }

    fn prose(&self, lesson: &'a Lesson) -> Prose<'_> {
        Prose {
            models: &self.names,
            folder: &lesson.folder,
            commit: source::commit(&self.run.environment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_has_no_letter_that_a_link_cannot_have() {
        assert_eq!(anchor("epoll-level"), "model-epoll-level");
        assert_eq!(anchor("ready <\"scan\">"), "model-ready---scan--");
    }
}
