//! The table of exercises of a model: one line is missing, and some cases fail.

use serde::{Deserialize, Serialize};

use crate::candidates::{Change, Site, candidates};
use crate::error::WorkshopError;
use crate::tree::Tree;

/// One exercise: a line that is missing, and what the suite says then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercise {
    /// The function that contains the line.
    pub function: String,
    /// The line, without its comment and the space around it. It occurs once in its function.
    pub line: String,
    /// What happens to the line.
    pub change: Change,
    /// The question, if it is another one than "which client notices?".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// A hint for who cannot answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The cases to choose from. Exactly one of them fails.
    pub choices: Vec<String>,
    /// The cases that failed when the table was made.
    pub fails: Vec<String>,
}

impl Exercise {
    /// The index of the choice that fails.
    pub fn answer(&self) -> Option<usize> {
        self.choices
            .iter()
            .position(|case| self.fails.contains(case))
    }

    /// What happens to the line, in words.
    pub fn words(&self) -> &'static str {
        match self.change {
            Change::Delete => "This line is missing.",
            Change::Never => "This condition is never true, so that its block is missing.",
            Change::Once => "This loop ends after its first turn, as if `while` were `if`.",
        }
    }
}

/// All exercises of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercises {
    /// The exercises. The tests check the first one each time.
    #[serde(rename = "exercise", default)]
    pub list: Vec<Exercise>,
}

impl Exercises {
    /// The copy with the switches of all tables.
    pub const COPY: &'static str = "exercises";

    /// Reads the table of a model.
    ///
    /// # Errors
    /// There is no table, or it does not have the expected form.
    pub fn of(tree: &Tree, model: &str) -> Result<Self, WorkshopError> {
        let text = tree.read(&Tree::exercises(model))?;
        let read = toml::from_str(&text).map_err(|error| error.to_string());
        read.and_then(Self::checked)
            .map_err(|problem| WorkshopError::Form {
                model: model.into(),
                problem,
                file: Tree::exercises(model),
            })
    }

    fn checked(self) -> Result<Self, String> {
        for exercise in &self.list {
            let right = exercise.choices.iter();
            let right = right.filter(|case| exercise.fails.contains(case)).count();
            if right != 1 {
                let line = &exercise.line;
                return Err(format!("`{line}`: {right} choices fail instead of one"));
            }
        }
        Ok(self)
    }

    /// The place of each exercise in the source of the model.
    ///
    /// # Errors
    /// A line is not in its function, or occurs there more than once.
    pub fn sites(&self, tree: &Tree, model: &str) -> Result<Vec<Site>, WorkshopError> {
        let known = candidates(&tree.read(&Tree::source(model))?);
        let found = self.list.iter().map(|exercise| {
            let site = known.iter().find(|site| {
                (&site.function, &site.text, site.change)
                    == (&exercise.function, &exercise.line, exercise.change)
            });
            site.cloned().ok_or_else(|| WorkshopError::Form {
                model: model.into(),
                problem: format!(
                    "`{}` is not a line that occurs once in `{}`",
                    exercise.line, exercise.function
                ),
                file: Tree::exercises(model),
            })
        });
        found.collect()
    }

    /// The text of the table.
    pub fn to_text(&self) -> String {
        let table = toml::to_string_pretty(self).expect("a table of texts");
        format!(
            "# One line of this model is missing, and these cases of the conformance suite fail.\n# `cargo run -p workshop --example find-exercises MODEL` writes this file, and the suite checks it.\n\n{table}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exercise(choices: &[&str], fails: &[&str]) -> Exercise {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).into()).collect();
        Exercise {
            function: "serve".into(),
            line: "a();".into(),
            change: Change::Delete,
            question: None,
            hint: None,
            choices: owned(choices),
            fails: owned(fails),
        }
    }

    #[test]
    fn a_table_comes_back_as_it_was_written() {
        let list = vec![exercise(&["one_byte", "one_mebibyte"], &["one_mebibyte"])];
        let exercises = Exercises { list };
        assert_eq!(exercises.list[0].answer(), Some(1));
        let read: Exercises = toml::from_str(&exercises.to_text()).unwrap();
        assert_eq!(read, exercises);
    }

    #[test]
    fn exactly_one_choice_fails() {
        let list = vec![exercise(&["a", "b"], &["a", "b"])];
        let error = Exercises { list }.checked().unwrap_err();
        assert!(error.ends_with("2 choices fail instead of one"), "{error}");
    }
}
