//! Whether the replies were right.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether the replies were right.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Verification {
    /// Replies compared byte for byte and found right, in the measured window; 0 where verification was off.
    pub verified: u64,
    /// Replies that were wrong, over the whole run: a wrong byte, id or size, or bytes that nobody asked for.
    pub mismatched: u64,
    /// The first of them, in words.
    pub first_mismatch: Option<String>,
}
