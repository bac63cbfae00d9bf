//! Breaks models in a copy of the workspace, and runs the conformance suite there.
//!
//! ```text
//! tree        the source tree, and the folders of the copies
//! page        "Break it" of a README: a patch, and the case that fails
//! patch       a patch of a few lines, applied to a source
//! copy        a copy of the workspace with changed files
//! compile     the suite, built in the copy
//! suite       the suite, run: which cases fail, and the line that says why
//! exercise    the table of exercises of a model: one line is missing, which case fails?
//! candidates  the lines of a model that can be left out
//! schemata    one source with all changes in it, each behind a switch
//! ```
//!
//! It links no model: the copy is built with cargo, and the suite is a process of its own.

mod candidates;
mod compile;
mod copy;
mod error;
mod exercise;
mod page;
mod patch;
mod schemata;
mod suite;
mod tree;

pub use candidates::{Change, Site, candidates};
pub use compile::{Build, Built};
pub use copy::{Copy, Keep};
pub use error::WorkshopError;
pub use exercise::{Exercise, Exercises};
pub use page::{BreakIt, Crash};
pub use patch::Patched;
pub use schemata::{SWITCH, Switched, switch_source};
pub use suite::{Outcome, Suite, Test};
pub use tree::Tree;
