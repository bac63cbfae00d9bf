//! The harness from plan to report: by script, without a socket, and once with real processes.

mod analysis;
mod cli;
mod comparison;
mod load;
mod plan;
mod report;
mod sample;
mod scripted;
mod signals;
mod smoke;
mod statistics;
mod store;
mod tidy;
mod verdicts;
