//! Warnings of one trial: what makes its row less certain, and what the user can do about it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::number::{grouped, percent, significant};

/// A circumstance that a reader must know before believing a figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum TrialWarning {
    /// Others used the machine, and the wait for quiet ran out.
    NotQuiet {
        /// Share of all CPU time that was in use before the trial.
        busy: f64,
    },
    /// The generator had to queue for its CPU.
    Disturbed {
        /// The wait as a share of the measured window.
        delay: f64,
    },
    /// Other programs used the CPUs of the server.
    ServerDisturbed {
        /// Their share of these CPUs.
        share: f64,
    },
    /// The measured window came out shorter than planned.
    ShortWindow {
        /// Its length as a share of the plan.
        share: f64,
    },
    /// The generator had no CPU time left, so that it and not the server may set the pace.
    GeneratorBusy {
        /// CPU time of the busiest worker as a share of the window.
        share: f64,
    },
    /// Some connections were not accepted or were ended by the server.
    Refused {
        /// How many.
        refused: u64,
        /// Of how many.
        of: u64,
    },
    /// Datagrams were lost.
    Lost {
        /// How many, as a share of the requests.
        share: f64,
    },
    /// The first and the second half of the window differ.
    Unsteady {
        /// Requests of the second half for each of the first.
        ratio: f64,
    },
    /// The generator's own checks say that its figures mean nothing.
    GeneratorInvalid {
        /// The first of their reasons, with what to do.
        reason: String,
    },
    /// Sockets of earlier trials were still in TIME_WAIT.
    TimeWait {
        /// How many.
        sockets: u64,
    },
    /// Asking what the server costs took too much time itself.
    SamplerCost {
        /// CPU time of the sampler as a share of the server's.
        share: f64,
    },
    /// System calls were still counted when the measured window began.
    CountedInWindow {
        /// For how long, as a share of the window.
        share: f64,
    },
    /// A warning of a newer version.
    #[serde(other)]
    Unknown,
}

impl TrialWarning {
    /// Whether a trial with this warning is to be repeated.
    pub const fn disturbs(&self) -> bool {
        matches!(
            self,
            Self::Disturbed { .. } | Self::ServerDisturbed { .. } | Self::ShortWindow { .. }
        )
    }

    /// Whether a trial with this warning says nothing about how fast the server is: the generator may have set the pace.
    pub const fn bars_verdict(&self) -> bool {
        matches!(
            self,
            Self::GeneratorInvalid { .. } | Self::GeneratorBusy { .. }
        )
    }

    /// How bad it is, to find the worst of a kind.
    pub fn size(&self) -> f64 {
        match self {
            Self::NotQuiet { busy } => *busy,
            Self::Disturbed { delay } => *delay,
            Self::ServerDisturbed { share }
            | Self::GeneratorBusy { share }
            | Self::Lost { share }
            | Self::SamplerCost { share }
            | Self::CountedInWindow { share } => *share,
            Self::ShortWindow { share } => 1.0 - *share,
            Self::Refused { refused: count, .. } | Self::TimeWait { sockets: count } => {
                *count as f64
            }
            Self::Unsteady { ratio } => ratio.ln().abs(),
            Self::GeneratorInvalid { .. } | Self::Unknown => 0.0,
        }
    }
}

impl fmt::Display for TrialWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotQuiet { busy } => write!(
                f,
                "the machine was {} busy before the trial; close other programs and measure again",
                percent(*busy)
            ),
            Self::Disturbed { delay } => write!(
                f,
                "the generator queued for its CPU during {} of the window; close other programs and measure again",
                percent(*delay)
            ),
            Self::ServerDisturbed { share } => write!(
                f,
                "other programs used {} of the server's CPU; close other programs and measure again",
                percent(*share)
            ),
            Self::ShortWindow { share } => write!(
                f,
                "the generator was held up, and measured only {} of the window; close other programs and measure again",
                percent(*share)
            ),
            Self::GeneratorBusy { share } => write!(
                f,
                "the generator used {} of its CPU: the server may be faster than shown; give the generator more CPUs",
                percent(*share)
            ),
            Self::Refused { refused, of } => write!(
                f,
                "{} of {} connections were refused or ended by the server; see its limits with `echolab list`",
                grouped(*refused),
                grouped(*of)
            ),
            Self::Lost { share } => write!(
                f,
                "{} of the requests were lost, and are part of the waits as the reply timeout; offer less, or enlarge the receive buffer with `sysctl net.core.rmem_default`",
                percent(*share)
            ),
            Self::Unsteady { ratio } => write!(
                f,
                "the second half of the window served {} times as much as the first; measure longer with --duration",
                significant(*ratio)
            ),
            Self::GeneratorInvalid { reason } => {
                write!(
                    f,
                    "the figures are the generator's and not the server's: {reason}"
                )
            }
            Self::TimeWait { sockets } => write!(
                f,
                "{} sockets of earlier trials were still in TIME_WAIT; wait a minute and measure again",
                grouped(*sockets)
            ),
            Self::SamplerCost { share } => write!(
                f,
                "asking what the server costs took {} of the server's CPU time itself; measure longer with --duration",
                percent(*share)
            ),
            Self::CountedInWindow { share } => write!(
                f,
                "system calls were still counted in the first {} of the window, which slows all of them; close other programs and measure again",
                percent(*share)
            ),
            Self::Unknown => f.write_str(
                "a warning that this version does not know; read it with a newer echolab",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_warning_ends_with_what_to_do() {
        let remedies = [
            (
                TrialWarning::NotQuiet { busy: 0.5 },
                "close other programs and measure again",
            ),
            (
                TrialWarning::Disturbed { delay: 0.1 },
                "close other programs and measure again",
            ),
            (
                TrialWarning::ServerDisturbed { share: 0.5 },
                "close other programs and measure again",
            ),
            (
                TrialWarning::ShortWindow { share: 0.1 },
                "close other programs and measure again",
            ),
            (
                TrialWarning::GeneratorBusy { share: 0.99 },
                "give the generator more CPUs",
            ),
            (
                TrialWarning::Refused { refused: 1, of: 2 },
                "see its limits with `echolab list`",
            ),
            (
                TrialWarning::Lost { share: 0.1 },
                "with `sysctl net.core.rmem_default`",
            ),
            (
                TrialWarning::Unsteady { ratio: 0.5 },
                "measure longer with --duration",
            ),
            (
                TrialWarning::GeneratorInvalid {
                    reason: "it was late; use --threads".into(),
                },
                "use --threads",
            ),
            (
                TrialWarning::TimeWait { sockets: 40_000 },
                "wait a minute and measure again",
            ),
            (
                TrialWarning::SamplerCost { share: 0.02 },
                "measure longer with --duration",
            ),
            (
                TrialWarning::CountedInWindow { share: 0.02 },
                "close other programs and measure again",
            ),
            (TrialWarning::Unknown, "read it with a newer echolab"),
        ];
        for (warning, remedy) in remedies {
            assert!(warning.to_string().ends_with(remedy), "{warning}");
        }
    }

    #[test]
    fn warnings_of_newer_versions_are_still_warnings() {
        let warning: TrialWarning =
            serde_json::from_str(r#"{"kind":"solar-flare","size":3}"#).unwrap();
        assert_eq!(warning, TrialWarning::Unknown);
    }
}
