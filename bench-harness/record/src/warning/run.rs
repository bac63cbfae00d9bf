//! Warnings of a whole run: what a reader must know before believing any of its figures.

use std::fmt;

use serde::Serialize;

use crate::number::grouped;

/// A circumstance of a run that a reader must know before believing a figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum RunWarning {
    /// Servers of datagrams and servers of streams are compared.
    Datagrams,
    /// Server and generator share their CPUs.
    NotPinned,
    /// This program was built without optimisation.
    DebugBuild,
    /// The clock frequency changes.
    Governor {
        /// Its name.
        governor: String,
    },
    /// Other machines share the hardware.
    VirtualMachine,
    /// A process may not open enough descriptors.
    FewDescriptors {
        /// How many it may open.
        limit: u64,
        /// How many the largest load needs.
        needed: u64,
    },
    /// Some planned trials are missing.
    Incomplete {
        /// Trials finished.
        finished: usize,
        /// Trials planned.
        planned: usize,
    },
    /// It was gone on with under other circumstances, by order.
    Resumed {
        /// How they differed.
        differences: String,
    },
    /// The last line of the file was torn, by a crash or a full disk.
    TornLine,
    /// Lines that this program cannot read, written by a newer one.
    UnknownLines {
        /// How many.
        lines: usize,
    },
}

impl fmt::Display for RunWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_warning_ends_with_what_to_do() {
        let remedies = [
            (RunWarning::Datagrams, "never as the same service"),
            (RunWarning::NotPinned, "use a machine with two CPUs or more"),
            (RunWarning::DebugBuild, "run it with `cargo run --release`"),
            (
                RunWarning::Governor {
                    governor: "powersave".into(),
                },
                "frequency-set -g performance`",
            ),
            (RunWarning::VirtualMachine, "or use hardware of your own"),
            (
                RunWarning::FewDescriptors {
                    limit: 1,
                    needed: 2,
                },
                "with `ulimit -n 2`",
            ),
            (
                RunWarning::Incomplete {
                    finished: 1,
                    planned: 2,
                },
                "go on with `echolab compare --resume`",
            ),
            (RunWarning::TornLine, "with `echolab compare --resume`"),
            (
                RunWarning::Resumed {
                    differences: "cpus: 2, then 4".into(),
                },
                "measure again as a whole",
            ),
            (
                RunWarning::UnknownLines { lines: 1 },
                "a newer echolab may read them",
            ),
        ];
        for (warning, remedy) in remedies {
            assert!(warning.to_string().ends_with(remedy), "{warning}");
        }
    }
}
