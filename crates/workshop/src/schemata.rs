//! One source with all changes in it, each behind a switch, so that one build serves all of them.
//!
//! The statement `conn.read();` becomes `if !model::is_switched("poll/3") { conn.read(); }`. An environment variable names
//! the switch that is on. (Untch, Offutt and Harrold, "Mutation analysis using mutant schemata", 1993.)

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::candidates::{Change, Site};
use crate::error::WorkshopError;
use crate::exercise::Exercises;
use crate::tree::Tree;

/// The environment variable that names the switch that is on.
pub const SWITCH: &str = "ECHOLAB_SWITCH";

/// The file of the kit that gets the function that asks for the switch.
const KIT: &str = "crates/model/src/lib.rs";

/// The function that asks for the switch. Only a copy of the kit has it.
const ASK: &str = r#"
/// True if the environment names this switch.
pub fn is_switched(name: &str) -> bool {
    static SWITCH: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    let switch = SWITCH.get_or_init(|| std::env::var("ECHOLAB_SWITCH").ok());
    switch.as_deref() == Some(name)
}
"#;

/// The files of a copy in which models have switches.
#[derive(Debug)]
pub struct Switched(BTreeMap<PathBuf, String>);

impl Switched {
    /// The kit with its question, and no model yet.
    ///
    /// # Errors
    /// The kit cannot be read.
    pub fn new(tree: &Tree) -> Result<Self, WorkshopError> {
        let kit = tree.read(KIT.as_ref())?;
        Ok(Self(BTreeMap::from([(KIT.into(), kit + ASK)])))
    }

    /// The models with a switch for each line of their tables of exercises. A model without a valid table stays as it is.
    ///
    /// # Errors
    /// A source cannot be read.
    pub fn of_all<'a>(
        tree: &Tree,
        models: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, WorkshopError> {
        let mut switched = Self::new(tree)?;
        for model in models {
            let table = Exercises::of(tree, model);
            if let Ok(sites) = table.and_then(|table| table.sites(tree, model)) {
                switched.add(tree, model, &sites)?;
            }
        }
        Ok(switched)
    }

    /// Adds a model with a switch for each of these lines.
    ///
    /// # Errors
    /// Its source cannot be read.
    pub fn add(&mut self, tree: &Tree, model: &str, sites: &[Site]) -> Result<(), WorkshopError> {
        let file = Tree::source(model);
        let source = switch_source(model, &tree.read(&file)?, sites);
        self.0.insert(file, source);
        Ok(())
    }

    /// The changed files.
    pub fn files(&self) -> &BTreeMap<PathBuf, String> {
        &self.0
    }

    /// The name of the switch for the site with this index.
    pub fn name(model: &str, index: usize) -> String {
        format!("{model}/{index}")
    }
}

/// The source with a switch for each site. No line moves.
pub fn switch_source(model: &str, source: &str, sites: &[Site]) -> String {
    let mut lines: Vec<String> = source.lines().map(String::from).collect();
    for (index, site) in sites.iter().enumerate() {
        let on = format!("::model::is_switched(\"{}\")", Switched::name(model, index));
        let line = &mut lines[site.line - 1];
        match site.change {
            Change::Delete => {
                *line = line.replacen(&site.text, &format!("if !{on} {{ {} }}", site.text), 1);
            }
            Change::Never => *line = line.replacen(&site.text, &never(&site.text, &on), 1),
            Change::Once => {
                let end = &mut lines[site.end - 1];
                *end = end.replacen('}', &format!("if {on} {{ break; }} }}"), 1);
            }
        }
    }
    lines.join("\n") + "\n"
}

/// The beginning of an `if` whose condition is false while the switch is on.
fn never(text: &str, on: &str) -> String {
    let condition = text.trim_start_matches("if ").trim_end_matches('{').trim();
    if condition.contains("let ") {
        format!("if !{on} && {condition} {{") // a pattern cannot stand in parentheses
    } else {
        format!("if !{on} && ({condition}) {{")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidates::candidates;

    #[test]
    fn each_change_is_behind_its_switch_and_no_line_moves() {
        let source = "fn f() {\n    a();\n    if b() || c() {\n        d();\n    }\n    while let Some(e) = e() {\n        g(e);\n    }\n}\n";
        let switched = switch_source("m", source, &candidates(source));
        let lines: Vec<&str> = switched.lines().map(str::trim).collect();
        assert_eq!(lines.len(), source.lines().count());
        assert_eq!(lines[1], "if !::model::is_switched(\"m/0\") { a(); }");
        assert_eq!(
            lines[2],
            "if !::model::is_switched(\"m/1\") && (b() || c()) {"
        );
        assert_eq!(lines[7], "if ::model::is_switched(\"m/3\") { break; } }");
    }
}
