//! Turns the links of documents, which lead to files of the source tree, into links inside of the book.
//!
//! A link to a file that has a page leads to that page, and any other one to the repository. `/PATH` starts from the root
//! of the source tree, and `book:PATH` from the root of the book.

use std::fmt::Write as _;

use std::collections::HashMap;
use std::path::Path;

use super::tree::Tree;
use super::{Book, BookError};

/// Rewrites the links of all pages.
///
/// # Errors
/// A link leads to a file that does not exist.
pub fn rewrite(tree: &Tree, book: &mut Book) -> Result<(), BookError> {
    let places = places(book);
    for page in &mut book.pages {
        let links = Links {
            tree,
            places: &places,
            source: &page.source,
            page: &page.path,
        };
        page.text = links.of_text(&page.text)?;
    }
    Ok(())
}

/// The page of the book for each file or folder of the source tree that has one.
fn places(book: &Book) -> HashMap<String, String> {
    let mut places = HashMap::from([
        ("README.md".to_owned(), "index.md".to_owned()),
        ("results/sample".to_owned(), "sample.md".to_owned()),
        (
            "results/sample/report.html".to_owned(),
            "sample/report.html".to_owned(),
        ),
    ]);
    for page in &book.pages {
        places.insert(page.source.clone(), page.path.clone());
        if let Some(folder) = page.source.strip_suffix("/README.md") {
            places.insert(folder.to_owned(), page.path.clone());
        }
    }
    places
}

struct Links<'a> {
    tree: &'a Tree,
    places: &'a HashMap<String, String>,
    source: &'a str,
    page: &'a str,
}

impl Links<'_> {
    /// Code is left as it is, in blocks and between backticks.
    fn of_text(&self, text: &str) -> Result<String, BookError> {
        let mut out = String::with_capacity(text.len());
        let mut is_code = false;
        for line in text.lines() {
            is_code ^= line.trim_start().starts_with("```");
            if is_code {
                out += line;
            } else {
                for (index, part) in line.split('`').enumerate() {
                    if index > 0 {
                        out.push('`');
                    }
                    out += &if index % 2 == 0 {
                        self.of_part(part)?
                    } else {
                        part.to_owned()
                    };
                }
            }
            out.push('\n');
        }
        Ok(out)
    }

    fn of_part(&self, part: &str) -> Result<String, BookError> {
        let mut pieces = part.split("](");
        let mut out = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (target, rest) = piece.split_once(')').unwrap_or((piece, ""));
            _ = write!(out, "]({}){rest}", self.of_target(target)?);
        }
        Ok(out)
    }

    fn of_target(&self, target: &str) -> Result<String, BookError> {
        if target.contains("://") || target.starts_with("mailto:") || target.starts_with('#') {
            return Ok(target.to_owned());
        }
        if let Some(path) = target.strip_prefix("book:") {
            return Ok(self.relative(path));
        }
        let (path, fragment) = match target.split_once('#') {
            Some((path, fragment)) => (path, format!("#{fragment}")),
            None => (target, String::new()),
        };
        let path = self.path_in_tree(path);
        if let Some(page) = self.places.get(&path) {
            return Ok(self.relative(page) + &fragment);
        }
        let file = self.tree.root.join(&path);
        if !file.exists() {
            let mistake = format!("the link `{target}` leads to `{path}`, which does not exist");
            return Err(BookError::mistake(self.source, mistake));
        }
        let kind = if file.is_dir() { "tree" } else { "blob" };
        Ok(format!(
            "{}/{kind}/main/{path}{fragment}",
            self.tree.repository
        ))
    }

    /// A path of the book, seen from this page.
    fn relative(&self, path: &str) -> String {
        "../".repeat(self.page.matches('/').count()) + path
    }

    /// A path of a link, seen from the root of the source tree.
    fn path_in_tree(&self, path: &str) -> String {
        let folder = Path::new(self.source).parent().and_then(Path::to_str);
        let mut parts: Vec<&str> = match (path.starts_with('/'), folder) {
            (false, Some(folder)) => folder.split('/').filter(|part| !part.is_empty()).collect(),
            _ => Vec::new(),
        };
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => _ = parts.pop(),
                name => parts.push(name),
            }
        }
        parts.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str) -> Result<String, BookError> {
        let tree = Tree {
            root: Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."),
            repository: "https://example.org/x".to_owned(),
            models: Vec::new(),
            lessons: Vec::new(),
        };
        let places = HashMap::from([
            ("crates/models/poll".to_owned(), "models/poll.md".to_owned()),
            ("BIAS.md".to_owned(), "bias.md".to_owned()),
        ]);
        let links = Links {
            tree: &tree,
            places: &places,
            source: "crates/models/select/README.md",
            page: "models/select.md",
        };
        links.of_text(text)
    }

    #[test]
    fn a_file_with_a_page_is_linked_inside_of_the_book_and_another_one_in_the_repository() {
        let cases = [
            ("[`poll`](../poll)", "[`poll`](../models/poll.md)"),
            (
                "[a](../poll#watch), [b](/BIAS.md)",
                "[a](../models/poll.md#watch), [b](../bias.md)",
            ),
            (
                "[c](../../model)",
                "[c](https://example.org/x/tree/main/crates/model)",
            ),
            (
                "[d](/Cargo.toml)",
                "[d](https://example.org/x/blob/main/Cargo.toml)",
            ),
            ("![e](book:course/e.svg)", "![e](../course/e.svg)"),
            (
                "[f](https://example.com) [g](#why)",
                "[f](https://example.com) [g](#why)",
            ),
            ("`[h](../poll)`", "`[h](../poll)`"),
        ];
        for (text, expected) in cases {
            assert_eq!(rewritten(text).unwrap(), format!("{expected}\n"));
        }
        let block = "```text\n[h](../poll)\n```\n";
        assert_eq!(rewritten(block).unwrap(), block);
    }

    #[test]
    fn a_link_to_a_missing_file_is_a_mistake() {
        let error = rewritten("[x](../no-such-model)").unwrap_err().to_string();
        assert!(
            error.contains("leads to `crates/models/no-such-model`, which does not exist"),
            "{error}"
        );
        assert!(error.ends_with("correct the file"), "{error}");
    }
}
