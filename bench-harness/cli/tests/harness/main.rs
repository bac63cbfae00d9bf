//! The harness from plan to report: by script, without a socket, and once with real processes.

mod analysis;
mod browser;
mod cli;
mod comparison;
mod export;
mod external;
mod figures;
mod large;
mod load;
mod palette;
mod plan;
mod questions;
mod recommendations;
mod report;
mod resume;
mod runs;
mod sample;
mod scripted;
mod signals;
mod smoke;
mod statistics;
mod store;
mod test_script;
mod tidy;
mod two_runs;
mod verdicts;
