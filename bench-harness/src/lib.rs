//! The harness: it plans a comparison, runs it trial by trial in fresh processes, and tells what it found.
//!
//! ```text
//! plan ──> comparison ──> trial ──> sample ──> store ──> analysis ──> report
//!              │            │
//!              └ progress   └ gate · server · generator · cost · judge
//! ```
//!
//! Data flows to the right only. Everything up to `sample` asks the machine; everything after `store` is a pure
//! function of the files in `results/RUN/`.

pub mod analysis;
pub mod comparison;
pub mod cost;
pub mod cpus;
pub mod environment;
pub mod gate;
pub mod generator;
pub mod judge;
pub mod name;
pub mod number;
pub mod plan;
pub mod process;
pub mod sample;
pub mod server;
pub mod stop;
pub mod store;
pub mod trial;
pub mod warning;
