//! The other side of a sitting: it gives the orders for slices and takes what they measured.

use std::io;

use crate::outcome::slice::SliceOutcome;
use crate::timing::slice::SliceOrder;

/// Gives the orders for slices and takes what they measured. An error ends the run.
pub trait Orders {
    /// All connections are open or have failed.
    ///
    /// # Errors
    /// The receiver is gone.
    fn connected(&mut self) -> io::Result<()>;

    /// Waits for the next order; `None` after the last one.
    ///
    /// # Errors
    /// The order cannot be read.
    fn next_order(&mut self) -> io::Result<Option<SliceOrder>>;

    /// Takes the results of the slice that has just ended.
    ///
    /// # Errors
    /// The receiver is gone.
    fn measured(&mut self, slice: SliceOutcome) -> io::Result<()>;
}
