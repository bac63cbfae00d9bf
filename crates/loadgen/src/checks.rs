//! What the generator checks about its own figures: pure functions of an outcome.

use serde::{Deserialize, Serialize};

/// One thing that was checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Check {
    /// A short name for machines, such as `offered-rate`.
    pub name: String,
    /// Whether all is well.
    pub ok: bool,
    /// Whether the figures mean nothing where it is not.
    pub invalidates: bool,
    /// What was found, for people.
    pub sentence: String,
    /// What they can do about it; empty where all is well.
    pub remedy: String,
    /// What was measured; none where that is no number.
    pub value: Option<f64>,
    /// What it is compared with.
    pub limit: Option<f64>,
}
