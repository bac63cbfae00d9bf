//! The largest values that a load may ask for.

/// The longest payload and the longest reply, in bytes: what our servers accept by default.
pub const LONGEST: u32 = 16 << 20;

/// The most clients whose first requests are noted one by one.
pub const TIMELINES: usize = 64;
