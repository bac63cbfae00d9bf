//! Reads CPU time: of a process, of its ended children, of the calling thread, of whole CPUs.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use procfs::process::Stat;
use procfs::{CpuTime, CurrentSI as _, FromRead as _, KernelStats};

/// CPU time, and context switches if they are known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// User time.
    pub user: Duration,
    /// System time.
    pub system: Duration,
    /// Voluntary context switches: a thread waits.
    pub voluntary: u64,
    /// Involuntary context switches: a thread is preempted.
    pub involuntary: u64,
}

impl Usage {
    /// The usage of all reaped children of this process, with their own reaped children.
    pub fn of_reaped_children() -> Self {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("Linux knows its own constant");
        Self {
            user: duration(usage.user_time()),
            system: duration(usage.system_time()),
            voluntary: usage.voluntary_context_switches().max(0) as u64,
            involuntary: usage.involuntary_context_switches().max(0) as u64,
        }
    }

    /// The usage of these CPUs by all programs since the machine started.
    pub(super) fn of_cpus(cpus: &[usize]) -> Option<Self> {
        let times = KernelStats::current().ok()?.cpu_time;
        let times = times.iter().enumerate();
        let times = times.filter(|(cpu, _)| cpus.contains(cpu));
        let times = times.map(|(_, time)| time);
        let user = |time: &CpuTime| time.user + time.nice;
        let system =
            |time: &CpuTime| time.system + time.irq.unwrap_or(0) + time.softirq.unwrap_or(0);
        Some(Self {
            user: ticks(times.clone().map(user).sum()),
            system: ticks(times.map(system).sum()),
            ..Self::default()
        })
    }

    /// The usage since an earlier moment.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            user: self.user.saturating_sub(earlier.user),
            system: self.system.saturating_sub(earlier.system),
            voluntary: self.voluntary.saturating_sub(earlier.voluntary),
            involuntary: self.involuntary.saturating_sub(earlier.involuntary),
        }
    }
}

/// Reads `/proc/PID/stat`. `procfs::process::Process` would also open the folder of the process, which takes longer.
pub(super) fn stat(pid: Pid) -> Option<Stat> {
    Stat::from_file(format!("/proc/{pid}/stat")).ok()
}

/// User and system time of a process, in steps of 10 ms.
pub(super) fn split(stat: &Stat) -> Usage {
    Usage {
        user: ticks(stat.utime),
        system: ticks(stat.stime),
        ..Usage::default()
    }
}

/// CPU time of its reaped children, in steps of 10 ms.
pub(super) fn reaped(stat: &Stat) -> Duration {
    ticks((stat.cutime + stat.cstime).max(0) as u64)
}

/// Time that the host took from the CPUs of this machine since it started, in steps of 10 ms. 0 if the kernel does not
/// show it.
pub fn steal() -> Duration {
    let total = KernelStats::current().ok().map(|stats| stats.total);
    ticks(total.and_then(|time| time.steal).unwrap_or(0))
}

/// CPU time of the calling thread.
pub fn thread_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID);
    time.expect("Linux has this clock").into()
}

/// CPU time of a process with all its threads, alive and ended.
pub(super) fn cpu_time(pid: Pid) -> Option<Duration> {
    Some(clock_getcpuclockid(pid).ok()?.now().ok()?.into())
}

fn ticks(ticks: u64) -> Duration {
    Duration::from_secs_f64(ticks as f64 / procfs::ticks_per_second() as f64)
}

fn duration(time: TimeVal) -> Duration {
    Duration::new(time.tv_sec() as u64, time.tv_usec() as u32 * 1000)
}
