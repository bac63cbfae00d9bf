//! Carries out the trials of a plan: starts servers and generators as processes, and turns what they report into rows.
//!
//! ```text
//! plan ──> comparison ──> trial ──> sample            fresh processes
//!              │      └──> sitting ──> slices, samples    several contenders in turn
//!              └ agenda     │
//!                           ├ task · search
//!                           └ gate · server · generator · cost · traced · failure · warnings
//! ```
//!
//! The result of each trial is a row (`record::sample`). This package reads earlier rows only to find the next trial, the
//! peak and the end of the run.

pub mod agenda;
pub mod comparison;
pub mod cost;
pub mod cpus;
pub mod external;
pub mod failure;
pub mod gate;
pub mod generator;
pub mod guard;
pub mod lock;
pub mod machine;
mod mark;
pub mod prices;
pub mod process;
mod quota;
pub mod resume;
pub mod search;
pub mod server;
pub mod sitting;
pub mod stop;
pub mod task;
pub mod traced;
pub mod trial;
pub mod warnings;
