//! What makes a result less certain, each with what the user can do about it.

mod run;
mod trial;

pub use run::RunWarning;
pub use trial::TrialWarning;
