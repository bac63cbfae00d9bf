//! Describes the machine, its limits and the program: the environment of a run.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};
use procfs::{CpuInfo, Current as _, CurrentSI as _, KernelStats, Meminfo};
use record::cpu_time::MachineTime;
use record::environment::Environment;
use record::pinning::Pinning;

use crate::quota::cpu_quota;

/// Settings of the kernel that may explain a result.
const SETTINGS: [&str; 10] = [
    "kernel/perf_event_paranoid",
    "kernel/pid_max",
    "kernel/threads-max",
    "net/core/netdev_max_backlog",
    "net/ipv4/tcp_abort_on_overflow",
    "net/ipv4/tcp_congestion_control",
    "net/ipv4/tcp_max_syn_backlog",
    "net/ipv4/tcp_max_tw_buckets",
    "net/ipv4/tcp_tw_reuse",
    "vm/max_map_count",
];

/// Memory that a process of a server needs at least, in bytes: measured for a child of `fork-per-connection`, with its page
/// tables and its kernel stack.
const TASK_BYTES: u64 = 300 << 10;

/// Number of processes and threads that servers may have at the same time: half of what the kernel, the limits of the user
/// and the free memory allow.
pub fn tasks() -> usize {
    let number = |path: &str| line(path).and_then(|text| text.parse().ok());
    let user = getrlimit(Resource::RLIMIT_NPROC).ok().map(|(soft, _)| soft);
    let memory = Meminfo::current()
        .ok()
        .and_then(|memory| memory.mem_available);
    let limits = [
        number("/proc/sys/kernel/pid_max"),
        number("/proc/sys/kernel/threads-max"),
        user,
        memory.map(|bytes| bytes / TASK_BYTES),
    ];
    let least = limits.into_iter().flatten().min();
    least.map_or(usize::MAX, |tasks| (tasks / 2) as usize)
}

/// Describes this machine and this program. A value that the kernel does not show stays empty.
pub fn describe(pinning: Pinning, command: Vec<String>) -> Environment {
    let info = CpuInfo::current().ok();
    let flags = info
        .as_ref()
        .and_then(|info| info.flags(0))
        .unwrap_or_default();
    Environment {
        schema: Environment::SCHEMA,
        started: Timestamp::now(),
        command: without_folder(command),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: commit(),
        optimised: !cfg!(debug_assertions),
        kernel: kernel(),
        cpu: info
            .as_ref()
            .and_then(|info| info.model_name(0))
            .unwrap_or("unknown")
            .to_owned(),
        cpus: crate::cpus::allowed().len(),
        virtual_machine: flags.contains(&"hypervisor"),
        governor: line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        mitigations: mitigations(),
        memory_kib: Meminfo::current().map_or(0, |memory| memory.mem_total / 1024),
        descriptors: getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(_, hard)| hard),
        somaxconn: line("/proc/sys/net/core/somaxconn").and_then(|n| n.parse().ok()),
        ports: line("/proc/sys/net/ipv4/ip_local_port_range").map(|range| range.replace('\t', "–")),
        pinning,
        compiler: env!("ECHOLAB_COMPILER").to_owned(),
        steal: cpu_time().and_then(MachineTime::stolen_share),
        cpu_quota: cpu_quota(),
        cpu_time: None,
        prices: None,
        processes: getrlimit(Resource::RLIMIT_NPROC)
            .ok()
            .map(|(_, hard)| hard)
            .filter(|&limit| limit != RLIM_INFINITY),
        settings: settings(),
        resumed: Vec::new(),
        completed: None,
    }
}

/// The command without the folder of the program, which differs between machines.
fn without_folder(mut command: Vec<String>) -> Vec<String> {
    if let Some(program) = command.first_mut()
        && let Some(name) = Path::new(program.as_str()).file_name()
    {
        *program = name.to_string_lossy().into_owned();
    }
    command
}

fn kernel() -> String {
    let name = |path| line(path).unwrap_or_default();
    format!(
        "{} {}",
        name("/proc/sys/kernel/ostype"),
        name("/proc/sys/kernel/osrelease")
    )
}

/// CPU time of the machine since it started; `None` if the kernel does not show steal time.
pub fn cpu_time() -> Option<MachineTime> {
    let total = KernelStats::current().ok()?.total;
    let stolen = total.steal?;
    let known = [total.iowait, total.irq, total.softirq].map(|ticks| ticks.unwrap_or(0));
    let all =
        total.user + total.nice + total.system + total.idle + stolen + known.iter().sum::<u64>();
    Some(MachineTime { stolen, all })
}

fn settings() -> BTreeMap<String, String> {
    let known = SETTINGS.iter().filter_map(|&name| {
        let value = line(&format!("/proc/sys/{name}"))?;
        Some((name.to_owned(), value))
    });
    known.collect()
}

/// Mitigations in force, each as `VULNERABILITY: MITIGATION`.
fn mitigations() -> Vec<String> {
    let Ok(entries) = fs::read_dir("/sys/devices/system/cpu/vulnerabilities") else {
        return Vec::new();
    };
    let mitigation = |entry: fs::DirEntry| {
        let text = fs::read_to_string(entry.path()).ok()?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let mitigation = text.strip_prefix("Mitigation")?;
        let mitigation = mitigation.trim_matches([':', ' ', '\n']);
        Some(format!("{name}: {mitigation}"))
    };
    let mut mitigations: Vec<String> = entries.flatten().filter_map(mitigation).collect();
    mitigations.sort();
    mitigations
}

/// The commit of the work tree that holds this program (`target/release/…`), if there is one.
fn commit() -> Option<String> {
    let program = std::env::current_exe().ok()?;
    let git = Command::new("git")
        .arg("-C")
        .arg(program.parent()?)
        .args([
            "describe",
            "--always",
            "--dirty",
            "--abbrev=12",
            "--exclude=*",
        ])
        .output()
        .ok()?;
    let name = String::from_utf8(git.stdout).ok()?.trim().to_owned();
    (git.status.success() && !name.is_empty()).then_some(name)
}

/// The content of a file with one line.
fn line(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_described() {
        let environment = describe(Pinning::Off, Vec::new());
        let congestion = environment.settings.get("net/ipv4/tcp_congestion_control");
        assert!(congestion.is_some_and(|name| !name.is_empty()));
        assert!(cpu_time().is_none_or(|time| time.stolen < time.all));
    }
}
