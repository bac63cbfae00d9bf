//! What all workers of a run share.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use crate::conversation::manner::Manner;
use crate::notes::progress::Progress;
use crate::plan::load::Load;
use crate::timing::gate::Gate;

/// What all workers of a run share.
pub struct Shared<'a> {
    /// What to do.
    pub load: &'a Load,
    /// How the clients of each class talk.
    pub manners: &'a [Manner],
    /// Set by whoever wants the run to end early.
    pub stop: &'a AtomicBool,
    /// Where workers say how it is going.
    pub progress: &'a Progress,
    /// When the run began.
    pub start: Instant,
    /// When asking begins.
    pub gate: Arc<Gate>,
}
