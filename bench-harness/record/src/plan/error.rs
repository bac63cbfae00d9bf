//! The errors of a plan. Each text ends with what the user can do.

use thiserror::Error;

use super::limits;

/// The options do not make a plan.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PlanError {
    /// No contender.
    #[error("there are no models to compare; name some with --models, or use --models all")]
    NoContenders,
    /// A number is out of its range.
    #[error("{option} is {value}; write a whole number from 1 to {most}, or remove {option}")]
    OutOfRange {
        /// The option.
        option: &'static str,
        /// Its value.
        value: usize,
        /// The highest possible value.
        most: usize,
    },
    /// There are more measurements than a plan can hold.
    #[error(
        "{contenders} models under {loads} loads in {blocks} blocks are more than a plan may have ({} measurements, {} loads); choose fewer --models, fewer --connections or --scenarios, or fewer --blocks",
        limits::CELLS,
        limits::LOADS
    )]
    TooManyCells {
        /// The number of contenders.
        contenders: usize,
        /// The number of loads.
        loads: usize,
        /// The number of blocks.
        blocks: usize,
    },
    /// A slice is too short to hold a request and its reply.
    #[error("--slice must be at least 1ms; write for example --slice 50ms")]
    ShortSlice,
    /// The measured window is empty.
    #[error("--duration must be above 0; write for example --duration 600ms or --duration 2s")]
    NoDuration,
    /// The payload is empty.
    #[error("--payload must be at least 1 byte; write for example --payload 64")]
    NoPayload,
    /// The baseline is not among the contenders.
    #[error("the baseline `{name}` is not among the models{}; choose one of them with --baseline",
            nearest.as_ref().map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default())]
    Baseline {
        /// The name that the user gave.
        name: String,
        /// The most similar name, if one is similar.
        nearest: Option<String>,
    },
    /// No scenario has this name.
    #[error("there is no scenario `{name}`{}; choose from {known}, or give a file with --scenarios FILE.toml",
            nearest.as_ref().map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default())]
    Scenario {
        /// The name that the user gave.
        name: String,
        /// The most similar name, if one is similar.
        nearest: Option<String>,
        /// The names of all built-in scenarios.
        known: String,
    },
    /// No scenario.
    #[error("there is no scenario to measure; name some with --scenarios, or remove --scenarios")]
    NoScenarios,
    /// Two scenarios have the same name.
    #[error("two scenarios have the name `{0}`; rename one of them")]
    SameScenario(String),
    /// A file of scenarios cannot be read.
    #[error("{path} cannot be read ({reason}); check the path given to --scenarios")]
    Unreadable {
        /// The path of the file.
        path: String,
        /// The error of the system.
        reason: String,
    },
    /// A file of scenarios has a syntax error or a wrong key.
    #[error("{path}, line {line}: {message}; compare it with the output of `echolab plan --show`")]
    File {
        /// The path of the file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// The error of the parser.
        message: String,
    },
    /// A step of a scenario is not a load that the generator accepts.
    #[error("scenario `{scenario}` at step {step}: {reason}")]
    Step {
        /// The name of the scenario.
        scenario: String,
        /// The step.
        step: String,
        /// The reason, with what the user can do.
        reason: String,
    },
    /// Path, host and status are for HTTP.
    #[error("--path, --host and --status are for HTTP; use them with --protocol http")]
    NeedsHttp,
    /// An option applies to a scenario that is not chosen.
    #[error(
        "{option} applies only to the scenario `{scenario}`, which is not chosen; add it to --scenarios, or remove {option}"
    )]
    Unused {
        /// The option.
        option: &'static str,
        /// The scenario that it applies to.
        scenario: &'static str,
    },
}
