//! What workers record during a run, in bounded memory.

pub mod answer;
pub mod cost;
pub mod intervals;
pub mod overdue;
pub mod progress;
pub mod recorder;
pub mod reservoir;
pub mod series;
pub mod timeline;
pub mod waits;
