//! The harness from plan to report: by script, without a socket, and once with real processes.

mod analysis;
mod browser;
mod cli;
mod comparison;
mod figures;
mod load;
mod palette;
mod plan;
mod report;
mod sample;
mod scripted;
mod smoke;
mod store;
mod tidy;
