//! Texts from files and command lines of others, made harmless for a terminal, a spreadsheet and a shell.

use std::borrow::Cow;

/// The text for a terminal: control characters, which could move the cursor or hide lines, become visible. Line breaks stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out.into()
}

/// Controls a terminal, or turns the direction of the text around (Unicode, UAX 9), so that it reads as another one.
fn is_hidden(c: char) -> bool {
    let turns =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || c.is_control() && c != '\n'
}

/// The text for a cell of a CSV file. A spreadsheet takes a text with one of these beginnings for a formula (OWASP, CSV
/// injection); with an apostrophe before it, it is a text.
pub fn cell(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}").into()
    } else {
        text.into()
    }
}

/// The text as one word of a shell.
pub fn word(text: &str) -> Cow<'_, str> {
    // A null byte cannot occur in an argument.
    shlex::try_quote(text).unwrap_or(Cow::Borrowed(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_visible_and_line_breaks_stay() {
        assert_eq!(
            visible("a\u{1b}[2J\r\u{9b}b\nc"),
            "a\\u{1b}[2J\\r\\u{9b}b\nc"
        );
        assert_eq!(visible("a\u{202e}b"), "a\\u{202e}b");
        assert!(matches!(visible("plain – text\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_cell_is_no_formula() {
        for text in ["=cmd()", "+1", "-1", "@a", "\ta"] {
            assert_eq!(cell(text), format!("'{text}"));
        }
        assert_eq!(cell("epoll-level"), "epoll-level");
    }

    #[test]
    fn a_word_is_quoted_only_if_it_must_be() {
        assert_eq!(word("results/20260314"), "results/20260314");
        assert_eq!(word("my runs"), "'my runs'");
        assert_eq!(word("$(a)"), "'$(a)'");
    }
}
