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

fn text_of<'a>(book: &'a Book, path: &str) -> &'a str {
    let page = book.pages.iter().find(|page| page.path == path);
    &page.unwrap_or_else(|| panic!("there is no {path}")).text
}

#[test]
fn the_files_of_the_assignment_stand_in_the_book_as_they_are() {
    let book = book();
    let shown = text_of(&book, "assignment-files.md");
    for file in [
        ".github/workflows/check.yml",
        ".gitlab-ci.yml",
        "c/Makefile",
        "c/server.c",
        "check",
        "points/step-3.toml",
        "python/server.py",
        "rust/Cargo.toml",
        "rust/src/main.rs",
        "summary.py",
    ] {
        let path = root().join("crates/book/assignment").join(file);
        let text = fs::read_to_string(path).unwrap();
        assert!(shown.contains(&format!("\n## `{file}`\n")), "{file}");
        assert!(shown.contains(text.trim_end()), "{file}");
    }
}

/// A copy of the assignment has no other files beside it, so its text links to the book on the web.
#[test]
fn the_links_of_the_assignment_lead_to_pages_of_the_book() {
    let book = book();
    let paths: BTreeSet<&str> = book.pages.iter().map(|page| page.path.as_str()).collect();
    let text = text_of(&book, "assignment.md");
    let links: Vec<&str> = text
        .split("](https://echolab.github.io/echolab/book/")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .collect();
    assert!(!links.is_empty());
    for link in links {
        let page = link.replace(".html", ".md");
        assert!(paths.contains(page.as_str()), "{link} is not in the book");
    }
    assert!(!text.contains("](/") && !text.contains("](.."));
}

#[test]
fn the_page_about_the_check_lists_every_case_with_its_sentence() {
    let book = book();
    let page = text_of(&book, "check.md");
    let (_, tables) = page.split_once("\n## All cases\n").unwrap();
    let texts = root().join("crates/conformance/texts");
    let files = fs::read_dir(texts).expect("the suite has texts").flatten();
    let files = files.filter(|file| file.file_name() != "symptoms.toml");
    let texts: String = files
        .map(|file| fs::read_to_string(file.path()).unwrap() + "\n")
        .collect();
    let mut count = 0;
    for (head, rest) in texts
        .split("\n[")
        .skip(1)
        .filter_map(|t| t.split_once("]\n"))
    {
        let sentence = rest.lines().next().unwrap_or_default();
        let sentence = sentence.strip_prefix("sentence = ").unwrap_or_default();
        let row = format!("\n| `{head}`<br>{} | ", sentence.trim_matches('"'));
        assert_eq!(tables.matches(&row).count(), 1, "{row}");
        count += 1;
    }
    let rows = tables.lines().filter(|line| line.starts_with("| `"));
    let rows = rows.filter(|line| !line.contains("` | needs |"));
    assert_eq!(rows.count(), count);
    assert!(tables.contains("\n| `stop_while_idle`<br>") && tables.contains(" | process |\n"));
}

/// Question 5 names the case of the conformance suite that notices the change.
#[test]
fn every_case_that_an_answer_names_exists() {
    let cases = root().join("crates/conformance/src/cases");
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
