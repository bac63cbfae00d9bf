//! From raw rows to figures, by pure functions: no file, no clock, no drawing.
//!
//! The unit is one trial. The requests inside a trial feed its histogram and nothing else; whatever says how sure a
//! figure is comes from the differences between trials.

mod estimate;
mod metric;
mod quantiles;
mod shift;
mod summary;

pub use estimate::Estimate;
pub use metric::{Metric, Unit};
pub use quantiles::{Point, quantiles};
pub use shift::{Ratio, ratio};
pub use summary::{Cell, INDIFFERENT, Summary};
