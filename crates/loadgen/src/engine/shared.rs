//! State that all workers of a run share.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use crate::conversation::manner::Manner;
use crate::notes::progress::Progress;
use crate::plan::load::Load;
use crate::timing::gate::Gate;

/// State that all workers of a run share.
pub struct Shared<'a> {
    /// The load.
    pub load: &'a Load,
    /// How the clients of each class talk.
    pub manners: &'a [Manner],
    /// Set to true to end the run early.
    pub stop: &'a AtomicBool,
    /// Live counters.
    pub progress: &'a Progress,
    /// Start of the run.
    pub start: Instant,
    /// The start of sending.
    pub gate: Arc<Gate>,
}
