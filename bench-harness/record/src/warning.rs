//! The warnings: circumstances that make a result less certain. Each text ends with what the user can do.

mod run;
mod trial;

pub use run::RunWarning;
pub use trial::TrialWarning;
