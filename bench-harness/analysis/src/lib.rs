//! From raw rows to figures, by pure functions: no file, no clock, no drawing.
//!
//! The unit is one trial. The requests inside a trial feed its histogram and nothing else; whatever says how sure a
//! figure is comes from the differences between trials.
//!
//! ```text
//! rows ──> cell (estimate, metric) ──> compare ──> verdict (shift, ranks) ──> summary ──> claims, diff
//!                                                             slope, quantiles ──┘
//! ```

mod cell;
mod choice;
mod claims;
mod compare;
mod diff;
mod estimate;
mod metric;
mod quantiles;
pub mod queueing;
mod ranks;
mod shift;
mod slope;
mod summary;
mod verdict;

pub use cell::Cell;
pub use choice::Choice;
pub use claims::{Checked, Held, check};
pub use diff::{Change, Diff, diff};
pub use estimate::Estimate;
pub use metric::{Metric, Unit};
pub use quantiles::{Point, quantiles};
pub use ranks::{RankTest, rank_test};
pub use shift::{Ratio, ratio};
pub use slope::{Slope, slope};
pub use summary::{Summary, Warning, precise};
pub use verdict::{
    Bar, Compared, INDIFFERENT, Pair, Side, Unsure, Verdict, detects, fewest_blocks, holm, judge,
};
