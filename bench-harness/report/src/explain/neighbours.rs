//! The figures of a model beside those of the models before and after it in the course.

use analysis::Summary;
use maud::{Markup, html};
use record::plan::{ContenderId, LoadId};

use super::anchor;
use crate::costs::{Few, Tables};
use crate::phrases::{load_name, why_missing};

/// The tables from which models are shown between their neighbours.
pub struct Neighbours<'a> {
    summary: &'a Summary,
    tables: &'a Tables<'a>,
    /// The table of the load that the shortest report shows.
    usual: Few<'a>,
}

impl<'a> Neighbours<'a> {
    /// Under the load that the shortest report shows.
    pub fn of(summary: &'a Summary, tables: &'a Tables<'a>) -> Self {
        Self {
            summary,
            tables,
            usual: Few::of(summary, tables, summary.shown_load()),
        }
    }

    /// The table; a sentence if the model was measured under no load.
    pub fn table(&self, model: ContenderId) -> Markup {
        let summary = self.summary;
        match self.load(model) {
            Some(load) if load == self.usual.load() => self.between(model, &self.usual),
            Some(load) => self.between(model, &Few::of(summary, self.tables, load)),
            None => {
                html! { p { "No figures: " (why_missing(summary, model, self.usual.load())) "." } }
            }
        }
    }

    /// The usual load, or else the last one under which the model was measured.
    fn load(&self, model: ContenderId) -> Option<LoadId> {
        let all = [self.usual.load()]
            .into_iter()
            .chain(self.summary.measured_loads().rev());
        let mut measured = all.filter(|&load| self.is_measured(model, load));
        measured.next()
    }

    fn is_measured(&self, model: ContenderId, load: LoadId) -> bool {
        self.summary.cell(model, load).trials > 0
    }

    fn between(&self, model: ContenderId, few: &Few) -> Markup {
        let name = |id: ContenderId| &self.summary.contenders[id].name;
        let caption = format!(
            "Between its neighbours in the course, at {}",
            load_name(self.summary, few.load())
        );
        let linked = |id: ContenderId| {
            let name = name(id);
            html! { @if id == model { (name) } @else { a href={ "#" (anchor(name)) } { (name) } } }
        };
        html! {
            div.scroll tabindex="0" role="region" aria-label={ (name(model)) " and its neighbours" } {
                (few.html(Some(&caption), &self.around(model, few.load()), linked))
            }
        }
    }

    /// The model with those before and after it in the course that were measured under this load. An external server is no part of
    /// the course.
    fn around(&self, model: ContenderId, load: LoadId) -> Vec<ContenderId> {
        let is_in_course = |id: &ContenderId| {
            self.summary.contenders[*id].command.is_none() && self.is_measured(*id, load)
        };
        let course = || self.summary.models().filter(is_in_course);
        let before = course().rfind(|other| other.0 < model.0);
        let after = course().find(|other| other.0 > model.0);
        [before, Some(model), after].into_iter().flatten().collect()
    }
}
