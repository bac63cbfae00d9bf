//! The documents of a run: its plan, its rows, its environment, and the folder that holds them.
//!
//! ```text
//! plan ──> sample (one row per trial), slice (one row per slice) ──> store (one folder per run)
//! tally           what of the plan is finished
//! environment     the machine and the program of a run
//! lesson          what its models teach, as text
//! prices          what a switch and a system call cost on that machine
//! check           what a server does right and wrong, case by case
//! circumstances   the differences that make two runs incomparable
//! ```
//!
//! This package holds documents and pure functions of them. It starts no process, opens no socket and draws nothing.

/// The part of a row that the generator measured and wrote.
pub mod outcome {
    pub use loadgen::{
        ClassOutcome, Latency, Moment, Outcome, SliceOutcome, Timeline, Times, WorkTimes,
    };
}

pub mod check;
pub mod circumstances;
pub mod cpu_time;
pub mod environment;
pub mod foreign;
pub mod lesson;
pub mod nearest;
pub mod number;
pub mod peak;
pub mod pinning;
pub mod plan;
pub mod prices;
pub mod sample;
pub mod schema;
pub mod search_result;
pub mod slice;
pub mod store;
pub mod tally;
pub mod warning;
