//! What one check of the generator found, as an outcome stores it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one check found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Check {
    /// What was checked: `rate`, `lag`, `elapsed`, `schedule`, `arrivals`, `connections`, `little`, `cpu`, `run-queue`, `limits`,
    /// `clock`.
    pub name: String,
    /// Whether the value is within the limit.
    pub ok: bool,
    /// Whether the run means nothing where this check is not ok.
    pub invalidates: bool,
    /// What was found, for people.
    pub sentence: String,
    /// What to do where it is not ok.
    pub remedy: String,
    /// What was found, as a number; its function says which. None where it is no number.
    pub value: Option<f64>,
    /// The largest value that is ok.
    pub limit: Option<f64>,
}

/// What a failed check says about the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Something to know before the figures are believed.
    Warns,
    /// The figures are those of the generator.
    Invalidates,
}

impl Check {
    pub(crate) fn at_most(name: &str, weight: Weight, value: f64, limit: f64) -> Self {
        Self {
            name: name.to_owned(),
            ok: value <= limit,
            invalidates: weight == Weight::Invalidates,
            value: value.is_finite().then_some(value),
            limit: Some(limit),
            ..Self::default()
        }
    }

    pub(crate) fn says(mut self, sentence: impl Into<String>) -> Self {
        self.sentence = sentence.into();
        self
    }

    pub(crate) fn remedy(mut self, remedy: &str) -> Self {
        remedy.clone_into(&mut self.remedy);
        self
    }

    /// Whether the run means nothing because of this.
    pub const fn fails(&self) -> bool {
        self.invalidates && !self.ok
    }
}
