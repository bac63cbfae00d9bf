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
//! | `load`, `class`, `behaviour`, `target` | what to do: values, checked before anything begins |
//! | `schedule`, `rate`, `timetable`, `dispatch` | when requests are due, and which connection asks them |
//! | `sizes`, `times`, `work`, `payload` | what is asked, from seed, connection and sequence number |
//! | `client`, `session` | one client without socket and clock, and what it says |
//! | `engine` | the event loop: the only place with sockets and a clock |
//! | `agenda`, `gate` | what is to be done when; when asking begins |
//! | `recorder`, `series`, `intervals`, `timeline`, `overdue`, `reservoir`, `cost` | what is noted down meanwhile |
//! | `run`, `assemble`, `outcome`, `latency`, `bounds` | all of it merged into one serialisable value |
//! | `checks` | what the generator says about its own figures |
//! | `hlog`, `schema` | the outcome for other tools |

#![forbid(unsafe_code)]

mod agenda;
mod assemble;
mod behaviour;
mod bounds;
mod checks;
mod class;
mod client;
mod cost;
mod descriptors;
mod dispatch;
mod engine;
mod file;
mod gate;
mod hlog;
mod intervals;
mod latency;
mod load;
mod outcome;
mod overdue;
mod payload;
mod progress;
mod rate;
mod recorder;
mod reservoir;
mod run;
mod schedule;
mod schema;
mod series;
mod session;
mod sizes;
mod target;
mod timeline;
mod times;
mod timetable;
#[cfg(test)]
mod virtual_time;
mod waits;
mod work;

pub use behaviour::{Behaviour, BehaviourError, Ending, NAMED, Pace, Receiving, Sending};
pub use checks::Check;
pub use class::Class;
pub use client::Answer;
pub use file::FileError;
pub use hlog::HlogError;
pub use latency::{HistogramError, Latency};
pub use load::{Load, LoadError};
pub use outcome::{
    Arrivals, Bounds, Censored, ClassOutcome, Connections, Cost, Datagrams, Fairness, Halves,
    Interval, LoadSummary, Moment, Outcome, Verification,
};
pub use progress::{Phase, Progress, Recent};
pub use rate::{Rate, RateError};
pub use recorder::{Recorder, Window};
pub use schedule::{Schedule, Spacing};
pub use sizes::{Share, Sizes, SizesError};
pub use target::{Target, TargetError};
pub use timeline::Timeline;
pub use times::{Times, TimesError, parse_time};
pub use work::{WorkError, WorkTimes};
