//! Samples the cost of a server from the kernel: CPU time, context switches, memory, system calls, network counters.
//!
//! ```text
//! server ready        network and socket memory are read, tracepoints are opened
//! warm-up             tracepoints are read twice and closed
//! window begins       group: CPU, switches, run queue ────────────┐ nothing is sampled in between
//! 30 ms before end    group: CPU, switches, run queue ────────────┘
//! window ends         group: memory
//! trial ends          network
//! ```
//!
//! Sampling must not disturb the server, so every row holds the CPU time of the sampler in the window.

mod calls;
mod counters;
mod group;
mod members;
mod memory;
mod namespace;
mod network;
mod selection;
mod strace;
mod tracefs;
mod tracepoints;
mod usage;

pub use calls::{Counting, requests_at};
pub use counters::Counters;
pub use group::Group;
pub use members::Members;
pub(crate) use members::numbers_in;
pub use memory::BeforeLoad;
pub use namespace::NetNamespace;
pub use selection::Selection;
pub use strace::Strace;
pub use tracefs::NoTracepoints;
pub use tracepoints::Tracepoints;
pub use usage::{Usage, steal, thread_cpu_time};
