//! The result of comparing replies with requests.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The result of comparing replies with requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Verification {
    /// Replies of the measured window that were compared byte for byte and correct; 0 without verification. Of a reply over HTTP,
    /// status and length are compared.
    pub verified: u64,
    /// Wrong replies in the whole run: a wrong byte, id, size or status, a broken frame, or surplus bytes.
    pub mismatched: u64,
    /// The first wrong reply, in words.
    pub first_mismatch: Option<String>,
}
