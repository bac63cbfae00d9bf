//! The largest values that a load may ask for.

/// The longest payload or reply, in bytes: what our servers accept by default.
pub const LONGEST: u32 = 16 << 20;

/// The highest number of clients whose first requests are recorded individually.
pub const TIMELINES: usize = 64;
