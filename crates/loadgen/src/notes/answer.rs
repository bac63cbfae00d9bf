//! A correct reply with its response and service time.

use std::time::Duration;

/// A correct reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Response time: since the intended time of the request.
    pub response: Duration,
    /// Service time: since the request was sent.
    pub service: Duration,
    /// True for the first reply that this client ever got.
    pub first: bool,
}
