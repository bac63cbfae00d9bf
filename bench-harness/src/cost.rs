//! Asks the kernel what a server costs: all processes of its group, all their threads, and the children already reaped.
//!
//! Asking must not disturb what is measured. CPU time is one system call a process and exact to the nanosecond (the
//! figures in `/proc/PID/stat` are rounded down to a hundredth of a second *for each process*, so that a thousand
//! children would look free). What means opening a file for each thread or process is read of an even selection
//! where there are many, and scaled up; the row says of how many.

use std::fs;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use nix::time::clock_getcpuclockid;
use nix::unistd::{Pid, getpgid};
use procfs::process::Process;
use procfs::{CpuTime, CurrentSI as _, KernelStats};

use crate::sample::ServerCost;

/// Processes or threads of which context switches are read.
const MOST_THREADS: usize = 128;
/// Processes of which memory is read; the kernel walks all their page tables for it.
const MOST_MEMORY: usize = 32;

/// The processes of one server, found by their process group.
#[derive(Clone, Copy, Debug)]
pub struct Group(pub Pid);

/// Counters that only grow, at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Counters {
    at: Instant,
    cpu: Duration,
    voluntary: f64,
    involuntary: f64,
    processes: usize,
    threads: f64,
    threads_read: usize,
    cpus: usize,
    of_cpus: Option<Usage>,
}

/// CPU time in the program and in the kernel.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// In the program.
    pub user: Duration,
    /// In the kernel.
    pub system: Duration,
}

impl Group {
    /// What has been used until now, also by the CPUs to which the server is confined, if it is.
    pub fn counters(self, cpus: Option<&[usize]>) -> Counters {
        let members = self.members();
        let at = Instant::now();
        let alive: Duration = members.iter().filter_map(|&pid| cpu_time(pid)).sum();
        let mut counters = Counters {
            at,
            cpu: alive + self.reaped(),
            voluntary: 0.0,
            involuntary: 0.0,
            processes: members.len(),
            threads: 0.0,
            threads_read: 0,
            cpus: cpus.map_or(0, <[usize]>::len),
            of_cpus: cpus.and_then(Usage::of_cpus),
        };
        for (pid, weight) in self.select(&members, MOST_THREADS) {
            counters.add_threads(pid, weight);
        }
        counters
    }

    /// The cost between two moments, and memory now.
    pub fn cost(self, from: &Counters, to: &Counters) -> ServerCost {
        let members = self.members();
        let mut cost = ServerCost {
            window_s: (to.at - from.at).as_secs_f64(),
            // Children that nobody reaps take their counters with them.
            cpu_s: to.cpu.saturating_sub(from.cpu).as_secs_f64(),
            voluntary: (to.voluntary - from.voluntary).max(0.0),
            involuntary: (to.involuntary - from.involuntary).max(0.0),
            processes: to.processes,
            threads: to.threads.round() as usize,
            threads_read: to.threads_read,
            cpus: to.cpus,
            ..ServerCost::default()
        };
        if let (Some(from), Some(to)) = (from.of_cpus, to.of_cpus) {
            let used = to.since(from);
            cost.cpus_user_s = Some(used.user.as_secs_f64());
            cost.cpus_system_s = Some(used.system.as_secs_f64());
        }
        for (pid, weight) in self.select(&members, MOST_MEMORY) {
            if let Some(kib) = pss_kib(pid) {
                cost.pss_kib += weight * kib;
                cost.processes_read += 1;
            }
        }
        cost
    }

    /// All processes of the group. A directory and a cheap call each: the files in `/proc/PID` stay closed.
    fn members(self) -> Vec<Pid> {
        let Ok(entries) = fs::read_dir("/proc") else {
            return Vec::new();
        };
        let pid = |entry: fs::DirEntry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw);
        let all = entries.flatten().filter_map(pid);
        all.filter(|&pid| getpgid(Some(pid)) == Ok(self.0))
            .collect()
    }

    /// CPU time of children that have ended and were waited for.
    fn reaped(self) -> Duration {
        let stat = Process::new(self.0.as_raw()).and_then(|leader| leader.stat());
        ticks(stat.map_or(0, |stat| stat.cutime + stat.cstime).max(0) as u64)
    }

    /// At most so many processes, and how many each stands for. The leader, unlike its children, stands for itself.
    fn select(self, members: &[Pid], most: usize) -> Vec<(Pid, f64)> {
        let others: Vec<Pid> = members
            .iter()
            .copied()
            .filter(|&pid| pid != self.0)
            .collect();
        let mut selected = vec![(self.0, 1.0)];
        selected.extend(spread(&others, most - 1));
        selected
    }
}

impl Counters {
    fn add_threads(&mut self, pid: Pid, weight: f64) {
        let Ok(tasks) = Process::new(pid.as_raw()).and_then(|process| process.tasks()) else {
            return;
        };
        let tasks: Vec<_> = tasks.flatten().collect();
        self.threads += weight * tasks.len() as f64;
        let indices: Vec<usize> = (0..tasks.len()).collect();
        for (index, of_these) in spread(&indices, MOST_THREADS) {
            let Ok(status) = tasks[index].status() else {
                continue;
            };
            let switches = |n: Option<u64>| weight * of_these * n.unwrap_or(0) as f64;
            self.voluntary += switches(status.voluntary_ctxt_switches);
            self.involuntary += switches(status.nonvoluntary_ctxt_switches);
            self.threads_read += 1;
        }
    }
}

impl Usage {
    /// What the children of this process used that have ended and were waited for, with their own such children.
    pub fn of_reaped_children() -> Self {
        let usage =
            getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system knows its own constant");
        Self {
            user: duration(usage.user_time()),
            system: duration(usage.system_time()),
        }
    }

    /// What all programs together used on these CPUs since the machine started.
    fn of_cpus(cpus: &[usize]) -> Option<Self> {
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
        })
    }

    /// What was used since an earlier moment.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            user: self.user.saturating_sub(earlier.user),
            system: self.system.saturating_sub(earlier.system),
        }
    }
}

/// At most `most` of the items, evenly chosen, and how many each stands for.
fn spread<T: Copy>(items: &[T], most: usize) -> Vec<(T, f64)> {
    let chosen = items.len().min(most);
    let weight = items.len() as f64 / chosen.max(1) as f64;
    (0..chosen)
        .map(|i| (items[i * items.len() / chosen], weight))
        .collect()
}

/// CPU time of a process with all its threads, those that have ended included.
fn cpu_time(pid: Pid) -> Option<Duration> {
    Some(clock_getcpuclockid(pid).ok()?.now().ok()?.into())
}

fn ticks(ticks: u64) -> Duration {
    Duration::from_secs_f64(ticks as f64 / procfs::ticks_per_second() as f64)
}

fn pss_kib(pid: Pid) -> Option<f64> {
    let rollup = Process::new(pid.as_raw())
        .and_then(|process| process.smaps_rollup())
        .ok()?;
    let bytes = rollup
        .memory_map_rollup
        .0
        .first()?
        .extension
        .map
        .get("Pss")?;
    Some(*bytes as f64 / 1024.0)
}

fn duration(time: TimeVal) -> Duration {
    Duration::new(time.tv_sec() as u64, time.tv_usec() as u32 * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_selection_stands_for_all() {
        assert_eq!(spread(&[1, 2, 3], 5), [(1, 1.0), (2, 1.0), (3, 1.0)]);
        assert_eq!(spread(&[1, 2, 3, 4, 5, 6], 2), [(1, 3.0), (4, 3.0)]);
        assert!(spread::<u8>(&[], 2).is_empty());
    }

    #[test]
    fn this_process_costs_something() {
        let group = Group(getpgid(None).unwrap());
        let from = group.counters(None);
        let mut sum = 0_u64;
        while cpu_time(Pid::this()).unwrap() < Duration::from_millis(20) {
            sum = std::hint::black_box(sum + 1);
        }
        let to = group.counters(None);
        assert!(to.cpu > Duration::ZERO && to.cpu >= from.cpu);
        assert!(pss_kib(Pid::this()).unwrap() > 100.0);
    }
}
