//! Every lesson of the course: its folder, its experiment in short, and its committed result.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use course::catalogue::{self, Lesson};
use course::lesson::LESSONS;
use course::outcome::Outcome;
use course::quantity::Quantity;
use course::store;
use serde_json::Value;

use crate::lesson::{assert_ran, folder, run, stdout};
use crate::tidy;

/// Most seconds that a lesson may take in short, on a machine that runs other tests beside it.
const EACH: f64 = 20.0;

#[test]
fn every_lesson_runs_short() {
    let folder = folder();
    let output = run(&folder, &["--all", "--yes", "--short", "--json"]);
    assert_ran(&output);
    let text = stdout(&output);
    assert_eq!(text.lines().count(), LESSONS.len(), "{text}");
    let schema = jsonschema::draft202012::new(&Outcome::json_schema()).unwrap();
    for line in text.lines() {
        let document: Value = serde_json::from_str(line).unwrap();
        let errors: Vec<String> = schema
            .iter_errors(&document)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?} in {line}");
        let outcome: Outcome = serde_json::from_value(document).unwrap();
        assert_eq!(outcome.shown, outcome.reason.is_none(), "{line}");
        assert!(
            outcome.seconds < EACH,
            "{}: {} s",
            outcome.lesson,
            outcome.seconds
        );
        let reason = outcome.reason.unwrap_or_default();
        assert!(
            !reason.contains("the experiment has no row"),
            "{}: {reason}",
            outcome.lesson
        );
    }
    let course = folder.path().join(store::FOLDER).join(store::COURSE);
    let course = fs::read_to_string(course).unwrap();
    for (name, ..) in LESSONS {
        assert!(
            course.contains(&format!("id=\"{name}\"")) || course.contains(&format!("id={name}")),
            "{name}"
        );
    }
}

#[test]
fn every_lesson_folder_is_valid() {
    let lessons = catalogue::all().unwrap();
    assert_eq!(lessons.len(), LESSONS.len());
    let mut places = BTreeSet::new();
    for lesson in &lessons {
        let document = &lesson.document;
        let name = &lesson.name;
        assert!(
            places.insert((document.chapter, document.place)),
            "{name} shares its place"
        );
        let folder = tidy::root().join("crates/lessons").join(name);
        let text = tidy::read(&folder.join("README.md"));
        let lines = lines_of_prose(&text);
        assert!((12..=60).contains(&lines), "{name}: {lines} lines of text");
        commands_are_accepted(lesson);
        links_lead_somewhere(&text, &folder);
    }
}

/// Number of lines outside of code blocks.
fn lines_of_prose(text: &str) -> usize {
    let outside = text.split("```").step_by(2);
    outside.map(|part| part.lines().count()).sum()
}

/// Every command that a lesson shows is one that the program parses.
fn commands_are_accepted(lesson: &Lesson) {
    let text = &lesson.text.next;
    let mut is_code = false;
    let mut commands: Vec<&str> = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if is_code {
            commands.push(line.trim().trim_start_matches("$ "));
        } else {
            commands.extend(line.split('`').skip(1).step_by(2));
        }
    }
    commands.retain(|command| command.starts_with("echolab "));
    assert!(!commands.is_empty(), "{} has nothing to try", lesson.name);
    for command in commands {
        let words = shlex::split(command).expect("the quotes of a command are closed");
        let parsed = echolab::command().try_get_matches_from(words);
        // A command that shows help is accepted too, although clap calls that an error.
        let mistake = parsed.err().filter(clap::Error::use_stderr);
        assert!(
            mistake.is_none(),
            "{}: `{command}`: {mistake:?}",
            lesson.name
        );
    }
}

/// Every relative link of a text is a file or a folder of the workspace.
fn links_lead_somewhere(text: &str, folder: &Path) {
    for part in text.split("](").skip(1) {
        let link = part.split(')').next().unwrap_or_default();
        let path = link.split('#').next().unwrap_or_default();
        if !link.contains("://") && !path.is_empty() {
            assert!(folder.join(path).exists(), "{}: {link}", folder.display());
        }
    }
}

#[test]
fn the_committed_results_are_those_of_todays_lessons() {
    let folder = tidy::root().join("results/sample-course");
    for lesson in catalogue::all().unwrap() {
        let stored = store::read(&folder, &lesson.name).unwrap();
        let name = &lesson.name;
        let advice = "run `echolab lesson NAME --skip --out results/sample-course`";
        let stored = stored.unwrap_or_else(|| panic!("{name} has no committed run; {advice}"));
        let mut judged = stored.clone();
        let measured = stored.reason.clone().filter(|_| stored.checks.is_empty());
        judged.judge(&lesson.document, measured.map_or(Ok(()), Err));
        assert_eq!(judged, stored, "{}: measure the sample again", lesson.name);
        let quantities = lesson.document.check.iter().map(|check| &check.quantity);
        for quantity in quantities.filter(|_| !stored.checks.is_empty()) {
            let value = Quantity::parse(quantity).unwrap().value(&stored.rows);
            assert!(value.is_ok(), "{}: {value:?}", lesson.name);
        }
    }
}
