//! What an experiment has measured: rows of values, and what happened when.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The result of a step, and of all steps of a lesson together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measured {
    /// The rows, in the order of the drawing.
    pub rows: Vec<Row>,
    /// Sentences about what was seen that no row says, at most three.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A quantity that was measured once or several times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// Its name: unique in the lesson, at most 30 characters. Checks name it.
    pub label: String,
    /// The unit of its values.
    pub unit: Unit,
    /// The values, one a round. One value if it is exact, such as a count. Two rows with equally many values are paired:
    /// their ratio is taken round by round.
    pub values: Vec<f64>,
    /// True if the values are known only to be at least this large.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_least: bool,
    /// The line it belongs to, for drawings with lines: the name of the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Its place on the axis, for drawings with lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<f64>,
    /// What happened in its lane, for drawings with lanes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spans: Vec<Span>,
}

/// A part of a lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// Its begin, in seconds since the experiment began.
    pub from: f64,
    /// Its end.
    pub to: f64,
    /// What it shows.
    pub kind: SpanKind,
}

/// What a part of a lane shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SpanKind {
    /// The client waits for the server.
    Waits,
    /// The client is served.
    Served,
    /// The client itself does nothing.
    Idle,
}

/// A unit of measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Microseconds.
    Us,
    /// Milliseconds.
    Ms,
    /// Seconds.
    S,
    /// Requests a second.
    PerSecond,
    /// A number of things: clients, bytes are [`Unit::Bytes`].
    Count,
    /// Bytes.
    Bytes,
    /// Kibibytes.
    KiB,
    /// A ratio.
    Times,
    /// Percent.
    Percent,
}

impl Row {
    /// A row of values without a place.
    pub fn new(label: impl Into<String>, unit: Unit, values: Vec<f64>) -> Self {
        Self {
            label: label.into(),
            unit,
            values,
            at_least: false,
            group: None,
            at: None,
            spans: Vec::new(),
        }
    }
}
