//! What a server costs, asked of the kernel: CPU and switches, memory, system calls by name, and the network's counters.
//!
//! ```text
//! server ready    network, sockets, tracepoints are opened
//! asking          tracepoints read, and read again and closed while warm-up still lasts
//! measuring       group: CPU, switches, run queue ────────────┐ nothing is asked in between
//! 30 ms before    group: the same again, then memory ─────────┘
//! end             network
//! ```
//!
//! Asking must not disturb what is measured: its own CPU time in the window is part of every row.

mod calls;
mod group;
mod members;
mod memory;
pub mod network;
mod selection;
mod strace;
mod tracepoints;
mod usage;

pub use calls::{Counting, requests_at};
pub use group::{Counters, Group};
pub use members::Members;
pub use memory::{Before, time_wait};
pub use selection::Selection;
pub use strace::Strace;
pub use tracepoints::{NoTracepoints, Tracepoints};
pub use usage::{Usage, own_cpu_time};
