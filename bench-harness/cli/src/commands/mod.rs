//! The sub-commands of the program, one file each.

pub mod calibrate;
pub mod compare;
pub mod diff;
pub mod export;
pub mod list;
pub mod load;
pub mod plan;
pub mod report;
pub mod runs;
pub mod serve;
pub mod shell;
