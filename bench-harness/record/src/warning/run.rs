//! Warnings of a whole run. They concern all its figures.

use std::fmt;

use serde::Serialize;

use crate::number::{counted, grouped, percent, significant};

/// A circumstance that makes all figures of a run less certain.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum RunWarning {
    /// UDP servers and TCP servers are compared.
    Datagrams,
    /// Server and generator share their CPUs.
    NotPinned,
    /// This program was built without optimisation.
    DebugBuild,
    /// The clock frequency changes.
    Governor {
        /// The name of the governor.
        governor: String,
    },
    /// The cgroup of the program may use fewer CPUs than the program sees.
    CpuQuota {
        /// The quota in CPUs.
        quota: f64,
        /// Number of CPUs that the program sees.
        cpus: usize,
    },
    /// Other machines took CPU time from this one during the run.
    Steal {
        /// Their share of all CPU time.
        share: f64,
    },
    /// The machine is virtual.
    VirtualMachine,
    /// A process may not open enough file descriptors.
    FewDescriptors {
        /// Number of descriptors that it may open.
        limit: u64,
        /// Number of descriptors that the largest load needs.
        needed: u64,
    },
    /// Some planned trials are missing.
    Incomplete {
        /// Number of finished trials.
        finished: usize,
        /// Number of planned trials.
        planned: usize,
    },
    /// The run was resumed with `--force` under other circumstances.
    Resumed {
        /// The differences, as a list for a sentence.
        differences: String,
    },
    /// The last line of `trials.jsonl` is incomplete, because of a crash or a full disk.
    TornLine,
    /// Some rows cannot be read, probably because a newer version wrote them.
    UnknownLines {
        /// Number of these lines.
        lines: usize,
    },
    /// Some rows have the number of a trial that the plan does not have.
    BeyondPlan {
        /// Number of these rows.
        rows: usize,
    },
}

impl fmt::Display for RunWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Datagrams => f.write_str(
                "UDP servers guarantee neither delivery nor order and so do less work than TCP servers; compare them with TCP servers only where nothing was lost",
            ),
            Self::NotPinned => f.write_str(
                "server and generator share their CPUs and slow each other down; remove `--pin off`, or use a machine with at least two CPUs",
            ),
            Self::DebugBuild => f.write_str(
                "this program was built without optimisation; run it with `cargo run --release`",
            ),
            Self::Governor { governor } => write!(
                f,
                "the clock frequency of the CPUs changes (governor `{governor}`); fix it with `cpupower frequency-set -g performance`"
            ),
            Self::CpuQuota { quota, cpus } => write!(
                f,
                "the cgroup of this program may use {} of {cpus} CPUs, and when the quota is used up, the kernel stops server and generator in the middle of a window; raise it (`docker run --cpus`, systemd's `CPUQuota=`, or the file `cpu.max`), or measure outside of the cgroup",
                significant(*quota)
            ),
            Self::Steal { share } => write!(
                f,
                "other machines took {} of the CPU time during the run (steal), so some trials were slowed down and others not; measure again at a quiet time, or use your own hardware",
                percent(*share)
            ),
            Self::VirtualMachine => f.write_str(
                "this is a virtual machine, and other machines on the same hardware may disturb it; compare only within one run, or use your own hardware",
            ),
            Self::FewDescriptors { limit, needed } => write!(
                f,
                "a process may open {} file descriptors and the largest load needs {}; raise the limit with `ulimit -n {needed}`",
                grouped(*limit),
                grouped(*needed)
            ),
            Self::Incomplete { finished, planned } => write!(
                f,
                "only {finished} of {planned} planned trials are finished, and the report marks the missing ones; measure them with `echolab compare --resume`"
            ),
            Self::TornLine => f.write_str(
                "the last row is incomplete and was ignored, because the program was killed while it wrote it; measure it again with `echolab compare --resume`",
            ),
            Self::Resumed { differences } => write!(
                f,
                "the run was resumed under other circumstances ({differences}), so its parts may not be comparable; measure the whole run again"
            ),
            Self::UnknownLines { lines } => write!(
                f,
                "{} of the rows cannot be read and {} ignored; read the run with the newest echolab",
                counted(*lines, "line"),
                if *lines == 1 { "was" } else { "were" }
            ),
            Self::BeyondPlan { rows } => write!(
                f,
                "{} of trials.jsonl {} to no trial of the plan and {} left out; restore plan.json from a copy, or measure again",
                counted(*rows, "row"),
                if *rows == 1 { "belongs" } else { "belong" },
                if *rows == 1 { "is" } else { "are" }
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
            (RunWarning::Datagrams, "only where nothing was lost"),
            (RunWarning::NotPinned, "a machine with at least two CPUs"),
            (RunWarning::DebugBuild, "run it with `cargo run --release`"),
            (
                RunWarning::Governor {
                    governor: "powersave".into(),
                },
                "frequency-set -g performance`",
            ),
            (
                RunWarning::CpuQuota {
                    quota: 1.5,
                    cpus: 2,
                },
                "or measure outside of the cgroup",
            ),
            (
                RunWarning::Steal { share: 0.02 },
                "at a quiet time, or use your own hardware",
            ),
            (RunWarning::VirtualMachine, "or use your own hardware"),
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
                "measure them with `echolab compare --resume`",
            ),
            (RunWarning::TornLine, "with `echolab compare --resume`"),
            (
                RunWarning::Resumed {
                    differences: "cpus: 2, then 4".into(),
                },
                "measure the whole run again",
            ),
            (
                RunWarning::UnknownLines { lines: 1 },
                "1 line of the rows cannot be read and was ignored; read the run with the newest echolab",
            ),
            (
                RunWarning::BeyondPlan { rows: 2 },
                "2 rows of trials.jsonl belong to no trial of the plan and are left out; restore plan.json from a copy, or measure again",
            ),
        ];
        for (warning, remedy) in remedies {
            assert!(warning.to_string().ends_with(remedy), "{warning}");
        }
    }
}
