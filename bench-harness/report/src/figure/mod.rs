//! The kinds of figures. Each one is a pure function of a small struct of plain data, without runs and metrics.
//!
//! ```text
//! Forest       ratios with intervals           which models are faster than the baseline, and how sure is that
//! Lines        values over a load              throughput, latency, cost; band, rings, knees, an objective, theory
//! Percentiles  response times by percentile    how long the slowest requests wait
//! Bars         values divided by kind          CPU, memory, system calls; the trials as dots
//! Staircase    spans of a few clients          which clients wait for each other
//! States       counts by state over time       connections by state
//! ```

mod axes;
mod bars;
mod forest;
mod kinds;
mod lines;
mod percentiles;
mod rows;
mod series;
mod staircase;
mod states;

pub use axes::{Axis, AxisKind};
pub use bars::{Bar, Bars};
pub use forest::{Forest, Measured, ratio_in_words};
pub use lines::{GreyLines, Lines};
pub use percentiles::{Curve, MARKED, Percentiles, nearest};
pub use rows::{Group, Row};
pub use series::{Beneath, Series, Spot};
pub use staircase::{Client, Doing, Span, Staircase};
pub use states::States;
