//! A row without what only curves are drawn from.
//!
//! Of a hundred thousand rows some hundreds are drawn. Histograms, moments and the server's own counters are a good part of the
//! text of a row and most of the memory that it takes; they are passed over here, and read again for the rows that are drawn.

use serde::de::IgnoredAny;
use serde_json::Deserializer;

/// What is passed over, and what stands in its place. A key with its quotes cannot stand inside a string of JSON, where quotes are
/// escaped.
const HEAVY: [(&[u8], &[u8]); 3] = [
    (b"\"histogram\":", b"\"\""),
    (b"\"over_time\":", b"[]"),
    (b"\"stats\":", b"null"),
];

/// Writes the row without them into `light`, in place of what was there. Text that is no JSON stays as it is from there on.
pub(super) fn skim(row: &[u8], light: &mut Vec<u8>) {
    light.clear();
    let mut rest = row;
    while let Some((before, nothing, after)) = next_heavy(rest) {
        light.extend_from_slice(before);
        light.extend_from_slice(nothing);
        rest = after;
    }
    light.extend_from_slice(rest);
}

/// The text up to the first heavy value, what stands for that value, and the text behind it.
fn next_heavy(text: &[u8]) -> Option<(&[u8], &'static [u8], &[u8])> {
    let mut quotes = memchr::memchr_iter(b'"', text);
    quotes.find_map(|at| {
        let (key, nothing) = HEAVY.iter().find(|(key, _)| text[at..].starts_with(key))?;
        let (before, value) = text.split_at(at + key.len());
        Some((before, *nothing, &value[length(value)?..]))
    })
}

/// How long the value is with which this text begins.
fn length(text: &[u8]) -> Option<usize> {
    let mut values = Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(values.byte_offset())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skimmed(row: &str) -> String {
        let mut light = b"what was there".to_vec();
        skim(row.as_bytes(), &mut light);
        String::from_utf8(light).unwrap()
    }

    #[test]
    fn what_is_heavy_is_passed_over_and_nothing_else() {
        let row = r#"{"a":{"count":1,"histogram":"SElTVA=="},"over_time":{"at_s":[0.5,1],"open":{"histogram":3}},"stats":{"x":"}"},"b":2}"#;
        let light = r#"{"a":{"count":1,"histogram":""},"over_time":[],"stats":null,"b":2}"#;
        assert_eq!(skimmed(row), light);
        assert_eq!(skimmed(light), light);
    }

    #[test]
    fn names_that_only_look_heavy_stay() {
        let row = r#"{"name":"\"stats\":{","reason":"\\","stats":[1]}"#;
        let light = r#"{"name":"\"stats\":{","reason":"\\","stats":null}"#;
        assert_eq!(skimmed(row), light);
    }

    #[test]
    fn a_row_that_breaks_off_is_not_mended() {
        for row in [r#"{"a":1,"stats":{"b":"#, r#"{"histogram":"AAA"#, "", "\n"] {
            assert_eq!(skimmed(row), row);
        }
    }
}
