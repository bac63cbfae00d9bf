//! The first sheet on paper: one page for a class, with the answer, the costs of the core models, a picture, the machine, and three
//! questions. Everything comes from the run. The screen does not show it.

mod quiz;

use analysis::Summary;
use maud::{Markup, html};
use record::plan::{ContenderId, LoadId};
use record::store::Run;

use crate::answer::{self, Block, QUESTION, Said, heading};
use crate::costs::{Few, Tables};
use crate::machine::command;
use crate::page::PICTURE;
use crate::page::parts::sentences;
use crate::questions::figure::Figure;

/// Rows of the table that fit on the sheet beside everything else.
const ROWS: usize = 14;

/// The sheet; nothing if nothing was measured.
pub fn sheet(run: &Run, summary: &Summary, tables: &Tables, figures: &[Figure]) -> Markup {
    let Some(&load) = summary.headline_loads().first() else {
        return html! {};
    };
    let models = core(run, summary);
    let questions = quiz::questions(summary, load, &models);
    html! {
        aside.handout aria-label="Handout" {
            p.handout-title { "Which way to write a server?" }
            p.small { (answer::machine(run, summary)) }
            p.choice { (sentences(&answer::choice(summary))) }
            div.handout-top {
                div {
                    @for block in answer::blocks(summary) { (most_important(&block)) }
                    p.small { @if let Some(against) = answer::against(summary) { (against) " " } b { "Not measured: " } (answer::not_seen(run, summary)) "." }
                }
                (picture(summary, figures))
            }
            p.handout-head { "What a request costs: " (heading(summary, load)) }
            (costs(summary, &Few::of(summary, tables, load), &models))
            (quiz(&questions))
            p.small { code { (command(&run.environment)) } ". The pages behind this one show all models, loads and figures of run " code { (run.name) } "." }
        }
    }
}

/// What a reader must not miss about one load, and why it is so.
fn most_important(block: &Block) -> Markup {
    let strong: Vec<Said> = block
        .said
        .iter()
        .filter(|said| said.is_strong)
        .cloned()
        .collect();
    let said = if strong.is_empty() {
        &block.said
    } else {
        &strong
    };
    html! {
        div.block {
            h2 { (block.heading) }
            p { (sentences(said)) }
            @if let Some(why) = &block.why { p.why { "Why: " (why) } }
        }
    }
}

/// The core models of the course that took part; all models if they are few, or if the run does not know its core.
fn core(run: &Run, summary: &Summary) -> Vec<ContenderId> {
    let is_core = |id: &ContenderId| {
        let lesson = run.lessons.models.get(&summary.contenders[*id].name);
        lesson.is_some_and(|lesson| lesson.core) || *id == summary.baseline
    };
    let all: Vec<ContenderId> = summary.models().collect();
    let core: Vec<ContenderId> = summary.models().filter(is_core).collect();
    let mut shown = if all.len() <= ROWS || core.len() < 3 {
        all
    } else {
        core
    };
    shown.truncate(ROWS);
    shown
}

/// The rows of these models, the best first, and then those without a rank.
fn costs(summary: &Summary, few: &Few, models: &[ContenderId]) -> Markup {
    let rows = [few.ranked(models), few.unranked(models)].concat();
    let name = |id: ContenderId| html! { (summary.contenders[id].name) };
    html! { (few.html(None, &rows, name)) p.small { (few.key()) } }
}

/// The picture of the first screen, or else the first panel of the main figure.
fn picture(summary: &Summary, figures: &[Figure]) -> Markup {
    let own = answer::picture(summary).map(|panel| (QUESTION.to_owned(), panel.again(PICTURE)));
    let first = || {
        let figure = figures.iter().find(|figure| !figure.panels.is_empty())?;
        Some((figure.question.clone(), figure.panels[0].clone()))
    };
    html! {
        @if let Some((question, panel)) = own.or_else(first) {
            div.handout-picture {
                p { b { (question) } }
                (panel.inline("handout-picture", &question))
            }
        }
    }
}

/// The questions, and the answers upside down, so that a reader thinks first.
fn quiz(questions: &[quiz::Question]) -> Markup {
    html! {
        @if !questions.is_empty() {
            p.handout-head { "Questions" }
            ol { @for question in questions { li { (question.ask) } } }
            ol.upside-down { @for question in questions { li { (question.answer) } } }
        }
    }
}

/// The ratio of a contender to the baseline under a load in the figure that decides, as a reader of the table finds it.
fn ratio(summary: &Summary, contender: ContenderId, load: LoadId) -> Option<f64> {
    let compared = &summary.cell(contender, load).compared;
    Some(compared.get(&summary.deciding(load))?.ratio.estimate)
}
