//! The plan of a comparison: which contenders, under which loads, in which order.
//!
//! ```text
//! contender ─┐
//! scenario ──┼─► layout ──► document (plan.json) ──► abilities, progress, times
//! profile ───┘                └─► sitting
//! ```

mod abilities;
mod contender;
mod document;
mod error;
mod index;
mod layout;
pub mod limits;
mod load;
pub mod names;
mod objective;
mod profile;
mod progress;
mod rate;
mod scenario;
mod server_options;
mod sitting;
mod slicing;
mod stored_load;
mod times;
mod timing;

pub use contender::{Claim, Contender, Expect, Family, Queue};
pub use document::{Plan, Trial};
pub use error::PlanError;
pub use index::{ContenderId, LoadId};
pub use layout::PlanOptions;
pub use load::Load;
pub use objective::{Objective, ObjectiveError};
pub use profile::Profile;
pub use rate::{Class, PlannedRate, PlannedRateError, Rate};
pub use scenario::{BUILT_IN, Recipe, Scenario};
pub use server_options::{ServerOptions, Silence, Switch};
pub use sitting::Sitting;
pub use slicing::Slicing;
pub use timing::Timing;
