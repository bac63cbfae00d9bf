//! The kinds of figures. Each one is a pure function of a small struct of plain data, without runs and metrics.
//!
//! ```text
//! Dots         one value a contender           which designs are cheaper, and how sure is that; response times
//! Lines        values over a load              throughput, latency, cost; band, rings, knees, an objective, theory
//! Lanes        spans of a few clients          which clients wait for each other, for two contenders
//! Strips       named rows                       what a lesson measured, and what its reader predicted
//! History      a value over several runs       what changed from run to run
//! ```

mod axes;
mod dots;
mod history;
mod lanes;
mod lines;
mod ratio;
mod rows;
mod series;
mod strips;
pub use axes::{Axis, AxisKind};
pub use dots::{Dot, Dots};
pub use history::{History, Spread};
pub use lanes::{Asked, Client, Doing, Lanes, Span, place};
pub use lines::{GreyLines, Lines};
pub use ratio::{factor, ratio_in_words, ratio_ticks};
pub use rows::{Group, Row};
pub use series::{Beneath, Series, Spot};
pub use strips::{Happening, Strip, Strips, Stroke};
