//! What makes a result less certain, each with what can be done about it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::number::{grouped, percent, significant};

/// A circumstance that a reader must know before believing a figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Warning {
    /// Trial: others used the machine, and the wait for quiet ran out.
    NotQuiet {
        /// Share of all CPU time that was in use before the trial.
        busy: f64,
    },
    /// Trial: the generator had to queue for its CPU.
    Disturbed {
        /// The wait as a share of the measured window.
        delay: f64,
    },
    /// Trial: other programs used the CPUs of the server.
    ServerDisturbed {
        /// Their share of these CPUs.
        share: f64,
    },
    /// Trial: the measured window came out shorter than planned.
    ShortWindow {
        /// Its length as a share of the plan.
        share: f64,
    },
    /// Trial: the generator had no CPU time left, so that it and not the server may set the pace.
    GeneratorBusy {
        /// CPU time of the busiest worker as a share of the window.
        share: f64,
    },
    /// Trial: some connections were not accepted or were ended by the server.
    Refused {
        /// How many.
        refused: u64,
        /// Of how many.
        of: u64,
    },
    /// Trial: datagrams were lost.
    Lost {
        /// How many, as a share of the requests.
        share: f64,
    },
    /// Trial: the first and the second half of the window differ.
    Unsteady {
        /// Requests of the second half for each of the first.
        ratio: f64,
    },
    /// Trial: the generator's own checks say that its figures mean nothing.
    GeneratorInvalid {
        /// The first of their reasons, with what to do.
        reason: String,
    },
    /// Trial: sockets of earlier trials were still in TIME_WAIT.
    TimeWait {
        /// How many.
        sockets: u64,
    },
    /// Trial: asking what the server costs took too much time itself.
    SamplerCost {
        /// CPU time of the sampler as a share of the server's.
        share: f64,
    },
    /// Trial: system calls were still counted when the measured window began.
    CountedInWindow {
        /// For how long, as a share of the window.
        share: f64,
    },
    /// Run: servers of datagrams and servers of streams are compared.
    Datagrams,
    /// Run: server and generator share their CPUs.
    NotPinned,
    /// Run: this program was built without optimisation.
    DebugBuild,
    /// Run: the clock frequency changes.
    Governor {
        /// Its name.
        governor: String,
    },
    /// Run: other machines share the hardware.
    VirtualMachine,
    /// Run: a process may not open enough descriptors.
    FewDescriptors {
        /// How many it may open.
        limit: u64,
        /// How many the largest load needs.
        needed: u64,
    },
    /// Run: some planned trials are missing.
    Incomplete {
        /// Trials finished.
        finished: usize,
        /// Trials planned.
        planned: usize,
    },
    /// Run: it was gone on with under other circumstances, by order.
    Resumed {
        /// How they differed.
        differences: String,
    },
    /// Run: the last line of the file was torn, by a crash or a full disk.
    TornLine,
    /// Run: lines that this program cannot read, written by a newer one.
    UnknownLines {
        /// How many.
        lines: usize,
    },
    /// A warning of a newer version.
    #[serde(other)]
    Unknown,
}

impl Warning {
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
            _ => 0.0,
        }
    }
}

impl fmt::Display for Warning {
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
            _ => self.of_a_run(f),
        }
    }
}

impl Warning {
    fn of_a_run(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Datagrams => f.write_str(
                "a server of datagrams promises less than one of streams, neither that all arrive nor that they do in order, and so has less to do; compare the two only where nothing was lost, and never as the same service",
            ),
            Self::NotPinned => f.write_str(
                "server and generator share their CPUs and slow each other down; leave --pin off out, or use a machine with two CPUs or more",
            ),
            Self::DebugBuild => f.write_str(
                "this program was built without optimisation; run it with `cargo run --release`",
            ),
            Self::Governor { governor } => write!(
                f,
                "the CPU's clock changes (governor `{governor}`); set it with `cpupower frequency-set -g performance`"
            ),
            Self::VirtualMachine => f.write_str(
                "this is a virtual machine, and its neighbours may disturb it; compare only within one run, or use hardware of your own",
            ),
            Self::FewDescriptors { limit, needed } => write!(
                f,
                "a process may open {} descriptors and the largest load needs {}; raise the limit with `ulimit -n {needed}`",
                grouped(*limit),
                grouped(*needed)
            ),
            Self::Incomplete { finished, planned } => write!(
                f,
                "only {finished} of {planned} planned trials were finished; what is missing is marked, go on with `echolab compare --resume`"
            ),
            Self::TornLine => f.write_str(
                "the last line of trials.jsonl is torn and was left out; the writer was killed meanwhile, measure that trial again with `echolab compare --resume`",
            ),
            Self::Resumed { differences } => write!(
                f,
                "the run was gone on with under other circumstances ({differences}); measure again as a whole"
            ),
            Self::UnknownLines { lines } => write!(
                f,
                "{lines} lines of trials.jsonl cannot be read and were left out; a newer echolab may read them"
            ),
            _ => f.write_str("a warning that this version does not know; read it with a newer echolab"),
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
                Warning::NotQuiet { busy: 0.5 },
                "close other programs and measure again",
            ),
            (
                Warning::Disturbed { delay: 0.1 },
                "close other programs and measure again",
            ),
            (
                Warning::ServerDisturbed { share: 0.5 },
                "close other programs and measure again",
            ),
            (
                Warning::ShortWindow { share: 0.1 },
                "close other programs and measure again",
            ),
            (
                Warning::GeneratorBusy { share: 0.99 },
                "give the generator more CPUs",
            ),
            (
                Warning::Refused { refused: 1, of: 2 },
                "see its limits with `echolab list`",
            ),
            (
                Warning::Lost { share: 0.1 },
                "with `sysctl net.core.rmem_default`",
            ),
            (Warning::Datagrams, "never as the same service"),
            (
                Warning::Unsteady { ratio: 0.5 },
                "measure longer with --duration",
            ),
            (
                Warning::GeneratorInvalid {
                    reason: "it was late; use --threads".into(),
                },
                "use --threads",
            ),
            (
                Warning::TimeWait { sockets: 40_000 },
                "wait a minute and measure again",
            ),
            (
                Warning::SamplerCost { share: 0.02 },
                "measure longer with --duration",
            ),
            (
                Warning::CountedInWindow { share: 0.02 },
                "close other programs and measure again",
            ),
            (Warning::NotPinned, "use a machine with two CPUs or more"),
            (Warning::DebugBuild, "run it with `cargo run --release`"),
            (
                Warning::Governor {
                    governor: "powersave".into(),
                },
                "frequency-set -g performance`",
            ),
            (Warning::VirtualMachine, "or use hardware of your own"),
            (
                Warning::FewDescriptors {
                    limit: 1,
                    needed: 2,
                },
                "with `ulimit -n 2`",
            ),
            (
                Warning::Incomplete {
                    finished: 1,
                    planned: 2,
                },
                "go on with `echolab compare --resume`",
            ),
            (Warning::TornLine, "with `echolab compare --resume`"),
            (
                Warning::Resumed {
                    differences: "cpus: 2, then 4".into(),
                },
                "measure again as a whole",
            ),
            (
                Warning::UnknownLines { lines: 1 },
                "a newer echolab may read them",
            ),
            (Warning::Unknown, "read it with a newer echolab"),
        ];
        for (warning, remedy) in remedies {
            assert!(warning.to_string().ends_with(remedy), "{warning}");
        }
    }

    #[test]
    fn warnings_of_newer_versions_are_still_warnings() {
        let warning: Warning = serde_json::from_str(r#"{"kind":"solar-flare","size":3}"#).unwrap();
        assert_eq!(warning, Warning::Unknown);
    }
}
