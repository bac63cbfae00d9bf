//! What a server cost: CPU time, context switches, memory and descriptors of all its processes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a server cost with all its processes and threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ServerCost {
    /// Length of the sampled part of the steady state, in seconds. The next six are differences over it.
    pub window_s: f64,
    /// CPU time of all processes, alive and reaped, and all their threads, alive and ended, in seconds.
    pub cpu_s: f64,
    /// The part of it in the program, in seconds, to a hundredth; absent where the server is more than one process: see
    /// [`cpus_user_s`](Self::cpus_user_s) then.
    pub user_s: Option<f64>,
    /// The part of it in the kernel, in seconds, likewise.
    pub system_s: Option<f64>,
    /// Times that a thread gave up its CPU to wait: threads alive at the end of the window, scaled up where not all were asked. A
    /// thread that ended in it took its count along; [`life_voluntary`](Self::life_voluntary) has those too.
    pub voluntary: f64,
    /// Times that a thread lost its CPU to another, likewise.
    pub involuntary: f64,
    /// Time for which threads were ready to run and had no CPU, in seconds, all threads added up, likewise; absent where the
    /// kernel does not say (`CONFIG_SCHED_INFO`).
    pub run_queue_s: Option<f64>,
    /// Processes alive at the end of the window.
    pub processes: usize,
    /// Threads of all processes at the end of the window.
    pub threads: usize,
    /// How many of these threads were asked for their context switches and run-queue delay; the others are taken to be like them.
    pub threads_read: usize,
    /// Memory of all processes in KiB, shared pages divided among those that share them (PSS).
    pub pss_kib: f64,
    /// Page tables of all processes, in bytes (`VmPTE`); shared ones do not exist.
    pub page_tables_bytes: f64,
    /// Kernel stacks of all threads, in bytes.
    pub kernel_stacks_bytes: f64,
    /// Kernel buffers of TCP, in bytes, more than before the clients came. On loopback that is both ends, the server's and
    /// the generator's, and whatever other programs do; it is exact to a MiB for each CPU, no better.
    pub socket_memory_bytes: f64,
    /// Open descriptors of all processes.
    pub descriptors: f64,
    /// How many processes were asked for memory and descriptors; the others are taken to be like them.
    pub processes_read: usize,
    /// CPU time that asking for all this took within the measured window, in seconds, of the harness itself. Where it ran on
    /// a CPU of the server, that much was taken from the server.
    pub sampler_cpu_s: f64,
    /// CPUs that the server was confined to; 0 where it was not pinned.
    pub cpus: usize,
    /// CPU time in the program on the CPUs of the server during the window, of all programs; absent where it is not pinned.
    pub cpus_user_s: Option<f64>,
    /// The same in the kernel.
    pub cpus_system_s: Option<f64>,
    /// CPU time in the program over the whole life of the server, in seconds, of all reaped processes.
    pub life_user_s: f64,
    /// CPU time in the kernel over the whole life of the server, in seconds, of all reaped processes.
    pub life_system_s: f64,
    /// Times that a thread gave up its CPU to wait, over the whole life of the server, ended threads included.
    pub life_voluntary: u64,
    /// Times that a thread lost its CPU to another, likewise.
    pub life_involuntary: u64,
    /// Requests that it answered in that life, those of the warm-up included; 0 where the life of the whole server is not known, since
    /// it had several processes and was killed before it could wait for them, and in older rows.
    pub life_requests: u64,
}

impl ServerCost {
    /// What asking cost, as a share of what the server used in the same time; `None` where it used nothing.
    pub fn sampler_share(&self) -> Option<f64> {
        (self.cpu_s > 0.0).then(|| self.sampler_cpu_s / self.cpu_s)
    }

    /// The share of the server's CPUs that other programs used; `None` where it was not pinned. A hundred looks a second
    /// decide it, so that it is coarse, and slightly below 0 where nobody else was there.
    pub fn foreign_share(&self) -> Option<f64> {
        let used = self.cpus_user_s? + self.cpus_system_s?;
        let there = self.window_s * self.cpus as f64;
        (there > 0.0).then(|| (used - self.cpu_s) / there)
    }

    /// Whether every thread was asked.
    pub const fn all_threads_read(&self) -> bool {
        self.threads_read >= self.threads
    }

    /// Whether some of so many threads, or processes, stand for all where so many clients are busy: where each has a client to work
    /// for, but for one that accepts. Of a thousand, nine hundred of which have nobody to talk to, a few say nothing.
    pub const fn are_alike(threads: usize, busy: usize) -> bool {
        threads <= busy.saturating_add(1)
    }

    /// The part of CPU time spent in the program and not in the kernel, where it is known.
    ///
    /// The kernel samples it a hundred times a second, and calls all of it user time where a process ends before it was
    /// ever seen in the kernel. For one process that evens out over its life; for many short-lived or idle children it
    /// would be wrong, so that there it is taken from the CPUs that only they use.
    pub fn user_share(&self) -> Option<f64> {
        let (user, system) = match self.processes {
            0 | 1 => (self.life_user_s, self.life_system_s),
            _ => (self.cpus_user_s?, self.cpus_system_s?),
        };
        (user + system > 0.0).then(|| user / (user + system))
    }
}
