//! The load generator: many clients in a few threads. It verifies every echo and measures every response time.
//!
//! A [`Load`] describes the clients, [`Load::run`] runs them against a server, and an [`Outcome`] holds the results.
//!
//! ```no_run
//! use std::sync::atomic::AtomicBool;
//! use loadgen::Load;
//!
//! let load = Load::on("127.0.0.1:7007".parse()?);
//! let outcome = load.run(&AtomicBool::new(false), &mut |_progress| {})?;
//! println!("{:.0} requests/s", outcome.rate);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Load::run_slices`] keeps the clients connected and measures slices when ordered; see [`Orders`] and [`SliceOutcome`].
//!
//! | folder | what it is for | uses |
//! |---|---|---|
//! | `text` | serde for values that have one textual form | |
//! | `request` | what one request carries: payload size, work, bytes | `text` |
//! | `timing` | when requests are due, and which connection sends them | `request`, `text` |
//! | `plan` | the load with its classes of clients, checked before the run | `timing`, `request`, `text` |
//! | `outcome` | the results of a run as one serialisable value | `plan`, `timing`, `request`, `text` |
//! | `checks` | checks whether the figures show the server or the limits of the generator | `outcome`, `plan`, `timing` |
//! | `notes` | what workers record during a run, in bounded memory | `outcome`, `timing` |
//! | `conversation` | one client without a socket and without a clock | `notes`, `outcome`, `plan`, `request` |
//! | `engine` | the event loop: the only place with sockets and a clock | all above except `checks` |
//! | `run` | one run: starts the workers and turns their notes into an outcome | all above |
//!
//! Each folder uses only folders above it.

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

pub use engine::orders::Orders;
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
pub use outcome::slice::SliceOutcome;
pub use outcome::timeline::Timeline;
pub use outcome::verification::Verification;
pub use plan::behaviour::{Behaviour, Ending, NAMED, Pace, Receiving, Sending};
pub use plan::behaviour_text::BehaviourError;
pub use plan::class::Class;
pub use plan::class_document::ClassError;
pub use plan::document::{FileError, explain};
pub use plan::error::LoadError;
pub use plan::http::Http;
pub use plan::limits;
pub use plan::load::Load;
pub use plan::sources::{Sources, SourcesError};
pub use plan::target::{Target, TargetError};
pub use request::sizes::{Share, Sizes, SizesError};
pub use request::times::{LONGEST_TIME, Times, TimesError, parse_time};
pub use request::work::{WorkError, WorkTimes};
pub use timing::rate::{Rate, RateError};
pub use timing::schedule::{Schedule, ScheduleError, Spacing};
pub use timing::slice::SliceOrder;
