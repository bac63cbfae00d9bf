//! The event loop of one worker: the only place with sockets and a clock.
//!
//! ```text
//!   wait ──▶ phase ──▶ a batch of ready sockets: recv, verify, note, send ──▶ errands that are due ──▶ counters ──▶ wait
//!                                     ▲ requests of an open loop that are due, between any two of them
//! ```
//!
//! Sockets are registered once, edge-triggered where they are streams. A request costs one `send` and one `recv`; waits are shared by all
//! sockets that became ready meanwhile, and served in the order in which they did.

mod alarm;
mod arriving;
mod behaving;
mod connecting;
mod datagrams;
mod errand;
mod farewell;
mod group;
mod phases;
pub mod report;
pub mod shared;
mod slot;
mod stage;
mod talking;
#[cfg(test)]
mod tests;
pub mod worker;

use std::io;
use std::time::Duration;

use crate::notes::progress::{Phase, Progress};
use report::Report;
use shared::Shared;
use worker::Worker;

/// How often whoever watches is called.
pub const LOOK: Duration = Duration::from_millis(10);

/// Runs the clients of one worker to the end of the run, and calls `watch` now and then, for the last time when nothing is
/// measured any more and nobody has left yet.
///
/// # Errors
/// The system has no descriptor or no memory for the worker itself. What happens to connections is counted instead.
pub fn work(shared: &Shared, id: usize, watch: &mut dyn FnMut(&Progress)) -> io::Result<Report> {
    let mut worker = Worker::new(shared, id)?;
    let mut next_look = shared.start;
    while !worker.is_over() {
        worker.turn()?;
        if worker.now >= next_look {
            watch(shared.progress);
            next_look = worker.now + LOOK;
        }
    }
    let report = worker.report();
    shared.progress.enter(Phase::Over);
    watch(shared.progress);
    worker.hang_up();
    Ok(report)
}
