//! The page of a lesson: question, choices, the figure of the committed run, the text, and the command to run it.

use std::fmt::Write as _;

use super::tree::Tree;
use super::{Attachment, BookError, Page};
use crate::catalogue::Lesson;
use crate::lesson::Need;
use crate::outcome::Outcome;
use crate::page::picture;
use crate::predict::letter;
use crate::quantity::Interval;
use crate::store;
use crate::terminal::{checks, place, verdict};

/// The committed results.
pub const RESULTS: &str = "results/sample-course";

/// The page of a lesson, and its figure if there is a committed result that can be drawn.
///
/// # Errors
/// The result is damaged.
pub fn page(tree: &Tree, lesson: &Lesson) -> Result<(Page, Option<Attachment>), BookError> {
    let outcome = store::read(&tree.root.join(RESULTS), &lesson.name)?;
    let picture = outcome
        .as_ref()
        .and_then(|outcome| picture(lesson, outcome));
    let mut text = head(lesson);
    text += &match &outcome {
        Some(outcome) => measured(lesson, outcome, picture.is_some()),
        None => "## What was measured\n\nNo result of this lesson is committed yet. Run it to see the figure.\n".to_owned(),
    };
    for (heading, section) in lesson.text.sections() {
        _ = writeln!(text, "\n## {heading}\n\n{section}");
    }
    let page = Page {
        path: path(&lesson.name),
        name: lesson.document.title.clone(),
        depth: 2,
        part: None,
        source: format!("crates/lessons/{}/README.md", lesson.name),
        text,
    };
    let attachment = picture.map(|picture| Attachment {
        path: figure(&lesson.name),
        bytes: picture.into_bytes(),
    });
    Ok((page, attachment))
}

/// The path of a lesson's page.
pub fn path(lesson: &str) -> String {
    format!("course/{lesson}.md")
}

/// The path of a lesson's figure.
pub fn figure(lesson: &str) -> String {
    format!("course/figures/{lesson}.svg")
}

/// Title, command, question and choices.
fn head(lesson: &Lesson) -> String {
    let (document, name) = (&lesson.document, &lesson.name);
    let mut out = format!(
        "# {}\n\n*{}, about {} s",
        document.title,
        capital(&place(document)),
        document.seconds
    );
    for need in &document.needs {
        out += match need {
            Need::TwoCpus => "; needs two CPUs",
            Need::Namespace => "; needs root or user namespaces",
            Need::Python => "; needs `python3`",
        };
    }
    _ = write!(
        out,
        ".*\n\n```console\n$ echolab lesson {name}\n```\n\n## Predict\n\n{}\n\n",
        document.question.trim()
    );
    for (index, choice) in document.prediction.choices.iter().enumerate() {
        _ = writeln!(out, "- **{}** {}", letter(index), choice.says);
    }
    if document.prediction.choices.is_empty() {
        out += "Write down a number.\n";
    }
    out.push('\n');
    out
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// What the committed run has measured. It is folded up, so that the reader predicts first.
fn measured(lesson: &Lesson, outcome: &Outcome, has_figure: bool) -> String {
    let name = &lesson.name;
    let mut out = String::from(
        "## What was measured\n\n<details>\n<summary>Predict first. Then open this.</summary>\n\n",
    );
    if let Some(answer) = &outcome.answer {
        let value = answer.value.words(answer.unit);
        _ = write!(out, "`{}` is **{value}**.", answer.quantity);
        if let Some(choice) = answer.choice {
            let says = &lesson.document.prediction.choices[choice].says;
            _ = write!(
                out,
                " On this machine the right choice is **{}**: {says}.",
                letter(choice)
            );
        }
        out += "\n\n";
    }
    _ = write!(out, "{}\n\n", verdict(outcome));
    for check in checks(outcome) {
        _ = writeln!(out, "- {check}");
    }
    out.push('\n');
    if has_figure {
        let title = &lesson.document.figure.title;
        _ = write!(out, "[![{title}](book:{0})](book:{0})\n\n", figure(name));
    }
    for note in &outcome.notes {
        _ = write!(out, "{note}\n\n");
    }
    out += &rows(outcome);
    _ = write!(out, "\n{}\n\n</details>\n\n", machine(outcome));
    _ = write!(
        out,
        "The values are committed in [result.json](/{RESULTS}/{name}/result.json). To make them again:\n\n\
         ```console\n$ echolab lesson {name} --skip --out {RESULTS}\n```\n"
    );
    out
}

fn rows(outcome: &Outcome) -> String {
    let mut out = String::from("| row | value | values |\n|---|---|---|\n");
    for row in &outcome.rows {
        let value = Interval::of(row).map_or_else(String::new, |value| value.words(row.unit));
        _ = writeln!(out, "| {} | {value} | {} |", row.label, row.values.len());
    }
    out
}

fn machine(outcome: &Outcome) -> String {
    let known = report::of_environment(&outcome.environment);
    let parts: Vec<String> = known
        .iter()
        .skip(1) // the command stands below the figure
        .take(3)
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    format!("*{}.*", parts.join("; "))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::fixture::{self, rows};

    fn page_with(results: &Path) -> (Page, Option<Attachment>) {
        let tree = Tree {
            root: results.to_owned(),
            repository: String::new(),
            models: Vec::new(),
            lessons: Vec::new(),
        };
        page(&tree, &fixture::lesson()).unwrap()
    }

    #[test]
    fn a_lesson_with_a_committed_result_has_a_figure_and_hides_the_answer_behind_the_prediction() {
        let root = tempfile::tempdir().unwrap();
        let lesson = fixture::lesson();
        let outcome = fixture::outcome(&lesson, rows(), None);
        store::write(&root.path().join(RESULTS), &outcome).unwrap();
        let (page, figure) = page_with(root.path());
        assert!(figure.unwrap().bytes.starts_with(b"<svg"));
        let (before, after) = page.text.split_once("<details>").unwrap();
        assert!(
            before.contains("- **b** a third to a half more"),
            "{before}"
        );
        assert!(!before.contains("right choice"), "{before}");
        assert!(after.contains("the right choice is **b**"), "{after}");
        assert!(
            after.contains("(book:course/figures/poll-scans.svg)"),
            "{after}"
        );
        assert!(
            after.contains("$ echolab lesson poll-scans --skip --out results/sample-course"),
            "{after}"
        );
    }

    #[test]
    fn a_lesson_without_a_result_says_so() {
        let root = tempfile::tempdir().unwrap();
        let (page, figure) = page_with(root.path());
        assert!(figure.is_none());
        assert!(
            page.text
                .contains("No result of this lesson is committed yet. Run it"),
            "{}",
            page.text
        );
    }
}
