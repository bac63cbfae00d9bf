//! The commands of the program: one file each, or a folder beside the file where a command is large.

pub mod calibrate;
pub mod compare;
pub mod completions;
pub mod diff;
pub mod export;
pub mod list;
pub mod load;
pub mod man;
pub mod plan;
pub mod report;
pub mod runs;
pub mod serve;
pub mod site;
