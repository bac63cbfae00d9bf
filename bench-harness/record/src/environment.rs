//! The environment of a run: the machine, its limits, the program and the command, so that others can judge and repeat it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cpu_time::{CpuQuota, MachineTime};
use crate::pinning::Pinning;
use crate::prices::Prices;
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
    /// The CPU quota of the cgroup of this process, or that of one of its parents if it is lower; absent if unknown.
    pub cpu_quota: Option<CpuQuota>,
    /// CPU time of the machine while the run was measured; a resumed run adds up. Absent if the kernel does not show steal
    /// time. The part of a run that was killed is missing.
    pub cpu_time: Option<MachineTime>,
    /// Prices of switches, wake-ups and system calls on this machine, measured when the run began. Older runs have none.
    pub prices: Option<Prices>,
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

    /// Adds the CPU time of the machine between two readings, in which a part of the run was measured.
    pub fn add_cpu_time(&mut self, begin: Option<MachineTime>, end: Option<MachineTime>) {
        if let (Some(begin), Some(end)) = (begin, end) {
            let before = self.cpu_time.unwrap_or_default();
            self.cpu_time = Some(before.plus(end.since(begin)));
        }
    }

    /// The CPU quota in CPUs, if the program could otherwise use more.
    pub fn limiting_quota(&self) -> Option<f64> {
        self.cpu_quota?.below(self.cpus)
    }

    /// The share of CPU time that was stolen during the run, if it is large enough to matter.
    pub fn visible_steal(&self) -> Option<f64> {
        self.cpu_time?.visible_steal()
    }

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
            self.limiting_quota().map(|quota| RunWarning::CpuQuota {
                quota,
                cpus: self.cpus,
            }),
            self.visible_steal()
                .map(|share| RunWarning::Steal { share }),
            self.virtual_machine.then_some(RunWarning::VirtualMachine),
            (self.descriptors < needed).then_some(RunWarning::FewDescriptors {
                limit: self.descriptors,
                needed,
            }),
        ];
        warnings.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_of_an_older_version_can_be_read() {
        let older: Environment = serde_json::from_str(r#"{"schema": 1, "cpus": 2}"#).unwrap();
        assert_eq!((older.cpu_quota, older.cpu_time), (None, None));
        let kinds = |warnings: Vec<RunWarning>| {
            let is_new = |warning: &RunWarning| {
                matches!(
                    warning,
                    RunWarning::CpuQuota { .. } | RunWarning::Steal { .. }
                )
            };
            warnings.into_iter().filter(is_new).collect::<Vec<_>>()
        };
        assert_eq!(kinds(older.warnings(10)), []);
    }

    #[test]
    fn steal_and_a_quota_below_the_cpus_cause_warnings() {
        let mut environment = Environment {
            cpus: 2,
            cpu_quota: Some(CpuQuota::Cpus(1.5)),
            ..Environment::default()
        };
        let time = |stolen, all| Some(MachineTime { stolen, all });
        environment.add_cpu_time(time(5, 1_000), time(25, 2_000));
        environment.add_cpu_time(time(0, 10), time(0, 1_010));
        let warnings = environment.warnings(10);
        let (quota, cpus, share) = (1.5, 2, 0.01);
        assert!(warnings.contains(&RunWarning::CpuQuota { quota, cpus }));
        assert!(warnings.contains(&RunWarning::Steal { share }));
        let text = serde_json::to_string(&environment).unwrap();
        assert_eq!(
            serde_json::from_str::<Environment>(&text).unwrap(),
            environment
        );
    }

    #[test]
    fn without_steal_time_of_the_kernel_there_is_no_share() {
        let mut environment = Environment::default();
        environment.add_cpu_time(None, None);
        assert_eq!(environment.visible_steal(), None);
    }
}
