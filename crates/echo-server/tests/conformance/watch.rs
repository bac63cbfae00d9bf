//! What /proc says about the processes of a server.

use std::thread;
use std::time::{Duration, Instant};

use procfs::process::{Process, Stat, all_processes};

use crate::client::DEADLINE;

/// How long to wait before looking again; nothing depends on it but the load of looking.
const AGAIN: Duration = Duration::from_millis(1);

/// Waits until `what` is so; panics with its name when it never comes.
pub fn until(what: &str, is_so: impl FnMut() -> bool) {
    assert!(within(DEADLINE, is_so), "waited in vain until {what}");
}

/// Waits until it is so, for that long at most; whether it came.
pub fn within(limit: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while !is_so() {
        if begun.elapsed() > limit {
            return false;
        }
        thread::sleep(AGAIN);
    }
    true
}

/// All processes of a process group, zombies included.
pub struct Group(pub i32);

/// What a server holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holdings {
    pub descriptors: usize,
    pub threads: usize,
    pub processes: usize,
}

impl Holdings {
    /// Whether there is no more of anything than in `other`.
    pub const fn is_within(self, other: Self) -> bool {
        self.descriptors <= other.descriptors
            && self.threads <= other.threads
            && self.processes <= other.processes
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

    /// Processes that have ended and were not waited for.
    pub fn zombies(&self) -> usize {
        let all = self.processes();
        all.iter().filter(|(_, stat)| stat.state == 'Z').count()
    }

    /// Whether `SIGSTOP` has reached every thread.
    pub fn is_frozen(&self) -> bool {
        self.threads_are(|state| matches!(state, 'T' | 'Z'))
    }

    /// Whether no thread runs or is ready to run.
    pub fn is_at_rest(&self) -> bool {
        self.threads_are(|state| state != 'R')
    }

    fn threads_are(&self, so: impl Fn(char) -> bool) -> bool {
        let all = self.processes();
        let mut tasks = all
            .iter()
            .filter_map(|(process, _)| process.tasks().ok())
            .flatten()
            .flatten();
        tasks.all(|task| task.stat().is_ok_and(|stat| so(stat.state)))
    }

    /// Bytes of memory in RAM that the server has made for itself, each page counted once however many of its processes
    /// have it: proportional shares of anonymous and of shared memory (`Pss_Anon` and `Pss_Shmem` in proc_pid_smaps(5)).
    ///
    /// Resident sizes count what a child has inherited once more in each, so that one that wakes up looks like one that
    /// hoards. Whole proportional shares (`Pss`) have the program's pages in them, which are shared with the servers
    /// of other tests: they grow when one of those ends.
    pub fn memory(&self) -> u64 {
        let all = self.processes();
        let maps = all
            .iter()
            .filter_map(|(process, _)| process.smaps_rollup().ok());
        let sizes = maps.flat_map(|maps| maps.memory_map_rollup.0);
        let own = sizes.flat_map(|map| {
            ["Pss_Anon", "Pss_Shmem"].map(|kind| {
                let size = map.extension.map.get(kind);
                *size.expect("Linux 5.9 and later tell proportional shares by kind")
            })
        });
        own.sum()
    }

    /// CPU time spent up to now, by children that have ended too.
    pub fn cpu_time(&self) -> Duration {
        let all = self.processes();
        let spent =
            |stat: &Stat| (stat.utime + stat.stime).cast_signed() + stat.cutime + stat.cstime;
        let ticks: i64 = all.iter().map(|(_, stat)| spent(stat)).sum();
        Duration::from_secs_f64(ticks as f64 / procfs::ticks_per_second() as f64)
    }

    fn processes(&self) -> Vec<(Process, Stat)> {
        let all = all_processes().expect("/proc is there").flatten();
        let with_stat = all.filter_map(|process| process.stat().ok().map(|stat| (process, stat)));
        with_stat.filter(|(_, stat)| stat.pgrp == self.0).collect()
    }
}
