//! The largest numbers of a plan. They keep its memory small and its sums exact.

/// The most sittings, or trials, of a model under a load.
pub const BLOCKS: usize = 10_000;

/// The most rounds of a sitting.
pub const ROUNDS: usize = 1000;

/// The most cells of all blocks together: contenders times loads times blocks.
pub const CELLS: usize = 200_000;

/// The most loads: steps of all scenarios together.
pub const LOADS: usize = 1000;
