//! The cases of `echolab check` as tables: names and needs from the list of the suite, sentences from its texts.
//!
//! The course does not link the suite, so it reads the files. A line of the list is `topic::name: Group Needs …;`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

use super::BookError;
use super::tree::Tree;

/// The list of cases.
const LIST: &str = "crates/conformance/src/case.rs";
/// The texts of the cases.
const TEXTS: &str = "crates/conformance/texts";
/// The lists in the file, and the servers that they are for.
const LISTS: [(&str, &str); 2] = [
    ("pub static CASES", "Servers of streams"),
    ("pub static DATAGRAM_CASES", "Servers of datagrams"),
];

/// What a table shows of a case's texts.
#[derive(Deserialize)]
struct Text {
    sentence: String,
}

/// A line of the list.
#[derive(Debug, PartialEq)]
struct Case<'a> {
    name: &'a str,
    group: &'a str,
    needs: &'a str,
}

/// A section for each kind of server, with a table for each group.
///
/// # Errors
/// A file cannot be read, the list has another form, or a case has no text.
pub fn tables(tree: &Tree) -> Result<String, BookError> {
    let sentences = sentences(tree)?;
    let list = tree.text(LIST)?;
    let mut out = String::new();
    for (begin, title) in LISTS {
        let cases = cases(&list, begin)?;
        _ = write!(out, "\n### {title}\n");
        let mut group = "";
        for case in cases {
            if group != case.group {
                group = case.group;
                let name = group.to_lowercase();
                _ = write!(out, "\n| `{name}` | needs |\n|---|---|\n");
            }
            let Case { name, needs, .. } = case;
            let sentence = sentences.get(name).ok_or_else(|| {
                BookError::mistake(TEXTS, format!("the case `{name}` has no sentence"))
            })?;
            let needs = needs.to_lowercase();
            // With its long name beside it, the sentence would have a narrow column of its own.
            _ = writeln!(out, "| `{name}`<br>{sentence} | {needs} |");
        }
    }
    Ok(out)
}

/// The sentence of each case.
fn sentences(tree: &Tree) -> Result<BTreeMap<String, String>, BookError> {
    let folder = tree.root.join(TEXTS);
    let entries = std::fs::read_dir(&folder).map_err(|source| BookError::Read {
        path: folder,
        source,
    })?;
    let mut sentences = BTreeMap::new();
    for name in entries.flatten().map(|entry| entry.file_name()) {
        let file = format!("{TEXTS}/{}", name.to_string_lossy());
        // This file has texts of symptoms, and none of cases.
        if file.ends_with("/symptoms.toml") {
            continue;
        }
        let texts: BTreeMap<String, Text> = toml::from_str(&tree.text(&file)?)
            .map_err(|error| BookError::mistake(file, error.message()))?;
        sentences.extend(texts.into_iter().map(|(name, text)| (name, text.sentence)));
    }
    Ok(sentences)
}

/// The cases of one list, in its order.
fn cases<'a>(text: &'a str, begin: &str) -> Result<Vec<Case<'a>>, BookError> {
    let list = text.split(begin).nth(1);
    let list = list.and_then(|rest| rest.split("\n];").next());
    let lines = list.into_iter().flat_map(|list| list.lines().skip(1));
    let cases: Option<Vec<Case>> = lines.map(case).collect();
    cases
        .filter(|cases| !cases.is_empty())
        .ok_or_else(|| BookError::mistake(LIST, format!("`{begin}` is no list of cases")))
}

fn case(line: &str) -> Option<Case<'_>> {
    let (place, rest) = line.trim().strip_suffix(';')?.split_once(": ")?;
    let (_, name) = place.split_once("::")?;
    let mut words = rest.split([' ', ',']);
    Some(Case {
        name,
        group: words.next()?,
        needs: words.next()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_to_its_end_and_another_form_is_a_mistake() {
        let text = "pub static X: &[Case] = cases![\n    a::one: Bytes Address;\n    b::two: Limits Process after [one], alone;\n];\n";
        let of = |name, group, needs| Case { name, group, needs };
        let expected = [
            of("one", "Bytes", "Address"),
            of("two", "Limits", "Process"),
        ];
        assert_eq!(cases(text, "pub static X").unwrap(), expected);
        let error = cases(text, "pub static Y").unwrap_err().to_string();
        assert!(error.contains("`pub static Y` is no list"), "{error}");
        assert!(cases(&text.replace("a::one", "one"), "pub static X").is_err());
    }
}
