//! What /proc shows about the processes of a server, and waiting with a deadline.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::{Pid, getpgid};
use procfs::process::{Process, Stat};

/// Pause between two looks. It only limits the cost of looking.
pub const PAUSE: Duration = Duration::from_millis(1);

/// Waits for at most `limit` until the condition is true. Returns false if it stayed false.
pub fn within(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while !condition() {
        if begun.elapsed() > limit {
            return false;
        }
        thread::sleep(PAUSE);
    }
    true
}

/// A time in words: `10 s`, `0.5 s`.
pub fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let digits = usize::from(seconds < 10.0 && seconds.fract() > 0.05);
    format!("{seconds:.digits$} s")
}

/// All processes of a process group, with zombies.
pub struct Group(pub i32);

/// What a server does.
pub struct Activity {
    /// True if no thread runs or is ready to run.
    pub at_rest: bool,
    /// CPU time used up to now.
    pub cpu_time: Duration,
}

/// The resources of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holdings {
    pub descriptors: usize,
    pub threads: usize,
    pub processes: usize,
}

impl Holdings {
    /// True if no resource is more than in `other`.
    pub const fn is_within(self, other: Self) -> bool {
        self.descriptors <= other.descriptors
            && self.threads <= other.threads
            && self.processes <= other.processes
    }
}

impl Holdings {
    /// What is more in `later`, in words: `37 descriptors instead of 7`.
    pub fn compared_with(self, later: Self) -> String {
        let kinds = [
            ("descriptors", self.descriptors, later.descriptors),
            ("threads", self.threads, later.threads),
            ("processes", self.processes, later.processes),
        ];
        let more = kinds.iter().filter(|(_, before, after)| after > before);
        let words = more.map(|(kind, before, after)| format!("{after} {kind} instead of {before}"));
        words.collect::<Vec<_>>().join(", ")
    }
}

impl Group {
    pub fn holdings(&self) -> Holdings {
        let all = self.processes();
        Holdings {
            descriptors: all
                .iter()
                .filter_map(|(process, _)| process.fd_count().ok())
                .sum(),
            threads: all.iter().map(|(_, stat)| stat.num_threads as usize).sum(),
            processes: all.len(),
        }
    }

    /// The largest number of descriptors that one of the processes has open.
    pub fn descriptors_of_one(&self) -> usize {
        let all = self.processes().into_iter();
        let open = all.filter_map(|(process, _)| process.fd_count().ok());
        open.max().unwrap_or(0)
    }

    /// Number of processes that have ended and that no process has waited for.
    pub fn zombies(&self) -> usize {
        let all = self.processes();
        all.iter().filter(|process| has_ended(process)).count()
    }

    /// The ids of the processes that have not ended, without the leader of the group.
    pub fn children(&self) -> Vec<Pid> {
        let others = self.living().into_iter();
        others.filter(|pid| pid.as_raw() != self.0).collect()
    }

    /// The number of open files of each process, without the leader of the group. Unlike the count that the kernel keeps, it does
    /// not contain the number that a blocking `accept` reserves for a client that has not come.
    pub fn descriptors_of_children(&self) -> BTreeMap<Pid, usize> {
        let others = self.processes().into_iter();
        let others = others.filter(|(process, _)| process.pid != self.0);
        let open = |(process, stat): (Process, Stat)| {
            let descriptors = process.fd().ok()?.count();
            Some((Pid::from_raw(stat.pid), descriptors))
        };
        others.filter_map(open).collect()
    }

    /// The ids of the processes that have not ended.
    pub fn living(&self) -> Vec<Pid> {
        let all = self.processes().into_iter();
        let living = all.filter(|process| !has_ended(process));
        living.map(|(_, stat)| Pid::from_raw(stat.pid)).collect()
    }

    /// True if `SIGSTOP` has stopped every thread.
    pub fn is_frozen(&self) -> bool {
        all_threads(&self.processes(), |state| matches!(state, 'T' | 'Z'))
    }

    /// True if `SIGSTOP` has stopped every thread of every process but the first.
    pub fn children_are_frozen(&self) -> bool {
        let mut children = self.processes();
        children.retain(|(process, _)| process.pid != self.0);
        all_threads(&children, |state| matches!(state, 'T' | 'Z'))
    }

    /// True if no thread runs or is ready to run.
    pub fn is_at_rest(&self) -> bool {
        self.activity().at_rest
    }

    /// What the server does now, from one look at all processes.
    pub fn activity(&self) -> Activity {
        let all = self.processes();
        Activity {
            at_rest: all_threads(&all, |state| state != 'R'),
            cpu_time: cpu_time(&all),
        }
    }

    /// Bytes of RAM that the server has allocated. Each page counts once, however many of its processes share it:
    /// proportional shares of anonymous and of shared memory (`Pss_Anon` and `Pss_Shmem` in proc_pid_smaps(5)).
    ///
    /// Resident sizes would count inherited pages in every child, so a child that wakes up would look like one that
    /// allocates. Proportional shares of all pages (`Pss`) would include the program's code, which the servers of other
    /// tests share: they grow when one of these ends.
    pub fn memory(&self) -> u64 {
        let all = self.processes();
        let maps = all
            .iter()
            .filter_map(|(process, _)| process.smaps_rollup().ok());
        let sizes = maps.flat_map(|maps| maps.memory_map_rollup.0);
        let allocated = sizes.flat_map(|map| {
            ["Pss_Anon", "Pss_Shmem"].map(|kind| {
                let size = map.extension.map.get(kind);
                *size.expect("Linux 5.9 and later show proportional shares by kind")
            })
        });
        allocated.sum()
    }

    /// CPU time used up to now, with that of children that have ended.
    pub fn cpu_time(&self) -> Duration {
        self.activity().cpu_time
    }

    /// The processes of the group. The suite looks often, so getpgid(2) selects them: to read the files of all processes of the
    /// machine would cost more than the cases themselves.
    fn processes(&self) -> Vec<(Process, Stat)> {
        let entries = fs::read_dir("/proc").expect("Linux has /proc").flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let group = Pid::from_raw(self.0);
        let members = pids.filter(|&pid| getpgid(Some(Pid::from_raw(pid))) == Ok(group));
        let with_stat = members.filter_map(|pid| {
            let process = Process::new(pid).ok()?;
            let stat = process.stat().ok()?;
            Some((process, stat))
        });
        with_stat.filter(|(_, stat)| stat.pgrp == self.0).collect()
    }
}

/// True if the process is a zombie, or gone. The first thread of a process may have ended while others still run: then its
/// state is that of a zombie, but it is none.
fn has_ended(process: &(Process, Stat)) -> bool {
    matches!(process.1.state, 'Z' | 'X')
        && all_threads(std::slice::from_ref(process), |state| {
            matches!(state, 'Z' | 'X')
        })
}

fn all_threads(processes: &[(Process, Stat)], condition: impl Fn(char) -> bool) -> bool {
    let mut tasks = processes
        .iter()
        .filter_map(|(process, _)| process.tasks().ok())
        .flatten()
        .flatten();
    tasks.all(|task| task.stat().is_ok_and(|stat| condition(stat.state)))
}

fn cpu_time(processes: &[(Process, Stat)]) -> Duration {
    let used = |stat: &Stat| (stat.utime + stat.stime).cast_signed() + stat.cutime + stat.cstime;
    let ticks: i64 = processes.iter().map(|(_, stat)| used(stat)).sum();
    Duration::from_secs_f64(ticks as f64 / procfs::ticks_per_second() as f64)
}
