//! Every model in one list, and one process that serves any of them.
//!
//! The list is in the order of the course: each model answers a question that the one before it raises. Command line,
//! conformance suite, reports and the README's table all come from it.

mod options;
mod process;
mod registry;
mod signals;

pub use model::{
    About, Capacity, Claim, Expect, Family, Model, Queue, Share, Stats, Transport, Unsupported,
    WorkPlace, Workers,
};
pub use options::{Listen, ServeOptions};
pub use process::{Report, ServeError, serve};
pub use registry::{MODELS, REFERENCE, UnknownModel, find, nearest};
