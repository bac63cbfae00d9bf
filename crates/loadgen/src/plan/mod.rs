//! The load: target, duration and classes of clients, as a user writes them; checked before the run starts.

pub mod behaviour;
pub mod behaviour_text;
pub mod class;
pub mod class_document;
pub mod document;
pub mod error;
pub mod http;
pub mod limits;
pub mod load;
mod meant;
pub mod sources;
pub mod target;
mod time;
