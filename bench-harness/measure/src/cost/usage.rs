//! CPU time: of a process, of its ended children, of the calling thread, of whole CPUs.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;
use procfs::process::Stat;
use procfs::{CpuTime, CurrentSI as _, KernelStats};

/// CPU time in the program and in the kernel, and switches where they are known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// In the program.
    pub user: Duration,
    /// In the kernel.
    pub system: Duration,
    /// Times that a thread gave up its CPU to wait.
    pub voluntary: u64,
    /// Times that a thread lost its CPU to another.
    pub involuntary: u64,
}

impl Usage {
    /// What the children of this process used that have ended and were waited for, with their own such children.
    pub fn of_reaped_children() -> Self {
        let usage =
            getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system knows its own constant");
        Self {
            user: duration(usage.user_time()),
            system: duration(usage.system_time()),
            voluntary: usage.voluntary_context_switches().max(0) as u64,
            involuntary: usage.involuntary_context_switches().max(0) as u64,
        }
    }

    /// What all programs together used on these CPUs since the machine started.
    pub(super) fn of_cpus(cpus: &[usize]) -> Option<Self> {
        let times = KernelStats::current().ok()?.cpu_time;
        let of_these = || {
            times
                .iter()
                .enumerate()
                .filter(|(cpu, _)| cpus.contains(cpu))
                .map(|(_, time)| time)
        };
        let kernel =
            |time: &CpuTime| time.system + time.irq.unwrap_or(0) + time.softirq.unwrap_or(0);
        Some(Self {
            user: ticks(of_these().map(|time| time.user + time.nice).sum()),
            system: ticks(of_these().map(kernel).sum()),
            ..Self::default()
        })
    }

    /// What was used since an earlier moment.
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

/// User and kernel time of a process.
pub(super) fn split(stat: &Stat) -> Usage {
    Usage {
        user: ticks(stat.utime),
        system: ticks(stat.stime),
        ..Usage::default()
    }
}

/// CPU time of its children that have ended and were waited for.
pub(super) fn reaped(stat: &Stat) -> Duration {
    ticks((stat.cutime + stat.cstime).max(0) as u64)
}

/// CPU time of the calling thread until now.
pub fn own_cpu_time() -> Duration {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID);
    time.expect("Linux has this clock").into()
}

/// CPU time of a process with all its threads, those that have ended included.
pub(super) fn cpu_time(pid: Pid) -> Option<Duration> {
    Some(clock_getcpuclockid(pid).ok()?.now().ok()?.into())
}

fn ticks(ticks: u64) -> Duration {
    Duration::from_secs_f64(ticks as f64 / procfs::ticks_per_second() as f64)
}

fn duration(time: TimeVal) -> Duration {
    Duration::new(time.tv_sec() as u64, time.tv_usec() as u32 * 1000)
}
