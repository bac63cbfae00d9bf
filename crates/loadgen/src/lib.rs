//! The client side of the laboratory: many clients in a few threads, every echo verified, every wait measured.

mod latency;
mod outcome;

pub use latency::{HistogramError, Latency};
pub use outcome::{
    Censored, Connections, Cost, Halves, LoadSummary, Moment, Outcome, Verification,
};
