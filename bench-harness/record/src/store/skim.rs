//! Removes the parts of a row that only curves need.
//!
//! A report draws curves from a few hundred rows, and a large run has 100,000. Histograms, series and the server's counters
//! are a good part of the text of a row and most of its memory. They are skipped here, and read again for the rows that are
//! drawn.

use serde::de::IgnoredAny;
use serde_json::Deserializer;

/// The keys of the values to skip, each with the text that replaces the value. A key with its quotes cannot occur inside a
/// JSON string, where quotes are escaped.
const HEAVY: [(&[u8], &[u8]); 3] = [
    (b"\"histogram\":", b"\"\""),
    (b"\"over_time\":", b"[]"),
    (b"\"stats\":", b"null"),
];

/// Replaces the content of `light` by the row without its heavy values. The text after a syntax error is copied as it is.
pub(super) fn skim(row: &[u8], light: &mut Vec<u8>) {
    light.clear();
    let mut tail = row;
    while let Some((before, replacement, after)) = next_heavy(tail) {
        light.extend_from_slice(before);
        light.extend_from_slice(replacement);
        tail = after;
    }
    light.extend_from_slice(tail);
}

/// The text before the first heavy value, the text that replaces this value, and the text after it.
fn next_heavy(text: &[u8]) -> Option<(&[u8], &'static [u8], &[u8])> {
    let mut quotes = memchr::memchr_iter(b'"', text);
    quotes.find_map(|start| {
        let is_here = |(key, _): &&(&[u8], &[u8])| text[start..].starts_with(key);
        let (key, replacement) = HEAVY.iter().find(is_here)?;
        let (before, value) = text.split_at(start + key.len());
        Some((before, *replacement, &value[value_length(value)?..]))
    })
}

/// Length of the JSON value at the start of this text.
fn value_length(text: &[u8]) -> Option<usize> {
    let mut values = Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(values.byte_offset())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skimmed(row: &str) -> String {
        let mut light = b"old content".to_vec();
        skim(row.as_bytes(), &mut light);
        String::from_utf8(light).unwrap()
    }

    #[test]
    fn only_heavy_values_are_replaced() {
        let row = r#"{"a":{"count":1,"histogram":"SElTVA=="},"over_time":{"at_s":[0.5,1],"open":{"histogram":3}},"stats":{"x":"}"},"b":2}"#;
        let light = r#"{"a":{"count":1,"histogram":""},"over_time":[],"stats":null,"b":2}"#;
        assert_eq!(skimmed(row), light);
        assert_eq!(skimmed(light), light);
    }

    #[test]
    fn a_string_that_looks_like_a_heavy_key_stays() {
        let row = r#"{"name":"\"stats\":{","reason":"\\","stats":[1]}"#;
        let light = r#"{"name":"\"stats\":{","reason":"\\","stats":null}"#;
        assert_eq!(skimmed(row), light);
    }

    #[test]
    fn an_incomplete_row_is_copied_as_it_is() {
        for row in [r#"{"a":1,"stats":{"b":"#, r#"{"histogram":"AAA"#, "", "\n"] {
            assert_eq!(skimmed(row), row);
        }
    }
}
