//! A correct reply, and how long it took.

use std::time::Duration;

/// A correct reply, and how long it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Since the request was intended.
    pub response: Duration,
    /// Since the request was sent.
    pub service: Duration,
    /// Whether it is the first that this client ever got.
    pub first: bool,
}
