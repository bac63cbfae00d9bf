//! When things happen: when requests are due, which connection sends them, and when sending starts.

pub mod agenda;
pub mod dispatch;
pub mod gate;
pub mod part;
pub mod rate;
pub mod schedule;
pub mod slice;
pub mod timetable;
