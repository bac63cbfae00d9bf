//! What a model teaches, as text: its idea, its picture, where it ends, and the source of its `serve`.
//!
//! A run stores these texts, because its figures belong to them and not to what the model becomes later.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The texts about one model. `idea`, `picture` and `ends` are Markdown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lesson {
    /// The title without the name of the model: `the kernel keeps the list`.
    pub title: String,
    /// What the design is about.
    pub idea: String,
    /// A drawing of it in letters.
    pub picture: String,
    /// What it cannot do.
    pub ends: String,
    /// The function `serve`, in Rust.
    pub serve: String,
    /// The folder of the model in the repository.
    pub folder: String,
    /// True if the model belongs to the core of the course: one model for each idea.
    pub core: bool,
}

/// The texts about the models of a run, by the name of the model. Stored as `lessons.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lessons {
    /// The version of this document: [`Lessons::SCHEMA`] when it was written.
    pub schema: u32,
    /// The texts. An external server has none.
    pub models: BTreeMap<String, Lesson>,
    /// Where the texts come from. A file of a run holds those of the run.
    #[serde(skip)]
    pub origin: Origin,
}

impl Lessons {
    /// The version of the document that this program writes.
    pub const SCHEMA: u32 = 1;
}

/// Where texts about models come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// From the program that measured the run.
    #[default]
    Run,
    /// From the program that writes the report: the run stored none. They may differ from what was measured.
    Program,
}
