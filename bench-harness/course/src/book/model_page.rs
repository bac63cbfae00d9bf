//! The page of a model: its README, its code, the difference to its neighbour, and ten questions with answers.

use std::fmt::Write as _;

use super::difference::{changed, unified, without_description};
use super::questions::{QUESTIONS, parse};
use super::tree::Tree;
use super::{BookError, Page};

/// A difference of more lines is folded up.
const SHORT: usize = 90;

/// What the book knows of a model.
pub struct ModelPage {
    /// Its name.
    pub name: String,
    /// The title of its README, without the name.
    pub title: String,
    /// The answers to the ten questions.
    pub answers: Vec<String>,
    readme: String,
    code: String,
}

impl ModelPage {
    /// Reads the files of a model.
    ///
    /// # Errors
    /// One of them is missing, or has a mistake.
    pub fn read(tree: &Tree, name: &str) -> Result<Self, BookError> {
        let folder = format!("crates/models/{name}");
        let readme = tree.text(&format!("{folder}/README.md"))?;
        let first = readme.lines().next().unwrap_or_default();
        let title = first.strip_prefix(&format!("# `{name}`: "));
        let title = title.ok_or_else(|| {
            BookError::mistake(
                format!("{folder}/README.md"),
                format!("the first line is not \"# `{name}`: …\""),
            )
        })?;
        Ok(Self {
            name: name.to_owned(),
            title: title.to_owned(),
            answers: parse(name, &tree.text(&format!("{folder}/questions.md"))?)?,
            code: tree.text(&format!("{folder}/src/lib.rs"))?,
            readme,
        })
    }

    /// Its page. The neighbour is the earlier model whose code differs least.
    pub fn page(&self, earlier: &[Self]) -> Page {
        let name = &self.name;
        let own = without_description(&self.code);
        let distance = |other: &&Self| changed(without_description(&other.code), own);
        let neighbour = earlier.iter().min_by_key(distance);
        let (title, body) = self.readme.split_once('\n').unwrap_or((&self.readme, ""));
        let mut text = format!("{title}\n\n*On this page: [the code](#the-code), ");
        if let Some(other) = neighbour {
            _ = write!(
                text,
                "[the difference to `{0}`](#the-difference-to-{0}), ",
                other.name
            );
        }
        _ = write!(
            text,
            "[ten questions](#ten-questions). Try it: `echolab watch {name}`.*\n{body}"
        );
        _ = writeln!(
            text,
            "\n## The code\n\n[crates/models/{name}/src/lib.rs](src/lib.rs), all of it:\n\n```rust,ignore\n{}```",
            self.code
        );
        if let Some(other) = neighbour {
            text += &self.difference(other);
        }
        text += &self.questions();
        Page {
            path: format!("models/{name}.md"),
            name: format!("`{name}`: {}", self.title),
            depth: 1,
            part: None,
            source: format!("crates/models/{name}/README.md"),
            text,
        }
    }

    fn difference(&self, other: &Self) -> String {
        let (old, new) = (
            without_description(&other.code),
            without_description(&self.code),
        );
        let count = changed(old, new);
        let neighbour = &other.name;
        let mut out = format!("\n## The difference to `{neighbour}`\n\n");
        _ = write!(
            out,
            "Of all models before this one, [`{neighbour}`](../{neighbour}) is the most similar: {count} lines differ. "
        );
        out += "The descriptions (`ABOUT`) are left out.\n\n";
        let (open, close) = match count {
            0..=SHORT => ("", ""),
            _ => (
                "<details>\n<summary>Show the difference</summary>\n\n",
                "\n</details>\n",
            ),
        };
        let diff = unified(old, new);
        _ = write!(out, "{open}```diff\n{diff}```\n{close}");
        out
    }

    fn questions(&self) -> String {
        let mut out =
            String::from("\n## Ten questions\n\nAnswer each question before you open it.\n");
        for (index, (question, answer)) in QUESTIONS.iter().zip(&self.answers).enumerate() {
            _ = writeln!(
                out,
                "\n<details>\n<summary>{}. {question}</summary>\n\n{answer}\n\n</details>",
                index + 1
            );
        }
        out
    }
}

/// The page that holds the models' answers against each other.
pub fn comparison(models: &[ModelPage]) -> Page {
    let mut text = String::from(
        "# Ten questions, all models\n\nEach question with the answers of all models, in the order of the course. The \
         differences between two neighbours are what the course is about.\n",
    );
    for (index, question) in QUESTIONS.iter().enumerate() {
        _ = write!(text, "\n## {}. {question}\n\n", index + 1);
        for model in models {
            let (name, answer) = (&model.name, &model.answers[index]);
            _ = writeln!(
                text,
                "- [`{name}`](../{name}): {}",
                answer.replace('\n', " ")
            );
        }
    }
    Page {
        path: "models/questions.md".to_owned(),
        name: "Ten questions, all models".to_owned(),
        depth: 1,
        part: None,
        source: "crates/models/x/README.md".to_owned(),
        text,
    }
}
