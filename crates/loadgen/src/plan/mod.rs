//! What to do: the load with its classes of clients, as a user writes it, checked before anything begins.

pub mod behaviour;
pub mod class;
pub mod error;
pub mod file;
mod limits;
pub mod load;
pub mod target;
