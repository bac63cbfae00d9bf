//! The event loop of one worker: the only place with sockets and a clock.
//!
//! ```text
//!   wait ──▶ phase ──▶ each ready socket: receive, verify, record, send ──▶ due errands ──▶ publish counts ──▶ wait
//!                        ▲ due requests of an open loop, between any two sockets
//! ```
//!
//! A run has one measured window, or many slices with pauses between them; `slices` has the picture.
//!
//! Each socket is registered once; stream sockets are edge-triggered. A request costs one `send` and one `recv`. One wait
//! serves all sockets that became ready meanwhile, in the order in which they did.

mod alarm;
mod clock;
mod closing;
mod connecting;
mod datagrams;
mod errand;
mod group;
mod open_loop;
pub mod orders;
mod phases;
pub mod report;
mod request_reply;
pub mod shared;
mod slice_report;
mod slices;
mod slot;
mod special_clients;
mod stage;
#[cfg(test)]
mod tests;
pub mod worker;

use std::io;
use std::time::Duration;

use crate::notes::progress::{Phase, Progress};
use crate::plan::error::LoadError;
use orders::Orders;
use report::Report;
use shared::Shared;
use worker::Worker;

/// Time between two calls of the observer.
pub const LOOK: Duration = Duration::from_millis(10);

/// Runs the clients of one worker to the end of the run. Calls `watch` regularly, and for the last time after the window,
/// while the clients are still connected.
///
/// # Errors
/// The system has no descriptor or no memory for the worker itself. Errors of connections are counted instead.
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
    shared.progress.set_phase(Phase::Over);
    watch(shared.progress);
    worker.hang_up();
    Ok(report)
}

/// Runs the clients of the only worker in slices, as ordered.
///
/// # Errors
/// As in [`work`], or the orders end with an error.
pub fn work_in_slices(shared: &Shared, orders: &mut dyn Orders) -> Result<Report, LoadError> {
    let mut worker = Worker::new(shared, 0)?;
    if worker.connect_for_slices()? {
        orders.connected().map_err(LoadError::Orders)?;
    }
    while !worker.is_stopped()
        && let Some(order) = orders.next_order().map_err(LoadError::Orders)?
        && let Some(slice) = worker.measure_slice(&order)?
    {
        orders.measured(slice).map_err(LoadError::Orders)?;
    }
    let report = worker.sitting_report();
    worker.hang_up();
    Ok(report)
}
