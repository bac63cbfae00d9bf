//! A model's README, taken apart into sections and paragraphs.

use std::fs;
use std::path::Path;

/// Reads a file of the workspace.
pub fn read(path: &str) -> String {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = workspace.join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A model's README.
pub struct Page {
    pub model: &'static str,
    text: String,
}

impl Page {
    pub fn of(model: &'static str) -> Self {
        let text = read(&format!("crates/models/{model}/README.md"));
        Self { model, text }
    }

    /// Returns the whole text with single spaces.
    pub fn on_one_line(&self) -> String {
        self.text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Returns what stands under a heading.
    pub fn section(&self, heading: &str) -> &str {
        let start = format!("\n## {heading}\n");
        let (_, section) = self
            .text
            .split_once(&start)
            .unwrap_or_else(|| panic!("{}: no heading `{heading}`", self.model));
        section.split("\n## ").next().unwrap_or(section)
    }

    /// Returns the paragraphs under a heading, each on one line.
    pub fn paragraphs(&self, heading: &str) -> Vec<String> {
        let paragraphs = self.section(heading).split("\n\n");
        let lines = paragraphs.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.filter(|text| !text.is_empty()).collect()
    }

    pub fn has_paragraph(&self, heading: &str, beginning: &str) -> bool {
        let paragraphs = self.paragraphs(heading);
        paragraphs.iter().any(|text| text.starts_with(beginning))
    }
}
