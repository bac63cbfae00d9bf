//! Where a run took place: the machine, its limits, the program and the command, so that others can judge and repeat it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::pinning::Pinning;
use crate::warning::RunWarning;

/// Everything about the machine and the program that may explain a result.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Environment {
    /// The version of this document: [`Environment::SCHEMA`] when it was written.
    pub schema: u32,
    /// When the run began.
    pub started: Timestamp,
    /// The command, word for word, but for the folder in which the program lies.
    pub command: Vec<String>,
    /// The version of this program.
    pub version: String,
    /// The commit of the sources that it was built in, where they are still there; `-dirty` when they were changed.
    pub commit: Option<String>,
    /// Whether it was built with optimisation.
    pub optimised: bool,
    /// Kernel and its version.
    pub kernel: String,
    /// Name of the processor.
    pub cpu: String,
    /// CPUs that this process may use.
    pub cpus: usize,
    /// Whether other machines share the hardware.
    pub virtual_machine: bool,
    /// What decides the clock frequency, where the kernel says so.
    pub governor: Option<String>,
    /// What the kernel does against faults of the processor that leak secrets; it costs system calls time.
    pub mitigations: Vec<String>,
    /// Memory of the machine in KiB.
    pub memory_kib: u64,
    /// Descriptors that a process may open; server and generator raise their own limit to it.
    pub descriptors: u64,
    /// Longest accept queue that the kernel allows.
    pub somaxconn: Option<u64>,
    /// Port numbers that clients may use.
    pub ports: Option<String>,
    /// Who runs on which CPUs.
    pub pinning: Pinning,
    /// The compiler that built this program.
    pub compiler: String,
    /// Share of its CPU time that other machines took from this one since it started; above 0 the hardware is shared.
    pub steal: Option<f64>,
    /// Processes and threads that the user may have; absent where there is no limit.
    pub processes: Option<u64>,
    /// Settings of the kernel that decide about many sockets and many processes, by their name in `/proc/sys`.
    pub settings: BTreeMap<String, String>,
    /// When the run was gone on with under other circumstances, and how they differed.
    pub resumed: Vec<Resumed>,
    /// When the run came to its end; absent while it goes on, and where it was cut off.
    pub completed: Option<Timestamp>,
}

/// A run that was gone on with, by order, although the circumstances were not those of its beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Resumed {
    /// When.
    pub at: Timestamp,
    /// What differed, such as `cpus: 2, then 4`.
    pub differences: Vec<String>,
}

impl Environment {
    /// The version of the document that this program writes.
    pub const SCHEMA: u32 = 1;

    /// What about this machine makes results less certain, for a load of so many connections.
    pub fn warnings(&self, connections: usize) -> Vec<RunWarning> {
        let needed = connections as u64 + 64;
        let governor = self
            .governor
            .as_deref()
            .filter(|&governor| governor != "performance");
        let differences = self.resumed.iter().flat_map(|resumed| &resumed.differences);
        let differences = differences.cloned().collect::<Vec<_>>().join("; ");
        let found = [
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
        found.into_iter().flatten().collect()
    }
}
