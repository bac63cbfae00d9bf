//! From raw rows to results, by pure functions: no file, no clock, no drawing.
//!
//! The unit is one round, or one trial with fresh processes. The requests inside feed a histogram and nothing else. The certainty
//! of a figure comes from the differences between rounds, between sittings, or between trials.
//!
//! ```text
//! slices ──> rounds ─┐
//! rows ──> cell (metric, estimate) ──> summary ──> compare (judge, verdict) ──> assemble, extra
//!                                         │
//!                                         └──> answer · choice · claims · diff · knee · theory · calls · causes · details
//! ```
//!
//! Underneath are the statistics, which know no run: `ranks` and `shift` for trials, `signed_ranks`, `paired`, `sittings` and `more` for
//! paired rounds; `slope`, `family`, `estimate`, `quantiles`, `queueing` for both.

mod answer;
mod assemble;
mod causes;
mod cell;
mod choice;
mod claims;
mod compare;
mod details;
mod diff;
mod estimate;
mod extra;
mod family;
mod first_replies;
mod foresee;
mod headline_loads;
mod judge;
mod knee;
mod logs;
mod lower_bounds;
mod metric;
mod more;
mod no_ratio;
mod open;
mod paired;
mod parts;
mod per_connection;
mod quantiles;
pub mod queueing;
mod ranks;
mod rounds;
mod rows;
mod scenarios;
mod shift;
mod signed_ranks;
mod sittings;
mod slope;
mod summary;
mod theory;
mod verdict;
mod warnings;

pub use answer::{Answer, LeftOut, Rated, Recommended};
pub use assemble::precise;
pub use causes::{Cause, Causes, Deeds, EXPLAINS, Part, Tasks};
pub use cell::Cell;
pub use choice::Choice;
pub use claims::{Checked, ClaimResult, check};
pub use diff::{Change, Diff, diff};
pub use estimate::Estimate;
pub use extra::extra_sitting;
pub use family::{FEWEST_ROUNDS, detects, fewest_blocks, fewest_rounds, holm};
pub use first_replies::{FirstWaits, all_served_after, unserved, waiting};
pub use foresee::{Lack, Shortage, Undecidable, undecidable};
pub use knee::Knees;
pub use logs::in_millionths;
pub use metric::{Metric, Unit};
pub use more::rounds_to_decide;
pub use no_ratio::NoRatio;
pub use open::Open;
pub use paired::{paired_ratio, pseudo_median};
pub use quantiles::{Point, quantiles};
pub use ranks::{RankTest, rank_test};
pub use rounds::{BY_ROUND, log_ratios, ratios_by_slice, slice_value};
pub use shift::{Centre, Ratio, ratio};
pub use signed_ranks::{SignedRankTest, signed_rank_test};
pub use sittings::{
    Difference, FINDING_LEVEL, PairedSummary, Replicate, UNIT_LEVEL, by_sitting, differ, summarise,
};
pub use slope::{Slope, slope};
pub use summary::{Members, Summary};
pub use theory::Theory;
pub use verdict::{Bar, Compared, Needs, Unsure, Verdict};
pub use warnings::Warning;
