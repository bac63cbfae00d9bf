//! The list of all models, and a process that serves any of them.
//!
//! The list is in the order of the course: each model answers a question that the one before it raises. The command
//! line, the conformance suite, the reports and the README's table all use it.

mod bind;
mod error;
mod last_resort;
mod options;
mod process;
mod registry;
mod signals;
mod socket_file;
mod stop_message;

pub use error::ServeError;
pub use model::{
    About, Capacity, Claim, Client, Ending, Event, Expect, Family, Listen, Model, Observer, Queue,
    Share, Stats, Transport, Unsupported, What, WorkPlace, Workers,
};
pub use options::ServeOptions;
pub use process::{Report, serve};
pub use registry::{CORE, MODELS, REFERENCE, UnknownModel, find, nearest};
