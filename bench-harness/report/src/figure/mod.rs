//! The kinds of figures: each a pure function of a small struct of plain data, which knows nothing of runs and metrics.
//!
//! ```text
//! Forest       ratios with intervals           who is faster than the baseline, and how sure is that
//! Lines        values over a load              throughput, latency, cost; band, rings, knees, an objective, theory
//! Percentiles  waits by rarity                 how long the slowest wait
//! Bars         values made of kinds            CPU, memory, system calls; the trials as dots
//! Staircase    spans of a few clients          who waits for whom
//! States       numbers of kinds over time      connections by state
//! ```

mod bars;
mod forest;
mod kinds;
mod lines;
mod percentiles;
mod rows;
mod staircase;
mod states;

pub use bars::{Bar, Bars};
pub use forest::{Forest, Measured, ratio_in_words};
pub use lines::{Axis, AxisKind, Beneath, Company, Lines, Series, Spot};
pub use percentiles::{Curve, MARKED, Percentiles, nearest};
pub use rows::{Group, Row};
pub use staircase::{Client, Doing, Span, Staircase};
pub use states::States;
