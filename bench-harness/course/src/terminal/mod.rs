//! Writes a lesson for a terminal of 80 columns: the question, the figure with the prediction in it, and the texts in short.
//!
//! ```text
//! mod      the parts, from the question to the source
//! figure   bars over an axis, lanes of clients
//! words    what is shown, and whether the prediction was right
//! ```

mod figure;
mod short;
mod words;

use report::paragraph::{WIDTH, columns, hanging, wrapped};

use crate::catalogue::Lesson;
use crate::lesson::Document;
use crate::outcome::Outcome;
use crate::predict::letter;
use crate::text::is_listing;

pub use words::{checks, prediction_in_words, verdict};

/// Title and question, with the choices.
pub fn question(lesson: &Lesson) -> String {
    let document = &lesson.document;
    let place = place(document);
    let gap = WIDTH.saturating_sub(columns(&document.title) + columns(&place));
    let mut out = if gap >= 2 {
        format!("{}{}{place}\n", document.title, " ".repeat(gap))
    } else {
        format!("{}\n{place}\n", document.title)
    };
    out += &"─".repeat(WIDTH);
    out.push('\n');
    for paragraph in document.question.trim().split("\n\n") {
        if is_listing(paragraph) {
            out.extend(["\n", paragraph, "\n\n"]);
        } else {
            out += &wrapped(paragraph);
        }
    }
    for (index, choice) in document.prediction.choices.iter().enumerate() {
        out += &hanging(&format!("  {}  ", letter(index)), &choice.says);
    }
    out
}

/// Chapter and place: `chapter 2, lesson 6`.
pub fn place(document: &Document) -> String {
    format!(
        "chapter {}, lesson {}",
        document.chapter.number(),
        document.place
    )
}

/// The figure, what it shows, and the texts in short.
pub fn text(lesson: &Lesson, outcome: &Outcome) -> String {
    let mut out = figure::figure(lesson, outcome);
    for note in &outcome.notes {
        out += &hanging("  ", note);
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out += &wrapped(&verdict(outcome));
    for check in checks(outcome) {
        out += &hanging("  ", &check);
    }
    out += &prediction_in_words(lesson, outcome).map_or_else(String::new, |text| wrapped(&text));
    out.push('\n');
    let text = &lesson.text;
    out += &labelled("Why", &short::paragraph(&text.why));
    out += &labelled("Lies", &short::paragraph(&text.lies));
    for (index, command) in short::commands(&text.next).iter().enumerate() {
        out += &labelled(if index == 0 { "Try" } else { "" }, command);
    }
    out += &labelled("Source", &short::paragraph(&text.source));
    out
}

/// A text behind a label of one column width for all labels.
pub fn labelled(label: &str, text: &str) -> String {
    hanging(&format!("{label:<8}"), text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, lesson, rows};
    use crate::predict::Prediction;

    #[test]
    fn a_question_shows_its_place_and_its_choices() {
        let text = question(&lesson());
        let first = text.lines().next().unwrap();
        assert!(first.starts_with("poll looks at every socket  "), "{text}");
        assert!(first.ends_with("chapter 2, lesson 2"), "{text}");
        assert!(text.contains("  b  a third to a half more\n"), "{text}");
    }

    #[test]
    fn a_result_says_what_is_shown_what_was_predicted_and_what_to_run_next() {
        let lesson = lesson();
        let outcome = fixture::outcome(&lesson, rows(), Some(Prediction::Choice(0)));
        let text = text(&lesson, &outcome);
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for sentence in [
            "Shown on this machine: poll costs at least 15 % more (poll / epoll-level: 1.4 times",
            "You predicted a (about the same). Measured: poll / epoll-level is 1.4 times",
            "which is b (a third to a half more).",
            "Why Each call scans 100 sockets, and finds one. Lies",
            "Try echolab watch poll Source `poll(2)`",
        ] {
            assert!(words.contains(sentence), "{sentence}\n{text}");
        }
        assert!(text.lines().all(|line| columns(line) <= WIDTH), "{text}");
    }

    #[test]
    fn several_checks_have_a_line_each() {
        let mut lesson = lesson();
        let mut second = lesson.document.check[0].clone();
        second.says = "poll costs nine times as much".to_owned();
        second.above = Some(9.0);
        lesson.document.check.push(second);
        let outcome = fixture::outcome(&lesson, rows(), None);
        let text = text(&lesson, &outcome);
        assert!(
            text.contains("  ✓ poll costs at least 15 % more (poll / epoll-level"),
            "{text}"
        );
        assert!(
            text.contains("  ✗ poll costs nine times as much (poll"),
            "{text}"
        );
        assert!(
            text.contains("Not shown on this machine: \"poll costs nine times"),
            "{text}"
        );
    }

    #[test]
    fn a_lesson_that_is_not_shown_says_why() {
        let lesson = lesson();
        let mut outcome = fixture::outcome(&lesson, Vec::new(), None);
        outcome.judge(&lesson.document, Err("no namespace; allow it".to_owned()));
        let text = text(&lesson, &outcome);
        assert!(
            text.contains("Not shown on this machine: no namespace; allow it."),
            "{text}"
        );
    }
}
