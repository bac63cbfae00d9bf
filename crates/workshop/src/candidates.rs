//! The lines of a model that can be left out: single-line statements, conditions, and loops.

use serde::{Deserialize, Serialize};

/// What happens to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// The statement is missing.
    Delete,
    /// The condition is never true, so that its block is missing.
    Never,
    /// The loop ends after its first turn, as if `while` were `if`.
    Once,
}

/// A line of a model that can be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The function that contains it.
    pub function: String,
    /// The line without its comment and the space around it.
    pub text: String,
    /// What happens to it.
    pub change: Change,
    /// Its number, from 1.
    pub line: usize,
    /// For a loop: the number of the line that ends it.
    pub end: usize,
}

/// Beginnings of lines that are no statements of their own, or whose absence cannot compile.
const NOT_ALONE: [&str; 12] = [
    "let ", "use ", "const ", "static ", "type ", "#", "}", ".", ")", "]", "&&", "||",
];

/// Functions that describe the model and do nothing for a client.
const DESCRIPTIONS: [&str; 2] = ["about", "supported"];

/// All lines of a source that can be changed and that occur once in their function.
pub fn candidates(source: &str) -> Vec<Site> {
    let lines: Vec<&str> = source.lines().map(code).collect();
    let mut function = "";
    let mut sites = Vec::new();
    for at in 0..lines.len() {
        if lines[at].starts_with("const ABOUT") {
            break;
        }
        function = function_begun(lines[at]).unwrap_or(function);
        if function.is_empty() || DESCRIPTIONS.contains(&function) {
            continue;
        }
        if let Some((change, end)) = change_of(&lines, at) {
            sites.push(Site {
                function: function.into(),
                text: lines[at].trim().into(),
                change,
                line: at + 1,
                end: end + 1,
            });
        }
    }
    let all = sites.clone();
    let same = |a: &Site, b: &Site| (&a.function, &a.text) == (&b.function, &b.text);
    sites.retain(|site| all.iter().filter(|other| same(site, other)).count() == 1);
    sites
}

/// The line without the comment at its end.
pub fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or(line).trim_end()
}

fn function_begun(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let is_function = before
        .split_whitespace()
        .all(|word| matches!(word, "pub" | "async" | "unsafe" | "const"));
    let end = after.find(['(', '<'])?;
    is_function.then(|| &after[..end])
}

/// What can happen to this line, and the index of its end.
fn change_of(lines: &[&str], at: usize) -> Option<(Change, usize)> {
    let line = lines[at].trim();
    let mut before = lines[..at].iter().rev().map(|line| line.trim());
    let before = before.find(|line| !line.is_empty())?;
    let begins = before.ends_with([';', '{', '}']);
    let is_in_function = lines[at].starts_with(' ');
    if !begins
        || !is_in_function
        || line.is_empty()
        || NOT_ALONE.iter().any(|word| line.starts_with(word))
    {
        return None;
    }
    if line.starts_with("if ") && line.ends_with('{') {
        let end = end_of_block(lines, at)?;
        return (lines[end].trim() == "}").then_some((Change::Never, end));
    }
    if line.starts_with("while ") && line.ends_with('{') {
        return Some((Change::Once, end_of_block(lines, at)?));
    }
    let is_statement = line.ends_with(';') || is_waiting(line) || is_last_call(lines, at);
    (is_statement && is_balanced(line)).then_some((Change::Delete, at))
}

/// A loop on one line, whose condition does the work.
fn is_waiting(line: &str) -> bool {
    line.starts_with("while ") && line.ends_with("{}")
}

/// A call without a result at the end of a block.
fn is_last_call(lines: &[&str], at: usize) -> bool {
    let line = lines[at].trim();
    let next = lines.get(at + 1).map(|line| line.trim());
    line.ends_with(')') && line != "Ok(())" && next == Some("}")
}

/// The index of the line that ends the block: the next one that is not indented further.
fn end_of_block(lines: &[&str], at: usize) -> Option<usize> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let begin = indent(lines[at]);
    let inside = |line: &&str| line.is_empty() || indent(line) > begin;
    let length = lines[at + 1..]
        .iter()
        .take_while(|line| inside(line))
        .count();
    let end = at + 1 + length;
    lines.get(end)?.trim().starts_with('}').then_some(end)
}

fn is_balanced(line: &str) -> bool {
    [('(', ')'), ('[', ']'), ('{', '}')]
        .into_iter()
        .all(|(open, close)| line.matches(open).count() == line.matches(close).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "impl Model for M {
    fn serve(&self) {
        while let Some(stream) = cx.accept() {
            let conn = open(stream);
            // a comment
            conn.read(); // another
            if conn.done() {
                close(conn)
            }
        }
        while wait() {}
    }

    fn about(&self) {
        nothing();
    }
}
";

    #[test]
    fn statements_conditions_and_loops_are_candidates() {
        let sites = candidates(SOURCE);
        let found: Vec<_> = sites
            .iter()
            .map(|site| (site.text.as_str(), site.change, site.line, site.end))
            .collect();
        assert_eq!(
            found,
            [
                (
                    "while let Some(stream) = cx.accept() {",
                    Change::Once,
                    3,
                    10
                ),
                ("conn.read();", Change::Delete, 6, 6),
                ("if conn.done() {", Change::Never, 7, 9),
                ("close(conn)", Change::Delete, 8, 8),
                ("while wait() {}", Change::Delete, 11, 11),
            ]
        );
        assert!(sites.iter().all(|site| site.function == "serve"));
    }

    #[test]
    fn lines_that_occur_twice_in_a_function_are_no_candidates() {
        let twice = SOURCE.replace("close(conn)\n", "conn.read();\n");
        let sites = candidates(&twice);
        assert!(sites.iter().all(|site| site.text != "conn.read();"));
    }
}
