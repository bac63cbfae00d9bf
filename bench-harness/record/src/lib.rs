//! What a run is made of: its plan, its rows, its environment, and the folder that holds them.
//!
//! ```text
//! plan ──> sample (one row a trial) ──> store (one folder a run)
//! environment, circumstances: where the run took place, and what would make two runs incomparable
//! ```
//!
//! This package holds documents and pure functions of them. It starts no process, opens no socket and draws nothing.

/// What the generator measured: the part of a row that it wrote.
pub mod outcome {
    pub use loadgen::{ClassOutcome, Latency, Moment, Outcome, Timeline, Times, WorkTimes};
}

pub mod capacity;
pub mod circumstances;
pub mod environment;
pub mod names;
pub mod number;
pub mod peak;
pub mod pinning;
pub mod plan;
pub mod sample;
pub mod schema;
pub mod store;
pub mod warning;
