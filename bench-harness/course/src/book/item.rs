//! Shows an item of a source file in a page, so that the page cannot differ from the code.
//!
//! A line `<!-- code FILE: BEGIN -->` becomes the item whose signature begins with BEGIN, with its comment.

use std::fmt::Write as _;

use super::BookError;
use super::tree::Tree;

const MARK: &str = "<!-- code ";

/// Replaces all marks of a text.
///
/// # Errors
/// A mark names a file or an item that does not exist.
pub fn fill_in(tree: &Tree, page: &str, text: &str) -> Result<String, BookError> {
    let mut out = String::new();
    for line in text.lines() {
        let Some(mark) = line.strip_prefix(MARK) else {
            out += line;
            out.push('\n');
            continue;
        };
        let parts = mark.trim_end_matches("-->").trim().split_once(": ");
        let (file, begin) = parts
            .ok_or_else(|| BookError::mistake(page, "a mark is not `<!-- code FILE: BEGIN -->`"))?;
        let source = tree.text(file)?;
        let item = item(&source, begin).ok_or_else(|| {
            BookError::mistake(
                page,
                format!("`{file}` has no item that begins with `{begin}`"),
            )
        })?;
        let name = file.rsplit('/').next().unwrap_or(file);
        _ = write!(
            out,
            "```rust,ignore\n{item}\n```\n\n*From [{name}](/{file}).*\n"
        );
    }
    Ok(out)
}

/// The item whose first line begins with this text, with its comment and attributes, moved to the left margin.
fn item(source: &str, begin: &str) -> Option<String> {
    let lines: Vec<&str> = source.lines().collect();
    let at = lines
        .iter()
        .position(|line| line.trim_start().starts_with(begin))?;
    let indent = lines[at].len() - lines[at].trim_start().len();
    let is_comment = |line: &&&str| {
        let line = line.trim_start();
        line.starts_with("///") || line.starts_with("#[")
    };
    let first = at - lines[..at].iter().rev().take_while(is_comment).count();
    let close = format!("{}}}", " ".repeat(indent));
    let is_last = |line: &&str| **line == close || line.ends_with(';') && !line.starts_with("    ");
    let length = lines[at..].iter().position(is_last)?;
    let part = lines[first..=at + length].iter();
    let moved: Vec<&str> = part.map(|line| line.get(indent..).unwrap_or("")).collect();
    Some(moved.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
/// A thing.
pub struct Thing;

impl Thing {
    /// Turns.
    #[must_use]
    pub fn turn(&self) -> u8 {
        if true {
            1
        } else {
            2
        }
    }

    pub fn other(&self) {}
}
";

    #[test]
    fn an_item_has_its_comment_its_whole_body_and_nothing_behind_it() {
        let turn = item(SOURCE, "pub fn turn(").unwrap();
        assert!(
            turn.starts_with("/// Turns.\n#[must_use]\npub fn turn"),
            "{turn}"
        );
        assert!(turn.ends_with("        2\n    }\n}"), "{turn}");
        assert_eq!(
            item(SOURCE, "pub struct Thing").unwrap(),
            "/// A thing.\npub struct Thing;"
        );
    }

    #[test]
    fn an_item_that_does_not_exist_is_not_found() {
        assert_eq!(item(SOURCE, "pub fn missing"), None);
    }
}
