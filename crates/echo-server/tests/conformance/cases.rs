//! The cases, by topic.

pub mod bounds;
pub mod bytes;
pub mod crowds;
pub mod datagrams;
pub mod endings;
pub mod processes;
pub mod stopping;
pub mod work;
