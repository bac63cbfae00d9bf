//! The table of contents: which pages the book has, and in which order.

use std::fmt::Write as _;

use super::assignment;
use super::cases;
use super::lesson_page::{self, figure};
use super::model_page::{ModelPage, comparison};
use super::tree::Tree;
use super::{Attachment, Book, BookError, Page, item};
use crate::catalogue::Lesson;
use crate::lesson::Chapter;

/// The sources of the book that are written by hand.
const SOURCES: &str = "crates/book/src";

/// Documents of the root: file, path in the book, name.
const DOCUMENTS: [(&str, &str, &str); 4] = [
    ("METHODOLOGY.md", "methodology.md", "How we measure"),
    ("BIAS.md", "bias.md", "Which designs our choices favour"),
    ("CONTRIBUTING.md", "contributing.md", "Adding something"),
    (
        "ARCHITECTURE.md",
        "architecture.md",
        "How the program is built",
    ),
];

/// Collects all pages and attachments; the links are still those of the sources.
///
/// # Errors
/// A file is missing, or has a mistake.
pub fn collect(tree: &Tree) -> Result<Book, BookError> {
    let mut book = Book::default();
    book.pages
        .push(by_hand(tree, "index", "EchoLab, the book", 0)?);
    course(tree, &mut book)?;
    models(tree, &mut book)?;
    let mut kit = by_hand(tree, "kit", "The kit in one page", 0)?;
    kit.part = Some("The kit");
    book.pages.push(kit);
    book.pages.push(by_hand(
        tree,
        "protocols",
        "The protocols, byte by byte",
        1,
    )?);
    documents(tree, &mut book)?;
    teachers(tree, &mut book)?;
    Ok(book)
}

/// A page that is written by hand, with the code that it shows.
fn by_hand(tree: &Tree, name: &str, title: &str, depth: usize) -> Result<Page, BookError> {
    let source = format!("{SOURCES}/{name}.md");
    let text = tree.text(&source)?;
    Ok(Page {
        path: format!("{name}.md"),
        name: title.to_owned(),
        depth,
        part: None,
        text: item::fill_in(tree, &source, &text)?,
        source,
    })
}

fn course(tree: &Tree, book: &mut Book) -> Result<(), BookError> {
    let mut index = by_hand(tree, "course/index", "How the course works", 0)?;
    index.part = Some("The course");
    book.pages.push(index);
    for chapter in Chapter::ALL {
        let name = format!("{}. {}", chapter.number(), chapter.title());
        let mut page = by_hand(tree, &format!("course/{}", chapter.name()), &name, 1)?;
        let lessons = tree.lessons.iter();
        let lessons = lessons.filter(|lesson| lesson.document.chapter == chapter);
        page.text = format!("# {name}\n\n{}\n## Lessons\n\n", page.text);
        let mut pages = Vec::new();
        for lesson in lessons {
            page.text += &entry(lesson);
            let (page, picture) = lesson_page::page(tree, lesson)?;
            pages.push(page);
            book.attachments.extend(picture);
        }
        if pages.is_empty() {
            page.text += "This chapter has no lesson yet.\n";
        }
        book.pages.push(page);
        book.pages.extend(pages);
    }
    Ok(())
}

/// A lesson in the list of its chapter.
fn entry(lesson: &Lesson) -> String {
    let (document, name) = (&lesson.document, &lesson.name);
    format!(
        "{}. [{}](../../../lessons/{name}), `{name}`, {} s\n",
        document.place, document.title, document.seconds
    )
}

fn models(tree: &Tree, book: &mut Book) -> Result<(), BookError> {
    let models = tree.models.iter().map(|name| ModelPage::read(tree, name));
    let models: Vec<ModelPage> = models.collect::<Result<_, _>>()?;
    let mut index = by_hand(tree, "models/index", "All models in their order", 0)?;
    index.part = Some("The models");
    index.text += "\n| | model | what it is |\n|---|---|---|\n";
    for (place, model) in models.iter().enumerate() {
        let (name, title) = (&model.name, &model.title);
        _ = writeln!(
            index.text,
            "| {} | [`{name}`](../../../models/{name}) | {title} |",
            place + 1
        );
    }
    book.pages.push(index);
    let pages = models
        .iter()
        .enumerate()
        .map(|(place, model)| model.page(&models[..place]));
    book.pages.extend(pages);
    book.pages.push(comparison(&models));
    Ok(())
}

fn documents(tree: &Tree, book: &mut Book) -> Result<(), BookError> {
    for (index, (file, path, name)) in DOCUMENTS.into_iter().enumerate() {
        book.pages.push(Page {
            path: path.to_owned(),
            name: name.to_owned(),
            depth: 0,
            part: (index == 0).then_some("How we measure, and how to help"),
            source: file.to_owned(),
            text: tree.text(file)?,
        });
    }
    book.pages
        .push(by_hand(tree, "sample", "The sample report", 0)?);
    book.attachments.push(Attachment {
        path: "sample/report.html".to_owned(),
        bytes: tree.text("results/sample/report.html")?.into_bytes(),
    });
    Ok(())
}

fn teachers(tree: &Tree, book: &mut Book) -> Result<(), BookError> {
    let mut sessions = by_hand(tree, "teachers", "Twelve sessions", 0)?;
    sessions.part = Some("For teachers");
    book.pages.push(sessions);
    let grading = "Grade a server assignment with EchoLab";
    book.pages.push(by_hand(tree, "grading", grading, 0)?);
    let source = format!("{}/README.md", assignment::FOLDER);
    book.pages.push(Page {
        path: "assignment.md".to_owned(),
        name: "The assignment, for students".to_owned(),
        depth: 1,
        part: None,
        text: tree.text(&source)?,
        source,
    });
    let mut files = by_hand(tree, "assignment-files", "The files of the assignment", 1)?;
    files.text += &assignment::sections(tree)?;
    book.pages.push(files);
    let check = "How `echolab check` works, and what it does not prove";
    let mut check = by_hand(tree, "check", check, 1)?;
    check.text += &cases::tables(tree)?;
    book.pages.push(check);
    let figures = figures(tree, book)?;
    book.pages.push(figures);
    Ok(())
}

/// All figures of the lessons, one below the other.
fn figures(tree: &Tree, book: &Book) -> Result<Page, BookError> {
    let mut page = by_hand(tree, "figures", "Figures for slides", 0)?;
    for lesson in &tree.lessons {
        let (name, title) = (&lesson.name, &lesson.document.title);
        let file = figure(name);
        if book.attachments.iter().any(|other| other.path == file) {
            _ = writeln!(
                page.text,
                "\n## {title}\n\n[Lesson `{name}`](../../lessons/{name}) · [the figure alone](book:{file})\n\n![{}](book:{file})",
                lesson.document.figure.title
            );
        }
    }
    if !book
        .attachments
        .iter()
        .any(|other| other.path.starts_with("course/figures/"))
    {
        page.text += "\nNo result is committed yet.\n";
    }
    Ok(page)
}
