//! The course: lessons that ask, let the reader predict, measure with real processes, and check what they claim.
//!
//! ```text
//! crates/lessons/NAME ──> lesson ──> step, step, …  ──> Measured (rows of values)
//!    lesson.toml                       │                     │
//!    README.md                      Stage (processes)        ├ answer: which choice is right here
//!                                                            ├ checks: is the shape there
//!                                                            └ drawn in the terminal and on the page
//! ```
//!
//! A lesson is data. What is special about its experiment is a small, named step ([`step::STEPS`]).

pub mod book;
pub mod catalogue;
#[cfg(test)]
mod fixture;
pub mod lesson;
pub mod measured;
pub mod namespace;
pub mod outcome;
pub mod page;
pub mod predict;
pub mod predicted;
pub mod quantity;
pub mod run;
pub mod stage;
pub mod step;
pub mod store;
pub mod talk;
pub mod terminal;
pub mod text;
pub mod units;
mod validate;
pub mod watch;
