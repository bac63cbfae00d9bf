//! The result of one check of the generator, as an outcome stores it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The result of one check.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Check {
    /// Name of the check: `rate`, `lag`, `elapsed`, `schedule`, `arrivals`, `connections`, `little`, `cpu`, `run-queue`,
    /// `limits`, `ports` or `clock`.
    pub name: String,
    /// True if the value is within the limit.
    pub ok: bool,
    /// True if the run is invalid when this check is not ok.
    pub invalidates: bool,
    /// The finding in words.
    pub sentence: String,
    /// What to do if the check is not ok.
    pub remedy: String,
    /// The value that was checked; the check's documentation defines it. `None` if it is not finite.
    pub value: Option<f64>,
    /// The largest value that is ok.
    pub limit: Option<f64>,
}

/// What a failed check means for the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Readers should know it before they use the figures.
    Warns,
    /// The figures are not those of the server.
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

    /// True if this check makes the run invalid.
    pub const fn fails(&self) -> bool {
        self.invalidates && !self.ok
    }
}
