//! The cases, by topic.

pub mod bytes;
pub mod crowds;
pub mod datagram_stops;
pub mod datagrams;
pub mod endings;
pub mod limits;
pub mod patience;
pub mod processes;
pub mod protocols;
pub mod stopping;
pub mod thousands;
pub mod waiting;
pub mod work;
