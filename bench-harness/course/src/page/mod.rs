//! The page of a lesson and the page of the course: self-contained, without a script, in the look of the reports.

mod figure;

use maud::{Markup, html};
use record::number::{counted, significant};
use report::svg::panel;
use report::{Table, of_environment, prose, still_document};

use crate::catalogue::Lesson;
use crate::lesson::Chapter;
use crate::outcome::Outcome;
use crate::predict::letter;
use crate::quantity::Interval;
use crate::terminal::{place, prediction_in_words, verdict};
use crate::text::is_listing;

/// The page of a lesson.
pub fn lesson(lesson: &Lesson, outcome: &Outcome) -> String {
    let document = &lesson.document;
    let body = html! {
        header {
            p.small { "EchoLab, " (place(document)) ", " code { (lesson.name) } }
            h1 { (document.title) }
        }
        main #main {
            (content(lesson, outcome, ""))
            section aria-labelledby="h-machine" {
                h2 #h-machine { "Machine and command" }
                (machine(outcome))
            }
        }
        (foot(outcome))
    };
    still_document(&document.title, &body)
}

/// The page of the course: all lessons in order, those without a result too.
pub fn course(results: &[(&Lesson, Option<&Outcome>)]) -> String {
    let outcomes = || results.iter().filter_map(|(_, outcome)| *outcome);
    let shown = outcomes().filter(|outcome| outcome.shown).count();
    let last = outcomes().next_back();
    let body = html! {
        header {
            h1 { "The course: predict, run, see" }
            p.lead { (counted(shown, "lesson")) " of " (results.len()) " shown on this machine." }
        }
        nav aria-label="Contents" { (contents(results)) }
        main #main {
            @for (lesson, outcome) in results { (section(lesson, *outcome)) }
            @if let Some(outcome) = last {
                section aria-labelledby="h-machine" {
                    h2 #h-machine { "Machine and command" }
                    (machine(outcome))
                }
            }
        }
        @if let Some(outcome) = last { (foot(outcome)) }
    };
    still_document("The course of EchoLab", &body)
}

/// The figure of a lesson as a picture of its own, for slides; `None` if no row is drawn.
pub fn picture(lesson: &Lesson, outcome: &Outcome) -> Option<String> {
    let panel = figure::panel(lesson, outcome)?;
    Some(panel::file(&lesson.document.title, &[panel]))
}

fn contents(results: &[(&Lesson, Option<&Outcome>)]) -> Markup {
    let of = |chapter: Chapter| {
        let lessons = results.iter().map(|(lesson, _)| *lesson);
        lessons.filter(move |lesson| lesson.document.chapter == chapter)
    };
    html! {
        ul {
            @for chapter in Chapter::ALL.into_iter().filter(|chapter| of(*chapter).next().is_some()) {
                li {
                    b { (chapter.number()) ". " (chapter.title()) ": " }
                    @for (index, lesson) in of(chapter).enumerate() {
                        @if index > 0 { ", " }
                        a href={ "#" (lesson.name) } { (lesson.name) }
                    }
                }
            }
        }
    }
}

fn section(lesson: &Lesson, outcome: Option<&Outcome>) -> Markup {
    html! {
        section id=(lesson.name) aria-labelledby={ "h-" (lesson.name) } {
            p.small { (place(&lesson.document)) ", " code { (lesson.name) } }
            h2 id={ "h-" (lesson.name) } { (lesson.document.title) }
            @match outcome {
                Some(outcome) => (content(lesson, outcome, &format!("{}-", lesson.name))),
                None => p { "No result yet: " code { "echolab lesson " (lesson.name) } },
            }
        }
    }
}

/// Question, figure and texts. The prefix makes identifiers unique on the page of the course.
fn content(lesson: &Lesson, outcome: &Outcome, prefix: &str) -> Markup {
    let panel = figure::panel(lesson, outcome);
    let folder = format!("crates/lessons/{}", lesson.name);
    html! {
        (question(lesson))
        p.lead { (code(&verdict(outcome))) }
        @if let Some(words) = prediction_in_words(lesson, outcome) { p { b { (code(&words)) } } }
        @if let Some(panel) = panel {
            div.panels { (panel.inline(&format!("{prefix}figure"), &lesson.document.figure.title)) }
        }
        @for note in &outcome.notes { p.small { (code(note)) } }
        @if !outcome.rows.is_empty() { (values(lesson, outcome).html()) }
        @if !outcome.checks.is_empty() { (checks(lesson, outcome).html()) }
        @for (heading, text) in lesson.text.sections() {
            h3 { (heading) }
            (prose(text, &folder, &outcome.environment))
        }
    }
}

/// A sentence in which the parts between backticks are code.
fn code(sentence: &str) -> Markup {
    html! {
        @for (index, part) in sentence.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn question(lesson: &Lesson) -> Markup {
    let document = &lesson.document;
    html! {
        @for paragraph in document.question.trim().split("\n\n") {
            @if is_listing(paragraph) { pre tabindex="0" { (paragraph) } } @else { p { (code(paragraph)) } }
        }
        @if !document.prediction.choices.is_empty() {
            ul.notes {
                @for (index, choice) in document.prediction.choices.iter().enumerate() {
                    li { b { (letter(index)) } " " (code(&choice.says)) }
                }
            }
        }
    }
}

/// All rows, also those that are not drawn.
fn values(lesson: &Lesson, outcome: &Outcome) -> Table {
    let caption = format!("What was measured: {}", lesson.name);
    let mut table = Table::new(&caption, &["row", "value", "values"]);
    for row in &outcome.rows {
        let value = Interval::of(row).map_or_else(String::new, |value| value.words(row.unit));
        table
            .rows
            .push(vec![row.label.clone(), value, row.values.len().to_string()]);
    }
    table
}

fn checks(lesson: &Lesson, outcome: &Outcome) -> Table {
    let columns = [
        "what the lesson claims",
        "quantity",
        "measured",
        "must be",
        "holds",
    ];
    let caption = format!("What the lesson claims: {}", lesson.name);
    let mut table = Table::new(&caption, &columns);
    for check in &outcome.checks {
        let bound = |word: &str, value: Option<f64>| {
            value.map(|value| format!("{word} {}", check.unit.write(value)))
        };
        let bounds = [bound("above", check.above), bound("below", check.below)];
        let bounds: Vec<String> = bounds.into_iter().flatten().collect();
        let measured = check.value.map(|value| value.words(check.unit));
        let holds = if check.holds { "yes" } else { "no" };
        table.rows.push(vec![
            check.says.clone(),
            check.quantity.clone(),
            measured.unwrap_or_else(|| "no such row".to_owned()),
            bounds.join(", "),
            holds.to_owned(),
        ]);
    }
    table
}

fn machine(outcome: &Outcome) -> Markup {
    let changed: Vec<String> = outcome
        .settings
        .iter()
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    html! {
        @for warning in outcome.environment.warnings(0) { p.small { (code(&warning.to_string())) } }
        dl {
            @for (name, value) in of_environment(&outcome.environment) { dt { (name) } dd { (value) } }
            @if !changed.is_empty() { dt { "Changed parameters" } dd { (changed.join(", ")) } }
            dt { "Experiment" } dd { (significant(outcome.seconds)) " s" @if outcome.short { ", shortened for a test" } }
        }
    }
}

fn foot(outcome: &Outcome) -> Markup {
    html! {
        footer { p { "Written by EchoLab " (outcome.environment.version) ". The values stand in " code { "result.json" } " beside the page of each lesson." } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, lanes, rows};
    use crate::lesson::Kind;
    use crate::measured::Row;
    use crate::predict::Prediction;

    #[test]
    fn a_page_holds_everything_and_loads_nothing() {
        let known = fixture::lesson();
        let outcome = fixture::outcome(&known, rows(), Some(Prediction::Choice(2)));
        let page = lesson(&known, &outcome);
        for part in [
            "<svg",
            "you predicted c",
            "What you should see",
            "Why",
            "How this lies",
            "Try next",
            "Source",
            "A processor",
            "&lt;script&gt;",
            "prefers-color-scheme",
        ] {
            assert!(page.contains(part), "{part}");
        }
        for foreign in ["<script", "http-equiv=\"refresh\"", "<link", "<img", "url("] {
            assert!(!page.contains(foreign), "{foreign}");
        }
    }

    #[test]
    fn every_kind_of_figure_is_drawn_with_the_prediction() {
        let mut known = fixture::lesson();
        let of = |known: &Lesson, rows: Vec<Row>| {
            let outcome = fixture::outcome(known, rows, Some(Prediction::Choice(1)));
            picture(known, &outcome).unwrap()
        };
        assert!(of(&known, rows()).contains("you predicted b"));
        known.document.figure.kind = Kind::Lines;
        let mut places = rows();
        for (row, (group, at)) in places.iter_mut().zip([("epoll", 10.0), ("poll", 10.0)]) {
            row.group = Some(group.to_owned());
            row.at = Some(at);
        }
        let lines = of(&known, places);
        assert!(
            lines.contains("you predicted b") && lines.contains(">poll<"),
            "{lines}"
        );
        known.document.figure.kind = Kind::Lanes;
        known.document.prediction.quantity = "c2".to_owned();
        let drawing = of(&known, lanes());
        assert!(drawing.contains("you predicted b"), "{drawing}");
        assert!(drawing.contains("waits for the server"), "{drawing}");
    }

    #[test]
    fn the_page_of_the_course_names_lessons_without_a_result() {
        let known = fixture::lesson();
        let page = course(&[(&known, None)]);
        assert!(page.contains("echolab lesson poll-scans"), "{page}");
        assert!(page.contains("0 lessons of 1 shown"), "{page}");
    }
}
