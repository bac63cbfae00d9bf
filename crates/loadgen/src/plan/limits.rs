//! The largest values that a load may ask for. Each is above what one machine can do, and small enough that no sum and no
//! product of them overflows.

use std::ops::RangeInclusive;

use crate::plan::error::LoadError;

/// The longest payload or reply, in bytes: what our servers accept by default.
pub const LONGEST: u32 = 16 << 20;

/// The highest number of clients whose first requests are recorded individually.
pub const TIMELINES: usize = 64;

/// The highest number of clients, all classes and processes together.
pub const CONNECTIONS: usize = 10_000_000;

/// The most requests in flight of one client.
pub const PIPELINE: usize = 10_000;

/// The most requests in flight of all clients together: a worker remembers each of them.
pub const IN_FLIGHT: usize = CONNECTIONS;

/// The most requests of an open loop that may wait for a free connection.
pub const QUEUE: usize = 100_000_000;

/// The most worker threads of a process.
pub const THREADS: usize = 1024;

/// The most generator processes.
pub const PROCESSES: usize = 1024;

/// The most requests of a run or of a conversation.
pub const REQUESTS: u64 = 1_000_000_000_000;

/// How often a client may open its lost connection again, at most.
pub const RECONNECTS: u32 = 1_000_000;

/// The longest path of an HTTP request, in bytes.
pub const PATH: usize = 4096;

/// The longest field `Host` of an HTTP request, in bytes.
pub const HOST: usize = 255;

/// The statuses that an HTTP server can end a request with.
pub const STATUS: RangeInclusive<usize> = 200..=599;

/// Checks that the number behind an option, or behind a key of a load document, is in its range.
///
/// # Errors
/// It is not.
pub fn check(
    option: &'static str,
    value: usize,
    range: RangeInclusive<usize>,
) -> Result<(), LoadError> {
    if range.contains(&value) {
        return Ok(());
    }
    let (least, most) = range.into_inner();
    Err(LoadError::OutOfRange {
        option,
        value,
        least,
        most,
    })
}
