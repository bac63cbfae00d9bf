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
//! | folder | what it is for | uses |
//! |---|---|---|
//! | `text` | serde for values that have one textual form | |
//! | `request` | what one request carries: sizes, work, bytes | `text` |
//! | `timing` | when requests are due, and which connection sends them | `request`, `text` |
//! | `plan` | what to do: the load and its classes, checked before anything begins | `timing`, `request`, `text` |
//! | `outcome` | what a run found out, as one serialisable value | `plan` |
//! | `checks` | whether the figures are the server's, or the generator's own | `outcome` |
//! | `notes` | what workers record during a run | `outcome`, `timing` |
//! | `conversation` | one client without socket and clock | `notes`, `outcome`, `plan`, `request` |
//! | `engine` | the event loop: the only place with sockets and a clock | all above but `checks` |
//! | `run` | one run from beginning to end: workers, and their notes as one outcome | all above |
//!
//! Each folder uses only those above it.

#![forbid(unsafe_code)]

mod checks;
mod conversation;
mod engine;
mod notes;
mod outcome;
mod plan;
mod request;
mod run;
pub mod text;
mod timing;

pub use notes::answer::Answer;
pub use notes::progress::{Phase, Progress, Recent};
pub use notes::recorder::{Recorder, Window};
pub use outcome::Outcome;
pub use outcome::check::Check;
pub use outcome::class::{Censored, ClassOutcome, Fairness};
pub use outcome::connections::Connections;
pub use outcome::datagrams::Datagrams;
pub use outcome::generator::{Arrivals, Bounds, Cost};
pub use outcome::hlog::HlogError;
pub use outcome::latency::{HistogramError, Latency};
pub use outcome::load_summary::LoadSummary;
pub use outcome::over_time::{Halves, Interval, Moment};
pub use outcome::timeline::Timeline;
pub use outcome::verification::Verification;
pub use plan::behaviour::{Behaviour, BehaviourError, Ending, NAMED, Pace, Receiving, Sending};
pub use plan::class::Class;
pub use plan::class_document::ClassError;
pub use plan::document::{FileError, explain};
pub use plan::error::LoadError;
pub use plan::load::Load;
pub use plan::target::{Target, TargetError};
pub use request::sizes::{Share, Sizes, SizesError};
pub use request::times::{Times, TimesError, parse_time};
pub use request::work::{WorkError, WorkTimes};
pub use timing::rate::{Rate, RateError};
pub use timing::schedule::{Schedule, ScheduleError, Spacing};
