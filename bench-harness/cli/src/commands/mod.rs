//! The commands of the program: one file each, or a folder beside the file where a command is large.

pub mod break_it;
pub mod calibrate;
pub mod check;
pub mod compare;
pub mod completions;
pub mod diff;
pub mod exercise;
pub mod export;
pub mod lesson;
pub mod lesson_step;
pub mod list;
pub mod load;
pub mod man;
pub mod plan;
pub mod repair;
pub mod report;
pub mod runs;
pub mod serve;
pub mod site;
pub mod watch;
