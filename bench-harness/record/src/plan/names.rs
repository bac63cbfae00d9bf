//! The names of the scenarios that the program handles in a special way.

/// The probe: it finds the peak at the start of a run.
pub const PROBE: &str = "probe";
/// The same offered rates for all contenders: the first thing that a report shows.
pub const EQUAL: &str = "equal";
/// The closed loop: more and more busy clients.
pub const LADDER: &str = "ladder";
/// Silent clients beside busy ones.
pub const IDLE: &str = "idle";
/// A search for the highest rate that meets an objective.
pub const CAPACITY: &str = "capacity";
