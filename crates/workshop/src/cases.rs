//! What each case checks: the comment above its function in the suite.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::error::WorkshopError;
use crate::tree::Tree;

const FOLDER: &str = "crates/echo-server/tests/conformance/cases";

/// The sentences of all cases, by their names.
#[derive(Clone, Debug, Default)]
pub struct Sentences(BTreeMap<String, String>);

impl Sentences {
    /// Reads the sources of the suite.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn of(tree: &Tree) -> Result<Self, WorkshopError> {
        let folder = tree.root().join(FOLDER);
        let problem = format!("cannot read {}", folder.display());
        let entries = fs::read_dir(folder).map_err(WorkshopError::file(problem))?;
        let mut sentences = Self::default();
        for entry in entries.flatten() {
            sentences.add(&tree.read(&Path::new(FOLDER).join(entry.file_name()))?);
        }
        Ok(sentences)
    }

    /// The sentence of a case; its name in words if it has none.
    pub fn of_case(&self, case: &str) -> String {
        let known = self.0.get(case).cloned();
        known.unwrap_or_else(|| case.replace('_', " "))
    }

    /// True if the case has a sentence.
    pub fn has(&self, case: &str) -> bool {
        self.0.contains_key(case)
    }

    fn add(&mut self, source: &str) {
        let mut comment: Vec<&str> = Vec::new();
        for line in source.lines() {
            if let Some(text) = line.strip_prefix("///") {
                comment.push(text.trim());
                continue;
            }
            let name = line.strip_prefix("pub fn ");
            let name = name.and_then(|line| line.strip_suffix("(subject: &Subject) {"));
            if let Some(name) = name.filter(|_| !comment.is_empty()) {
                self.0.insert(name.into(), first_paragraph(&comment));
            }
            comment.clear();
        }
    }
}

fn first_paragraph(lines: &[&str]) -> String {
    let lines = lines.iter().take_while(|line| !line.is_empty());
    lines.copied().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_the_first_paragraph_above_a_case() {
        let mut sentences = Sentences::default();
        sentences.add("/// One byte comes\n/// back.\n///\n/// More.\npub fn one_byte(subject: &Subject) {\n}\n\npub fn two(subject: &Subject) {\n");
        assert_eq!(sentences.of_case("one_byte"), "One byte comes back.");
        assert!(!sentences.has("two"));
    }
}
