//! The environment of a run: the machine, its limits, the program and the command, so that others can judge and repeat it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::pinning::Pinning;
use crate::warning::RunWarning;

/// The machine and the program, as far as they may explain a result. Stored as `environment.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Environment {
    /// The version of this document: [`Environment::SCHEMA`] when it was written.
    pub schema: u32,
    /// The time at which the run began.
    pub started: Timestamp,
    /// The command with its arguments. The program is without its folder.
    pub command: Vec<String>,
    /// The version of this program.
    pub version: String,
    /// The commit of the sources of this program, if they are found; with `-dirty` if they have local changes.
    pub commit: Option<String>,
    /// True if this program was built with optimisation.
    pub optimised: bool,
    /// Name and version of the kernel.
    pub kernel: String,
    /// Name of the processor.
    pub cpu: String,
    /// Number of CPUs that this process may use.
    pub cpus: usize,
    /// True if the machine is virtual, so that other machines may share its hardware.
    pub virtual_machine: bool,
    /// The governor of the clock frequency; absent if the kernel does not show it.
    pub governor: Option<String>,
    /// Mitigations of processor vulnerabilities in force. They slow down system calls.
    pub mitigations: Vec<String>,
    /// Memory of the machine in KiB.
    pub memory_kib: u64,
    /// Hard limit of file descriptors per process. Server and generator raise their own limit to it.
    pub descriptors: u64,
    /// Maximum length of an accept queue.
    pub somaxconn: Option<u64>,
    /// Range of port numbers for clients.
    pub ports: Option<String>,
    /// The CPUs of the server and of the generator.
    pub pinning: Pinning,
    /// The compiler that built this program.
    pub compiler: String,
    /// Share of CPU time that other machines took from this one since it started. Above 0, the hardware is shared.
    pub steal: Option<f64>,
    /// Maximum number of processes and threads of the user; absent if there is no limit.
    pub processes: Option<u64>,
    /// Settings of the kernel that affect many sockets or many processes, by their name in `/proc/sys`.
    pub settings: BTreeMap<String, String>,
    /// Each time that the run was resumed under other circumstances.
    pub resumed: Vec<Resumed>,
    /// The time at which the run was complete; absent while it runs, and if it was interrupted.
    pub completed: Option<Timestamp>,
}

/// A time at which the run was resumed with `--force`, although the circumstances had changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Resumed {
    /// The time.
    pub at: Timestamp,
    /// The differences, each such as `cpus: 2, then 4`.
    pub differences: Vec<String>,
}

impl Environment {
    /// The version of the document that this program writes.
    pub const SCHEMA: u32 = 1;

    /// Warnings about this machine and this program, for a run whose largest load has this number of connections.
    pub fn warnings(&self, connections: usize) -> Vec<RunWarning> {
        let needed = connections as u64 + 64;
        let governor = self
            .governor
            .as_deref()
            .filter(|&governor| governor != "performance");
        let differences = self.resumed.iter().flat_map(|resumed| &resumed.differences);
        let differences = differences.cloned().collect::<Vec<_>>().join("; ");
        let warnings = [
            (!differences.is_empty()).then_some(RunWarning::Resumed { differences }),
            (!self.optimised).then_some(RunWarning::DebugBuild),
            (self.pinning == Pinning::Off).then_some(RunWarning::NotPinned),
            governor.map(|name| RunWarning::Governor {
                governor: name.to_owned(),
            }),
            self.virtual_machine.then_some(RunWarning::VirtualMachine),
            (self.descriptors < needed).then_some(RunWarning::FewDescriptors {
                limit: self.descriptors,
                needed,
            }),
        ];
        warnings.into_iter().flatten().collect()
    }
}
