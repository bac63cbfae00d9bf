//! The client side of the laboratory: many clients in a few threads, every echo verified, every wait measured.
//!
//! [`Load`] says what to do, [`Load::run`] does it, [`Outcome`] says what was found out.
//!
//! ```no_run
//! use std::sync::atomic::AtomicBool;
//! use loadgen::Load;
//!
//! let load = Load::on("127.0.0.1:7007".parse()?);
//! let outcome = load.run(&AtomicBool::new(false), &mut |_progress| {})?;
//! println!("{:.0} requests a second", outcome.rate);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | file | what it is for |
//! |---|---|
//! | `load`, `target`, `sizes`, `schedule` | what to do: values, checked before anything begins |
//! | `payload` | what is asked, from seed, connection and sequence number |
//! | `client` | one client without socket and clock |
//! | `engine` | the event loop: the only place with sockets and a clock |
//! | `agenda`, `gate` | what is to be done when; when asking begins |
//! | `recorder`, `series`, `cost` | what is noted down meanwhile |
//! | `run`, `outcome`, `latency` | all of it merged into one serialisable value |

#![forbid(unsafe_code)]

mod agenda;
mod checks;
mod client;
mod cost;
mod descriptors;
mod engine;
mod gate;
mod hlog;
mod latency;
mod load;
mod outcome;
mod payload;
mod progress;
mod recorder;
mod run;
mod schedule;
mod schema;
mod series;
mod sizes;
mod target;
#[cfg(test)]
mod virtual_time;

pub use checks::Check;
pub use client::Answer;
pub use hlog::HlogError;
pub use latency::{HistogramError, Latency};
pub use load::{Load, LoadError};
pub use outcome::{
    Arrivals, Bounds, Censored, ClassOutcome, Connections, Cost, Fairness, Halves, Interval,
    LoadSummary, Moment, Outcome, Verification,
};
pub use progress::{Phase, Progress};
pub use recorder::{Recorder, Window};
pub use schedule::Schedule;
pub use sizes::{Share, Sizes, SizesError};
pub use target::{Target, TargetError};
