//! What to do: the load with its classes of clients, as a user writes it, checked before anything begins.

pub mod behaviour;
pub mod class;
pub mod class_document;
pub mod document;
pub mod error;
mod limits;
pub mod load;
mod meant;
pub mod target;
mod time;
