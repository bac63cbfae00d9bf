//! A table of text, for a web page or for Markdown.

use std::fmt::Write as _;

use maud::{Markup, html};

/// Rows of cells under headings; the first column names the row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The title of the table.
    pub caption: String,
    /// One heading per column.
    pub columns: Vec<String>,
    /// One text per column.
    pub rows: Vec<Vec<String>>,
    /// True if the last column contains sentences.
    pub ends_in_words: bool,
}

impl Table {
    /// An empty table with these headings.
    pub fn new(caption: impl Into<String>, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        Self {
            caption: caption.into(),
            columns,
            rows: Vec::new(),
            ends_in_words: false,
        }
    }

    /// An element of a web page; a wide table scrolls inside of its own box.
    pub fn html(&self) -> Markup {
        html! {
            div.scroll tabindex="0" role="region" aria-label=(self.caption) {
                table {
                    caption { (self.caption) }
                    thead { tr { @for column in &self.columns { th scope="col" { (column) } } } }
                    tbody {
                        @for row in &self.rows {
                            tr {
                                @for (index, cell) in row.iter().enumerate() {
                                    @if index == 0 { th scope="row" { (cell) } } @else { td class=[self.is_words(index).then_some("words")] { (cell) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// A Markdown table, numbers aligned to the right.
    pub fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let escaped = |cells: &[String]| cells.iter().map(|cell| escape(cell)).collect::<Vec<_>>();
        let rule = |index| {
            if index == 0 || self.is_words(index) {
                "---"
            } else {
                "---:"
            }
            .to_owned()
        };
        let mut text = line(escaped(&self.columns));
        text += &line((0..self.columns.len()).map(rule).collect());
        for row in &self.rows {
            write!(text, "{}", line(escaped(row))).expect("a string takes all text");
        }
        text
    }

    fn is_words(&self, index: usize) -> bool {
        self.ends_in_words && index + 1 == self.columns.len()
    }
}

/// Escapes a text for Markdown, also inside a table. Names and reasons may come from outside.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' => out.push(' '),
            '|' | '`' | '*' | '_' | '<' | '[' | '\\' => out.extend(['\\', letter]),
            _ => out.push(letter),
        }
    }
    out
}

/// A part of a Markdown text that is not in the way.
pub fn folded(title: &str, text: &str) -> String {
    format!(
        "<details><summary>{}</summary>\n\n{text}\n</details>",
        escape(title)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_a_cell() {
        let mut table = Table::new("t", &["name", "n"]);
        table.rows.push(vec!["a|b\n<script>".into(), "1".into()]);
        assert_eq!(
            table.markdown(),
            "| name | n |\n| --- | ---: |\n| a\\|b \\<script> | 1 |\n"
        );
        assert!(table.html().into_string().contains("&lt;script&gt;"));
    }
}
