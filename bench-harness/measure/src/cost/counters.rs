//! Reads the counters of a server at one moment: CPU time, context switches, time in the run queue.
//!
//! CPU time needs one system call per process and is exact to the nanosecond. The times in `/proc/PID/stat` are rounded down to 10 ms
//! *for each process*, so a server with a thousand children would seem to use no CPU. Switches and the run queue need files of each
//! thread. If there are many threads, an even sample of them is read and scaled up, and the row says how many were read.

use std::fs;
use std::time::{Duration, Instant};

use nix::unistd::Pid;
use procfs::process::Stat;
use record::slice::SliceCost;

use super::members::{Members, numbers_in};
use super::selection::{Selection, spread, spread_processes};
use super::usage::{Usage, cpu_time, reaped, split, stat};

/// Counters at one moment. They only grow.
#[derive(Clone, Debug)]
pub struct Counters {
    pub(super) time: Instant,
    pub(super) processes: usize,
    selection: Selection,
    pub(super) cpu: Duration,
    /// User and system time, if the server has only one process.
    pub(super) split: Option<Usage>,
    pub(super) voluntary: f64,
    pub(super) involuntary: f64,
    /// Time in the run queue in seconds, if the kernel records it.
    pub(super) run_queue: Option<f64>,
    pub(super) threads: f64,
    threads_read: usize,
    pub(super) cpus: usize,
    /// Usage of the server's CPUs, if it is pinned.
    pub(super) cpu_usage: Option<Usage>,
}

impl Counters {
    /// The counters of these processes, and of the CPUs that the server is pinned to.
    pub(super) fn read(members: &Members, cpus: Option<&[usize]>, selection: Selection) -> Self {
        let time = Instant::now();
        let pids = &members.pids[..];
        let alive: Duration = pids.iter().filter_map(|&pid| cpu_time(pid)).sum();
        let leader = stat(members.leader);
        let mut counters = Self {
            time,
            cpu: alive + leader.as_ref().map_or(Duration::ZERO, reaped),
            // The kernel rounds these times to 10 ms per process. That is tolerable for one process, but not for a hundred.
            split: leader.as_ref().filter(|_| pids.len() == 1).map(split),
            voluntary: 0.0,
            involuntary: 0.0,
            run_queue: None,
            processes: pids.len(),
            selection,
            threads: 0.0,
            threads_read: 0,
            cpus: cpus.map_or(0, <[usize]>::len),
            cpu_usage: cpus.and_then(Usage::of_cpus),
        };
        let threads = |stat: &Stat| stat.num_threads.max(0) as usize;
        let leader_threads = leader.as_ref().map_or(0, threads);
        for (pid, weight) in spread_processes(members, selection.most) {
            let threads = if pid == members.leader {
                leader_threads
            } else {
                stat(pid).as_ref().map_or(0, threads)
            };
            counters.add_process(pid, threads, weight);
        }
        counters
    }

    /// The cost of a slice between an earlier moment and this one: all but the window.
    pub fn cost_since(&self, from: &Self) -> SliceCost {
        let run_queue = self.run_queue.zip(from.run_queue);
        // A child that is never reaped takes its CPU time with it, so the sum may shrink.
        let cpu = self.cpu.saturating_sub(from.cpu);
        let on_cpus = self.cpu_usage.zip(from.cpu_usage).map(|(to, from)| {
            let used = to.since(from);
            (used.user + used.system).saturating_sub(cpu)
        });
        SliceCost {
            whole_cpu_s: Some(cpu.as_secs_f64()),
            whole_s: (self.time - from.time).as_secs_f64(),
            voluntary: (self.voluntary - from.voluntary).max(0.0),
            involuntary: (self.involuntary - from.involuntary).max(0.0),
            run_queue_s: run_queue.map(|(to, from)| (to - from).max(0.0)),
            processes: self.processes,
            threads: self.threads.round() as usize,
            threads_read: self.threads_read_since(from),
            cpus: self.cpus,
            foreign_s: on_cpus.map(|foreign| foreign.as_secs_f64()),
            ..SliceCost::default()
        }
    }

    /// Number of threads that were sampled now and at an earlier moment. Less than all if some threads existed then but were
    /// not sampled then.
    pub(super) fn threads_read_since(&self, from: &Self) -> usize {
        let all = self.threads.round() as usize;
        let had_all = from.threads_read as f64 >= from.threads;
        self.threads_read
            .min(if had_all { all } else { all.saturating_sub(1) })
    }

    /// Adds a process that stands for `weight` processes. Its threads are read only if the selection represents them;
    /// listing the threads of a process takes long.
    fn add_process(&mut self, pid: Pid, threads: usize, weight: f64) {
        self.threads += weight * threads as f64;
        let selection = self.selection;
        if !selection.represents(self.processes) || !selection.represents(threads) {
            return;
        }
        let folder = format!("/proc/{pid}/task");
        for (tid, thread_weight) in spread(&numbers_in(&folder), selection.most) {
            let read = |file: &str| fs::read_to_string(format!("{folder}/{tid}/{file}")).ok();
            if let Some(status) = read("status") {
                let schedstat = read("schedstat");
                self.add_thread(&status, schedstat.as_deref(), weight * thread_weight);
            }
        }
    }

    /// Adds a thread that stands for `weight` threads. A thread that has ended is missing: of its counters, only CPU time
    /// remains.
    ///
    /// `procfs` would parse all sixty fields of these files, which took half of the sampler's time.
    fn add_thread(&mut self, status: &str, schedstat: Option<&str>, weight: f64) {
        self.voluntary += weight * switches(status, "voluntary_ctxt_switches:");
        self.involuntary += weight * switches(status, "nonvoluntary_ctxt_switches:");
        self.threads_read += 1;
        if let Some(delay) = schedstat.and_then(run_queue_delay) {
            *self.run_queue.get_or_insert(0.0) += weight * delay.as_secs_f64();
        }
    }
}

/// A number in `/proc/PID/task/TID/status`. The context switches are its last lines, so the search begins at the end.
fn switches(status: &str, name: &str) -> f64 {
    let mut lines = status.lines().rev();
    let line = lines.find_map(|line| line.strip_prefix(name));
    line.and_then(|value| value.trim().parse().ok())
        .unwrap_or(0.0)
}

/// The second field of `schedstat`, in nanoseconds (Documentation/scheduler/sched-stats.rst in the kernel).
fn run_queue_delay(schedstat: &str) -> Option<Duration> {
    let nanos = schedstat.split_whitespace().nth(1)?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use nix::unistd::getpgid;

    use super::*;

    fn counters() -> Counters {
        let members = Members::find(getpgid(None).unwrap());
        // A long window and many busy clients: all threads of a test are sampled.
        let selection = Selection::affordable(Duration::MAX, usize::MAX);
        Counters::read(&members, None, selection)
    }

    #[test]
    fn threads_that_were_not_sampled_at_first_are_not_counted_as_read() {
        let with = |threads_read, threads| Counters {
            threads,
            threads_read,
            ..counters()
        };
        assert_eq!(with(3, 3.0).threads_read_since(&with(3, 3.0)), 3);
        assert_eq!(with(3, 3.0).threads_read_since(&with(4, 10.0)), 2);
        assert_eq!(with(4, 10.0).threads_read_since(&with(3, 3.0)), 4);
    }

    #[test]
    fn switches_and_delay_are_read_from_the_files_of_a_thread() {
        let status = "Name:\techolab\nThreads:\t1\nvoluntary_ctxt_switches:\t31\nnonvoluntary_ctxt_switches:\t4\n";
        assert_eq!(switches(status, "voluntary_ctxt_switches:") as u64, 31);
        assert_eq!(switches(status, "nonvoluntary_ctxt_switches:") as u64, 4);
        assert_eq!(switches("", "voluntary_ctxt_switches:") as u64, 0);
        let delay = Some(Duration::from_nanos(5678));
        assert_eq!(run_queue_delay("1234 5678 9\n"), delay);
        assert_eq!(run_queue_delay("1 many 2"), None);
    }

    #[test]
    fn the_delay_in_the_run_queue_is_known_if_the_kernel_records_it() {
        let is_recorded = fs::exists("/proc/self/schedstat").unwrap();
        assert_eq!(counters().run_queue.is_some(), is_recorded);
    }
}
