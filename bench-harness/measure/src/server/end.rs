//! The end of a server: its counters, its usage, and its fault if it did not stop properly.

use serde_json::Value;

use crate::cost::Usage;

/// The end of a server.
#[derive(Clone, Debug)]
pub struct ServerEnd {
    /// Its counters; `None` if it did not report them.
    pub stats: Option<Value>,
    /// Usage of all its reaped processes.
    pub usage: Usage,
    /// The way it ended, if that was wrong, in words that follow "the server".
    pub fault: Option<String>,
}
