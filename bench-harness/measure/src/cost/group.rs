//! The processes of a server, found by their group: CPU time, switches, time in the run queue, and what they hold.
//!
//! Asking must not disturb what is measured. CPU time is one system call a process and exact to the nanosecond (the
//! figures in `/proc/PID/stat` are rounded down to a hundredth of a second *for each process*, so that a thousand
//! children would look free). What means opening a file for each thread or process is read of an even selection
//! where there are many, and scaled up; the row says of how many.

use std::fs;
use std::time::{Duration, Instant};

use nix::unistd::Pid;
use procfs::FromRead as _;
use procfs::process::Stat;
use record::sample::ServerCost;

use super::members::{Members, numbers_in};
use super::memory::{Before, Held, socket_memory};
use super::selection::{Selection, spread};
use super::usage::{Usage, cpu_time, reaped, split};

/// Processes of which memory is read; the kernel walks all their page tables for it.
const MOST_MEMORY: usize = 12;

/// The processes of one server, found by their process group.
#[derive(Clone, Copy, Debug)]
pub struct Group(pub Pid);

/// Counters that only grow, at one moment.
#[derive(Clone, Debug)]
pub struct Counters {
    at: Instant,
    processes: usize,
    selection: Selection,
    cpu: Duration,
    /// User and kernel time of the only process, where there is only one.
    split: Option<Usage>,
    voluntary: f64,
    involuntary: f64,
    /// Time in the run queue in seconds, where the kernel says it.
    run_queue: Option<f64>,
    threads: f64,
    threads_read: usize,
    cpus: usize,
    of_cpus: Option<Usage>,
}

impl Group {
    /// What these processes of the group have used until now, and the CPUs to which the server is confined, if it is.
    pub fn counters(
        self,
        members: &Members,
        cpus: Option<&[usize]>,
        selection: Selection,
    ) -> Counters {
        let at = Instant::now();
        let members = &members.pids[..];
        let alive: Duration = members.iter().filter_map(|&pid| cpu_time(pid)).sum();
        let leader = stat(self.0);
        let mut counters = Counters {
            at,
            cpu: alive + leader.as_ref().map_or(Duration::ZERO, reaped),
            // The kernel rounds both to a hundredth of a second for each process, which one can bear and a hundred cannot.
            split: leader.as_ref().filter(|_| members.len() == 1).map(split),
            voluntary: 0.0,
            involuntary: 0.0,
            run_queue: None,
            processes: members.len(),
            selection,
            threads: 0.0,
            threads_read: 0,
            cpus: cpus.map_or(0, <[usize]>::len),
            of_cpus: cpus.and_then(Usage::of_cpus),
        };
        let threads = |stat: &Stat| stat.num_threads.max(0) as usize;
        let of_leader = leader.as_ref().map_or(0, threads);
        for (pid, weight) in self.select(members, selection.most) {
            let threads = if pid == self.0 {
                of_leader
            } else {
                stat(pid).as_ref().map_or(0, threads)
            };
            counters.add_process(pid, threads, weight);
        }
        counters
    }

    /// The cost between two moments, and what the kernel holds for the server now that it did not hold `before` the clients came.
    pub fn cost(self, from: &Counters, to: &Counters, before: Before) -> ServerCost {
        let mut cost = ServerCost {
            window_s: (to.at - from.at).as_secs_f64(),
            // Children that nobody reaps take their counters with them.
            cpu_s: to.cpu.saturating_sub(from.cpu).as_secs_f64(),
            voluntary: (to.voluntary - from.voluntary).max(0.0),
            involuntary: (to.involuntary - from.involuntary).max(0.0),
            run_queue_s: to
                .run_queue
                .zip(from.run_queue)
                .map(|(to, from)| (to - from).max(0.0)),
            processes: to.processes,
            threads: to.threads.round() as usize,
            threads_read: to.read_since(from),
            cpus: to.cpus,
            kernel_stacks_bytes: to.threads * before.kernel_stack_bytes,
            socket_memory_bytes: (socket_memory() - before.socket_memory_bytes).max(0.0),
            ..ServerCost::default()
        };
        if let (Some(from), Some(to)) = (from.split, to.split) {
            let used = to.since(from);
            cost.user_s = Some(used.user.as_secs_f64());
            cost.system_s = Some(used.system.as_secs_f64());
        }
        if let (Some(from), Some(to)) = (from.of_cpus, to.of_cpus) {
            let used = to.since(from);
            cost.cpus_user_s = Some(used.user.as_secs_f64());
            cost.cpus_system_s = Some(used.system.as_secs_f64());
        }
        cost
    }

    /// Adds what the processes hold now.
    pub fn add_held(self, cost: &mut ServerCost) {
        for (pid, weight) in self.select(&self.members().pids, MOST_MEMORY) {
            if let Some(held) = Held::by(pid) {
                cost.pss_kib += weight * held.pss_kib;
                cost.page_tables_bytes += weight * held.page_tables_bytes;
                cost.descriptors += weight * held.descriptors;
                cost.processes_read += 1;
            }
        }
    }

    /// Whether a process of the group still runs; one that has ended and waits for its parent does not.
    pub fn has_living(self) -> bool {
        let runs = |pid: Pid| stat(pid).is_some_and(|stat| !"ZX".contains(stat.state));
        self.members().pids.into_iter().any(runs)
    }

    /// All processes of the group.
    pub fn members(self) -> Members {
        Members::of(self)
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
    /// A selection of threads that have nothing to do would say nothing, and listing them takes long.
    fn add_process(&mut self, pid: Pid, threads: usize, weight: f64) {
        self.threads += weight * threads as f64;
        if !self.selection.stands_for(self.processes) || !self.selection.stands_for(threads) {
            return;
        }
        let folder = format!("/proc/{pid}/task");
        for (tid, of_these) in spread(&numbers_in(&folder), self.selection.most) {
            let read = |file: &str| fs::read_to_string(format!("{folder}/{tid}/{file}"));
            if let Ok(status) = read("status") {
                self.add_thread(
                    &status,
                    read("schedstat").ok().as_deref(),
                    weight * of_these,
                );
            }
        }
    }

    /// How many threads were asked, at both moments. Not all, if some were there at the first that nobody asked then.
    fn read_since(&self, from: &Self) -> usize {
        let all = self.threads.round() as usize;
        let whole = from.threads_read as f64 >= from.threads;
        self.threads_read
            .min(if whole { all } else { all.saturating_sub(1) })
    }

    /// A thread that has ended takes its switches and its delay with it; only CPU time survives it.
    ///
    /// `procfs` would read these files too, all sixty fields of them, which took half of the sampler's time.
    fn add_thread(&mut self, status: &str, schedstat: Option<&str>, weight: f64) {
        self.voluntary += weight * switches(status, "voluntary_ctxt_switches:");
        self.involuntary += weight * switches(status, "nonvoluntary_ctxt_switches:");
        self.threads_read += 1;
        if let Some(delay) = schedstat.and_then(run_queue_delay) {
            *self.run_queue.get_or_insert(0.0) += weight * delay.as_secs_f64();
        }
    }
}

/// What the kernel says about a process. Without the file descriptor of its folder, which `Process` opens first.
fn stat(pid: Pid) -> Option<Stat> {
    Stat::from_file(format!("/proc/{pid}/stat")).ok()
}

/// A number of `/proc/PID/task/TID/status`; the two about switches are its last lines.
fn switches(status: &str, name: &str) -> f64 {
    let mut lines = status.lines().rev();
    let line = lines.find_map(|line| line.strip_prefix(name));
    line.and_then(|value| value.trim().parse().ok())
        .unwrap_or(0.0)
}

/// The second field of `schedstat`, nanoseconds (Documentation/scheduler/sched-stats.rst in the kernel).
fn run_queue_delay(schedstat: &str) -> Option<Duration> {
    let nanos = schedstat.split_whitespace().nth(1)?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use nix::unistd::getpgid;

    use super::*;

    /// In a window so long, with so many clients, all threads are asked that a test has.
    fn every() -> Selection {
        Selection::affordable(Duration::MAX, usize::MAX)
    }

    #[test]
    fn threads_that_were_not_asked_at_first_are_not_all_known() {
        let group = Group(getpgid(None).unwrap());
        let of = |threads_read, threads| Counters {
            threads,
            threads_read,
            ..group.counters(&group.members(), None, every())
        };
        assert_eq!(of(3, 3.0).read_since(&of(3, 3.0)), 3);
        assert_eq!(of(3, 3.0).read_since(&of(4, 10.0)), 2);
        assert_eq!(of(4, 10.0).read_since(&of(3, 3.0)), 4);
    }

    #[test]
    fn this_process_costs_something() {
        let group = Group(getpgid(None).unwrap());
        let from = group.counters(&group.members(), None, every());
        let mut sum = 0_u64;
        while cpu_time(Pid::this()).unwrap() < Duration::from_millis(20) {
            sum = std::hint::black_box(sum + 1);
        }
        let to = group.counters(&group.members(), None, every());
        assert!(to.cpu > Duration::ZERO && to.cpu >= from.cpu);
        let mut cost = group.cost(&from, &to, Before::now());
        assert_eq!(cost.processes_read, 0);
        group.add_held(&mut cost);
        assert!(cost.cpu_s > 0.0 && cost.pss_kib > 100.0, "{cost:?}");
        assert!(
            cost.page_tables_bytes > 0.0 && cost.kernel_stacks_bytes > 0.0,
            "{cost:?}"
        );
        assert!(
            cost.descriptors >= 3.0 && cost.processes_read >= 1,
            "{cost:?}"
        );
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
    fn a_thread_that_waits_switches_voluntarily() {
        let group = Group(getpgid(None).unwrap());
        let from = group.counters(&group.members(), None, every());
        let (ask, asked) = std::sync::mpsc::channel::<()>();
        let (answer, answered) = std::sync::mpsc::channel();
        let other = std::thread::spawn(move || {
            for () in asked {
                answer.send(()).unwrap();
            }
        });
        for _ in 0..200 {
            ask.send(()).unwrap();
            answered.recv().unwrap();
        }
        let cost = group.cost(
            &from,
            &group.counters(&group.members(), None, every()),
            Before::now(),
        );
        drop(ask);
        other.join().unwrap();
        assert!(cost.voluntary > 0.0, "{cost:?}");
        assert!(cost.threads >= 2, "{cost:?}");
    }

    #[test]
    fn the_delay_in_the_run_queue_is_said_where_the_kernel_says_it() {
        let group = Group(getpgid(None).unwrap());
        let said = std::fs::exists("/proc/self/schedstat").unwrap();
        assert_eq!(
            group
                .counters(&group.members(), None, every())
                .run_queue
                .is_some(),
            said
        );
    }
}
