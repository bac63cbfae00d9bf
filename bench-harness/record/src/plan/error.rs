//! Plans that make no sense, each with what to do about it.

use thiserror::Error;

/// A plan that makes no sense.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PlanError {
    /// There is nobody to measure.
    #[error("no models to compare; name some with --models, or all with --models all")]
    NoContenders,
    /// There is no load.
    #[error(
        "{0} connections are no load; give --connections one or more numbers from 1 on, as in 1,10,100"
    )]
    Connections(usize),
    /// Nothing would be measured.
    #[error("a comparison of 0 blocks measures nothing; give --blocks a number from 1 on")]
    NoBlocks,
    /// The window is empty.
    #[error("a measured window of no length; give --duration something like 600ms or 2s")]
    NoDuration,
    /// The payload is empty.
    #[error("requests of 0 bytes have no echo; give --payload a number from 1 on")]
    NoPayload,
    /// The baseline does not take part.
    #[error("the baseline `{name}` is not among the models{}; choose one of them with --baseline",
            nearest.as_ref().map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default())]
    Baseline {
        /// What was asked for.
        name: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// No scenario has that name.
    #[error("no scenario is called `{name}`{}; there are {known}, or give a file with --scenarios FILE.toml",
            nearest.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    Scenario {
        /// What was asked for.
        name: String,
        /// What may have been meant.
        nearest: Option<String>,
        /// What there is.
        known: String,
    },
    /// There is no scenario at all.
    #[error("no scenario to measure; name some with --scenarios, or leave the option out")]
    NoScenarios,
    /// Two scenarios have one name.
    #[error("two scenarios are called `{0}`; give one of them another name")]
    SameScenario(String),
    /// A file of scenarios cannot be read.
    #[error("{path} cannot be read ({reason}); check the path given to --scenarios")]
    Unreadable {
        /// Where it should be.
        path: String,
        /// Why not.
        reason: String,
    },
    /// A file of scenarios is not understood.
    #[error("{path}, line {line}: {message}; see the built-in ones with `echolab plan --show`")]
    File {
        /// The file.
        path: String,
        /// From 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// A step of a scenario is no load.
    #[error("scenario `{scenario}` at step {step}: {reason}")]
    Step {
        /// The scenario.
        scenario: String,
        /// The step.
        step: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// Options that contradict each other.
    #[error(
        "{option} says something about the scenario `{scenario}`, which is not chosen; add it to --scenarios, or leave {option} out"
    )]
    Unused {
        /// The option.
        option: &'static str,
        /// What it is about.
        scenario: &'static str,
    },
}
