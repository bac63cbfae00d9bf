//! Measures: starts servers and generators as processes, and turns each trial into one row.
//!
//! ```text
//! plan ──> comparison ──> trial ──> sample
//!              │            │
//!              └ agenda     ├ task · search
//!                           └ gate · server · generator · cost · traced · judge
//! ```
//!
//! Everything here asks the machine. What it finds out is a row (`record::sample`), and nothing here reads a row for more
//! than the question which trial is next.

pub mod agenda;
pub mod comparison;
pub mod cost;
pub mod cpus;
pub mod external;
pub mod gate;
pub mod generator;
pub mod judge;
pub mod lock;
pub mod machine;
pub mod process;
pub mod resume;
pub mod search;
pub mod server;
pub mod stop;
pub mod task;
pub mod traced;
pub mod trial;
