//! The processes of a server, found by their process group: their cost between two moments, and the resources that they
//! hold.

use nix::unistd::Pid;
use record::sample::ServerCost;

use super::counters::Counters;
use super::members::Members;
use super::memory::{BeforeLoad, Resources, socket_memory};
use super::selection::{Selection, spread_processes};
use super::usage::stat;

/// Maximum number of processes whose memory is read, because the kernel walks all page tables of each of them.
const MOST_MEMORY: usize = 12;

/// The process group of one server, named by its leader.
#[derive(Clone, Copy, Debug)]
pub struct Group(pub Pid);

impl Group {
    /// All processes of the group.
    pub fn members(self) -> Members {
        Members::find(self.0)
    }

    /// The counters of these processes until now, and of the CPUs that the server is pinned to.
    pub fn counters(
        self,
        members: &Members,
        cpus: Option<&[usize]>,
        selection: Selection,
    ) -> Counters {
        Counters::read(members, cpus, selection)
    }

    /// The cost between two moments, with the memory that the kernel holds for the server beyond what it held before the
    /// load.
    pub fn cost(self, from: &Counters, to: &Counters, before: BeforeLoad) -> ServerCost {
        let run_queue = to.run_queue.zip(from.run_queue);
        let mut cost = ServerCost {
            window_s: (to.time - from.time).as_secs_f64(),
            // A child that is never reaped takes its CPU time with it, so the sum may shrink.
            cpu_s: to.cpu.saturating_sub(from.cpu).as_secs_f64(),
            voluntary: (to.voluntary - from.voluntary).max(0.0),
            involuntary: (to.involuntary - from.involuntary).max(0.0),
            run_queue_s: run_queue.map(|(to, from)| (to - from).max(0.0)),
            processes: to.processes,
            threads: to.threads.round() as usize,
            threads_read: to.threads_read_since(from),
            cpus: to.cpus,
            kernel_stacks_bytes: to.threads * before.kernel_stack_bytes,
            socket_memory_bytes: (socket_memory(before.network) - before.socket_memory_bytes)
                .max(0.0),
            ..ServerCost::default()
        };
        if let (Some(from), Some(to)) = (from.split, to.split) {
            let used = to.since(from);
            cost.user_s = Some(used.user.as_secs_f64());
            cost.system_s = Some(used.system.as_secs_f64());
        }
        if let (Some(from), Some(to)) = (from.cpu_usage, to.cpu_usage) {
            let used = to.since(from);
            cost.cpus_user_s = Some(used.user.as_secs_f64());
            cost.cpus_system_s = Some(used.system.as_secs_f64());
        }
        cost
    }

    /// Adds the resources that the processes hold now.
    pub fn add_resources(self, cost: &mut ServerCost) {
        for (pid, weight) in spread_processes(&self.members(), MOST_MEMORY) {
            if let Some(resources) = Resources::read(pid) {
                cost.pss_kib += weight * resources.pss_kib;
                cost.page_tables_bytes += weight * resources.page_tables_bytes;
                cost.descriptors += weight * resources.descriptors;
                cost.processes_read += 1;
            }
        }
    }

    /// True if a process of the group is still running. A zombie does not count.
    pub fn has_living(self) -> bool {
        let is_running = |pid: Pid| stat(pid).is_some_and(|stat| !"ZX".contains(stat.state));
        self.members().pids.into_iter().any(is_running)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use nix::unistd::getpgid;

    use super::super::namespace::NetNamespace;
    use super::super::usage::cpu_time;
    use super::*;

    fn own_group() -> Group {
        Group(getpgid(None).unwrap())
    }

    fn counters() -> Counters {
        // A long window and many busy clients: all threads of a test are sampled.
        let selection = Selection::affordable(Duration::MAX, usize::MAX);
        own_group().counters(&own_group().members(), None, selection)
    }

    #[test]
    fn this_process_costs_something() {
        let from = counters();
        let mut sum = 0_u64;
        while cpu_time(Pid::this()).unwrap() < Duration::from_millis(20) {
            sum = std::hint::black_box(sum + 1);
        }
        let to = counters();
        assert!(to.cpu > Duration::ZERO && to.cpu >= from.cpu);
        let before = BeforeLoad::now(NetNamespace::Own);
        let mut cost = own_group().cost(&from, &to, before);
        assert_eq!(cost.processes_read, 0);
        own_group().add_resources(&mut cost);
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
    fn a_thread_that_waits_switches_voluntarily() {
        let from = counters();
        let (ask, questions) = std::sync::mpsc::channel::<()>();
        let (answer, answers) = std::sync::mpsc::channel();
        let other = std::thread::spawn(move || {
            for () in questions {
                answer.send(()).unwrap();
            }
        });
        for _ in 0..200 {
            ask.send(()).unwrap();
            answers.recv().unwrap();
        }
        let before = BeforeLoad::now(NetNamespace::Own);
        let cost = own_group().cost(&from, &counters(), before);
        drop(ask);
        other.join().unwrap();
        assert!(cost.voluntary > 0.0, "{cost:?}");
        assert!(cost.threads >= 2, "{cost:?}");
    }
}
