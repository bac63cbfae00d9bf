//! Reads a load document: a user's load file in TOML, or one JSON document from another program.
//!
//! ```toml
//! duration = "30s"
//! protocol = "framed"
//!
//! [[class]]
//! name = "users"
//! connections = 64
//! rate = 20000
//! arrivals = "poisson"
//! work = "spin:exp:20us"
//!
//! [[class]]
//! name = "slow clients"
//! behaviour = "slow-sender"
//! connections = 20
//! ```

use std::str::FromStr;

use thiserror::Error;

use crate::plan::load::Load;
use crate::plan::meant::meant;

/// A mistake in a load document and its place.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {message}")]
pub struct FileError {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl FromStr for Load {
    type Err = FileError;

    /// Reads JSON if the text starts with a brace, otherwise TOML.
    fn from_str(text: &str) -> Result<Self, FileError> {
        if text.trim_start().starts_with('{') {
            Self::from_json(text)
        } else {
            Self::from_toml(text)
        }
    }
}

impl Load {
    /// Reads a document in TOML.
    ///
    /// # Errors
    /// The text is not a load. The error names the first mistake, its place, and a correction.
    pub fn from_toml(text: &str) -> Result<Self, FileError> {
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start).min(text.len());
            let before = text.get(..at).unwrap_or(text);
            let line_begin = before.rfind('\n').map_or(0, |newline| newline + 1);
            FileError {
                line: before.matches('\n').count() + 1,
                column: before[line_begin..].chars().count() + 1,
                message: explain(error.message()),
            }
        })
    }

    /// Reads a document in JSON, as `serde_json::to_string` writes it.
    ///
    /// # Errors
    /// The text is not a load. The error names the first mistake, its place, and a correction.
    pub fn from_json(text: &str) -> Result<Self, FileError> {
        serde_json::from_str(text).map_err(|error: serde_json::Error| {
            let (line, column) = (error.line(), error.column());
            let place = format!(" at line {line} column {column}");
            let message = error.to_string();
            FileError {
                line,
                column,
                message: explain(message.strip_suffix(&place).unwrap_or(&message)),
            }
        })
    }
}

/// Translates the message of a TOML or JSON parser for a user.
pub fn explain(message: &str) -> String {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    if let Some((unknown, known)) = quoted.split_first()
        && message.starts_with("unknown field")
    {
        return format!(
            "there is no key `{unknown}` here; {}",
            meant(unknown, known)
        );
    }
    for prefix in ["invalid type: ", "invalid value: "] {
        let parts = message.strip_prefix(prefix);
        if let Some((found, expected)) = parts.and_then(|parts| parts.split_once(", expected ")) {
            return format!("this is {found}; write {}", in_words(expected));
        }
    }
    message.to_owned()
}

/// Translates the type that a parser expects.
fn in_words(expected: &str) -> &str {
    match expected {
        "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative",
        number if number.starts_with("a nonzero") => "a whole number above 0",
        "f64" => "a number",
        "a boolean" => "true or false",
        "a string" => "a text in quotes",
        "a sequence" => "a list",
        other => other,
    }
}

#[cfg(test)]
mod tests;
