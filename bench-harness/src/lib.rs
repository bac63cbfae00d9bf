//! The harness: it plans a comparison, runs it trial by trial in fresh processes, and tells what it found.
//!
//! ```text
//! plan ──> comparison ──> trial ──> sample ──> store ──> analysis ──> report
//!              │            │
//!              ├ agenda     ├ task · capacity
//!              └ progress   └ gate · server · generator · cost · traced · judge
//! ```
//!
//! Data flows to the right only. Everything up to `sample` asks the machine; everything after `store` is a pure
//! function of the files in `results/RUN/`. The `…_command` modules are the sub-commands of the program.

pub mod agenda;
pub mod analysis;
pub mod capacity;
pub mod circumstances;
pub mod comparison;
pub mod cost;
pub mod cpus;
pub mod environment;
pub mod external;
pub mod gate;
pub mod generator;
pub mod judge;
pub mod lock;
pub mod number;
pub mod plan;
pub mod process;
pub mod progress;
pub mod registry;
pub mod report;
pub mod resume;
pub mod sample;
pub mod schema;
pub mod screen;
pub mod server;
pub mod stop;
pub mod store;
pub mod task;
pub mod traced;
pub mod trial;
pub mod warning;

pub mod calibrate_command;
pub mod compare_command;
pub mod diff_command;
pub mod export_command;
pub mod failure;
pub mod list_command;
pub mod load_command;
pub mod plan_command;
pub mod report_command;
pub mod runs_command;
pub mod serve_command;
pub mod shell_command;
