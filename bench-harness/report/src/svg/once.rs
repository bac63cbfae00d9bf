//! Writes the parts that several drawings of a document share only once: axes of neighbouring panels, names beside
//! rows.

use std::collections::BTreeMap;

use maud::{Markup, PreEscaped};

/// Marks around a part that may be shared. No text contains them, because `<` is escaped there.
const MARKS: (&str, &str) = ("<!--(-->", "<!--)-->");

/// Markup that other panels of the document may contain too. It is drawn where it occurs first, so it must not depend
/// on its surroundings.
pub fn shared(markup: &Markup) -> Markup {
    PreEscaped(format!("{}{}{}", MARKS.0, markup.0, MARKS.1))
}

/// A document in which each shared part that occurs again refers to its first occurrence.
pub fn once(document: &str) -> String {
    let parts = || {
        document
            .split(MARKS.0)
            .skip(1)
            .filter_map(|part| part.split_once(MARKS.1))
    };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (part, _) in parts() {
        *counts.entry(part).or_default() += 1;
    }
    let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
    let mut text = document
        .split(MARKS.0)
        .next()
        .unwrap_or_default()
        .to_owned();
    for (part, rest) in parts() {
        let next = ids.len();
        match (counts[part], ids.get(part)) {
            (1, _) => text += part,
            (_, Some(id)) => text.extend(["<use href=\"#o", &id.to_string(), "\"/>"]),
            (_, None) => {
                ids.insert(part, next);
                text.extend(["<g id=\"o", &next.to_string(), "\">", part, "</g>"]);
            }
        }
        text += rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_occurs_again_refers_to_its_first_occurrence() {
        let part = |text: &str| shared(&PreEscaped(text.to_owned())).0;
        let document = format!("a{}b{}c{}d", part("<p/>"), part("<q/>"), part("<p/>"));
        assert_eq!(
            once(&document),
            "a<g id=\"o0\"><p/></g>b<q/>c<use href=\"#o0\"/>d"
        );
        assert_eq!(once("nothing"), "nothing");
    }
}
