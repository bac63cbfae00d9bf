//! The book of this source tree: every model and lesson is in it, and its answers name tests that exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use course::book::Book;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn book() -> Book {
    Book::of(&root()).unwrap_or_else(|error| panic!("{error}"))
}

/// The names of the folders in a folder.
fn folders(path: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(path)).expect("the folder is part of the source tree");
    let folders = entries.flatten().filter(|entry| entry.path().is_dir());
    folders
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn every_model_and_every_lesson_has_a_page() {
    let book = book();
    let paths: BTreeSet<&str> = book.pages.iter().map(|page| page.path.as_str()).collect();
    let (models, lessons) = (folders("crates/models"), folders("crates/lessons"));
    assert!(!models.is_empty() && !lessons.is_empty());
    let models = models.iter().map(|name| format!("models/{name}.md"));
    let lessons = lessons.iter().map(|name| format!("course/{name}.md"));
    for path in models.chain(lessons) {
        assert!(paths.contains(path.as_str()), "{path} is not in the book");
    }
}

#[test]
fn the_page_of_a_model_has_its_code_a_difference_and_ten_questions() {
    let book = book();
    let models = book
        .pages
        .iter()
        .filter(|page| page.source.starts_with("crates/models/"));
    let models: Vec<_> = models
        .filter(|page| page.path != "models/questions.md")
        .collect();
    assert_eq!(models.len(), folders("crates/models").len());
    for (index, page) in models.iter().enumerate() {
        let text = &page.text;
        assert!(text.contains("const ABOUT: About"), "{}", page.path);
        assert!(text.matches("<summary>").count() >= 10, "{}", page.path);
        assert_eq!(
            text.contains("\n## The difference to `"),
            index > 0,
            "{}",
            page.path
        );
    }
}

#[test]
fn no_page_has_an_open_mark_and_the_kit_shows_the_whole_conversation() {
    let book = book();
    for page in &book.pages {
        assert!(!page.text.contains("<!-- code"), "{}", page.path);
        assert!(!page.text.contains("](book:"), "{}", page.path);
    }
    let kit = book
        .pages
        .iter()
        .find(|page| page.path == "kit.md")
        .unwrap();
    for line in [
        "pub fn converse(&mut self, mut perform: impl FnMut(Work)) {",
        "            perform(work);",
        "pub fn accept(&self, listener: &Listener) -> Option<Stream> {",
        "pub fn has_room(&self) -> bool {",
        "pub struct Loan(Box<[u8]>);",
    ] {
        assert!(kit.text.contains(line), "the kit lacks `{line}`");
    }
}

/// Question 5 names the case of the conformance suite that notices the change.
#[test]
fn every_case_that_an_answer_names_exists() {
    let cases = root().join("crates/echo-server/tests/conformance/cases");
    let entries = fs::read_dir(cases).expect("the suite has cases").flatten();
    let code: String = entries
        .map(|entry| fs::read_to_string(entry.path()).unwrap_or_default())
        .collect();
    for model in folders("crates/models") {
        let file = format!("crates/models/{model}/questions.md");
        let text = fs::read_to_string(root().join(&file)).unwrap();
        let answer = text.split("\n## 5. ").nth(1).unwrap_or_default();
        let answer = answer.split("\n## ").next().unwrap_or_default();
        let flat = answer.split_whitespace().collect::<Vec<_>>().join(" ");
        let case = flat
            .rsplit_once("(`")
            .and_then(|(_, rest)| rest.split('`').next());
        let case = case.unwrap_or_else(|| panic!("{file}: answer 5 names no case"));
        assert!(
            code.contains(&format!("pub fn {case}(")),
            "{file}: there is no case `{case}`"
        );
    }
}
