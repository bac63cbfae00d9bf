//! Warnings of one trial. They make the figures of its row less certain.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::number::{self, grouped, significant};

/// A circumstance that makes the figures of a trial less certain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum TrialWarning {
    /// Other programs used the machine before the trial, until the wait for a quiet machine ran out.
    NotQuiet {
        /// Share of all CPU time in use before the trial.
        busy: f64,
    },
    /// The generator was often ready to run but had no CPU.
    Disturbed {
        /// Its wait for a CPU as a share of the measured window.
        delay: f64,
    },
    /// Other programs used the CPUs of the server.
    ServerDisturbed {
        /// Their share of these CPUs.
        share: f64,
    },
    /// The host gave time of this machine's CPUs to other machines.
    Steal {
        /// That time as a share of the measurement.
        share: f64,
    },
    /// The measured window was shorter than planned.
    ShortWindow {
        /// Its length as a share of the planned length.
        share: f64,
    },
    /// The generator was saturated, so it may be the bottleneck instead of the server.
    GeneratorBusy {
        /// CPU time of the busiest worker as a share of the window.
        share: f64,
    },
    /// The server refused or closed some connections.
    Refused {
        /// Number of these connections.
        refused: u64,
        /// Number of all connections.
        of: u64,
    },
    /// Datagrams were lost.
    Lost {
        /// Lost datagrams as a share of the requests.
        share: f64,
    },
    /// The two halves of the window differ too much.
    Unsteady {
        /// Requests in the second half, divided by requests in the first half.
        ratio: f64,
    },
    /// The generator's own checks declare its figures invalid.
    GeneratorInvalid {
        /// The reason of the first failed check, with what the user can do.
        reason: String,
    },
    /// Many sockets of earlier trials were still in TIME_WAIT.
    TimeWait {
        /// Number of these sockets.
        sockets: u64,
    },
    /// Sampling the cost of the server took too much CPU time.
    SamplerCost {
        /// CPU time of the sampler as a share of the server's.
        share: f64,
    },
    /// System calls were still counted when the measured window began.
    CountedInWindow {
        /// Duration of the count in the window, as a share of the window.
        share: f64,
    },
    /// A warning of a newer version.
    #[serde(other)]
    Unknown,
}

impl TrialWarning {
    /// True if a trial with this warning is to be repeated.
    pub const fn disturbs(&self) -> bool {
        matches!(
            self,
            Self::Disturbed { .. }
                | Self::ServerDisturbed { .. }
                | Self::Steal { .. }
                | Self::ShortWindow { .. }
        )
    }

    /// True if this warning bars a verdict about speed, because the generator may have been the bottleneck.
    pub const fn bars_verdict(&self) -> bool {
        matches!(
            self,
            Self::GeneratorInvalid { .. } | Self::GeneratorBusy { .. }
        )
    }

    /// Severity, to find the worst warning of a kind.
    pub fn size(&self) -> f64 {
        match self {
            Self::NotQuiet { busy } => *busy,
            Self::Disturbed { delay } => *delay,
            Self::ServerDisturbed { share }
            | Self::Steal { share }
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
                "other programs used {} of the CPU time before the trial; close them and measure again",
                number::share(*busy)
            ),
            Self::Disturbed { delay } => write!(
                f,
                "the generator waited for a CPU during {} of the window; close other programs and measure again",
                number::share(*delay)
            ),
            Self::ServerDisturbed { share } => write!(
                f,
                "other programs used {} of the server's CPU time; close them and measure again",
                number::share(*share)
            ),
            Self::Steal { share } => write!(
                f,
                "the host gave {} of the CPU time to other machines; measure again when they are quiet",
                number::share(*share)
            ),
            Self::ShortWindow { share } => write!(
                f,
                "the generator was delayed and measured only {} of the window; close other programs and measure again",
                number::share(*share)
            ),
            Self::GeneratorBusy { share } => write!(
                f,
                "the generator was saturated (it used {} of its CPU), so the server may be faster than shown; compare the CPU per request, or measure at an equal rate (--scenarios equal)",
                number::share(*share)
            ),
            Self::Refused { refused, of } => write!(
                f,
                "the server refused or closed {} of {} connections; see its limits with `echolab list --long`",
                grouped(*refused),
                grouped(*of)
            ),
            Self::Lost { share } => write!(
                f,
                "{} of the requests were lost, and each counts as a wait of the reply timeout; offer a lower rate, or enlarge the receive buffer with `sysctl net.core.rmem_default`",
                number::share(*share)
            ),
            Self::Unsteady { ratio } => write!(
                f,
                "the second half of the window had {} times as many requests as the first; measure longer with --duration",
                significant(*ratio)
            ),
            Self::GeneratorInvalid { reason } => {
                write!(
                    f,
                    "the figures show the limit of the generator, not of the server: {reason}"
                )
            }
            Self::TimeWait { sockets } => write!(
                f,
                "{} sockets of earlier trials were still in TIME_WAIT; wait a minute and measure again",
                grouped(*sockets)
            ),
            Self::SamplerCost { share } => write!(
                f,
                "sampling the cost of the server took {} of the server's CPU time; measure longer with --duration",
                number::share(*share)
            ),
            Self::CountedInWindow { share } => write!(
                f,
                "system calls were still counted in the first {} of the window, which slows down each call; close other programs and measure again",
                number::share(*share)
            ),
            Self::Unknown => f.write_str(
                "this version of echolab does not know the warning; read the run with a newer echolab",
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
                "close them and measure again",
            ),
            (
                TrialWarning::Disturbed { delay: 0.1 },
                "close other programs and measure again",
            ),
            (
                TrialWarning::ServerDisturbed { share: 0.5 },
                "close them and measure again",
            ),
            (
                TrialWarning::Steal { share: 0.1 },
                "measure again when they are quiet",
            ),
            (
                TrialWarning::ShortWindow { share: 0.1 },
                "close other programs and measure again",
            ),
            (
                TrialWarning::GeneratorBusy { share: 0.99 },
                "or measure at an equal rate (--scenarios equal)",
            ),
            (
                TrialWarning::Refused { refused: 1, of: 2 },
                "see its limits with `echolab list --long`",
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
            (TrialWarning::Unknown, "read the run with a newer echolab"),
        ];
        for (warning, remedy) in remedies {
            assert!(warning.to_string().ends_with(remedy), "{warning}");
        }
    }

    #[test]
    fn no_warning_shows_a_share_above_all() {
        let text = TrialWarning::GeneratorBusy { share: 1.003 }.to_string();
        assert!(text.contains("used 100 % of its CPU"), "{text}");
    }

    #[test]
    fn a_warning_of_a_newer_version_is_still_a_warning() {
        let warning: TrialWarning =
            serde_json::from_str(r#"{"kind":"solar-flare","size":3}"#).unwrap();
        assert_eq!(warning, TrialWarning::Unknown);
    }
}
