//! The cost of a server: CPU time, context switches, memory and descriptors of all its processes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The cost of a server, all its processes and threads together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ServerCost {
    /// Length of the sampled part of the measured window, in seconds. The next six fields are differences over it.
    pub window_s: f64,
    /// CPU time in seconds: all processes, alive and reaped, with all their threads, alive and ended.
    pub cpu_s: f64,
    /// User time, a part of `cpu_s`, in seconds, to 10 ms. Absent if the server has several processes; see
    /// [`cpus_user_s`](Self::cpus_user_s) then.
    pub user_s: Option<f64>,
    /// System time, likewise.
    pub system_s: Option<f64>,
    /// Voluntary context switches (a thread waits) of the threads alive at the end of the window, scaled up if only some
    /// were sampled. Switches of threads that ended in the window are lost; [`life_voluntary`](Self::life_voluntary) has
    /// them.
    pub voluntary: f64,
    /// Involuntary context switches (a thread is preempted), likewise.
    pub involuntary: f64,
    /// Time that threads were ready to run but had no CPU, in seconds, sum over all threads, likewise. Absent if the kernel
    /// does not record it (`CONFIG_SCHED_INFO`).
    pub run_queue_s: Option<f64>,
    /// Processes alive at the end of the window.
    pub processes: usize,
    /// Threads of all processes at the end of the window.
    pub threads: usize,
    /// Number of threads whose context switches and run-queue delay were sampled. The others are assumed to be like them.
    pub threads_read: usize,
    /// Memory of all processes in KiB. A shared page counts in equal parts for all processes that share it (PSS).
    pub pss_kib: f64,
    /// Page tables of all processes, in bytes (`VmPTE`). Processes do not share page tables.
    pub page_tables_bytes: f64,
    /// Kernel stacks of all threads, in bytes.
    pub kernel_stacks_bytes: f64,
    /// Growth of the kernel's TCP buffers since before the load, in bytes, of all programs. On loopback these are both ends,
    /// the server's and the generator's. The precision is 1 MiB per CPU.
    pub socket_memory_bytes: f64,
    /// Open file descriptors of all processes.
    pub descriptors: f64,
    /// Number of processes whose memory and descriptors were sampled. The others are assumed to be like them.
    pub processes_read: usize,
    /// CPU time of the harness for sampling in the measured window, in seconds. If it ran on a CPU of the server, the server
    /// lost this time.
    pub sampler_cpu_s: f64,
    /// Number of CPUs that the server was pinned to; 0 if it was not pinned.
    pub cpus: usize,
    /// User time of all programs on the CPUs of the server in the window; absent if the server is not pinned.
    pub cpus_user_s: Option<f64>,
    /// System time of all programs on the CPUs of the server in the window; absent if the server is not pinned.
    pub cpus_system_s: Option<f64>,
    /// User time over the whole life of the server, in seconds, of all reaped processes.
    pub life_user_s: f64,
    /// System time over the whole life of the server, in seconds, of all reaped processes.
    pub life_system_s: f64,
    /// Voluntary context switches over the whole life of the server, ended threads included.
    pub life_voluntary: u64,
    /// Involuntary context switches over the whole life of the server, ended threads included.
    pub life_involuntary: u64,
    /// Requests answered over the whole life of the server, warm-up included. 0 in older rows, and if the other `life_`
    /// fields are incomplete because the server was killed before it could wait for its child processes.
    pub life_requests: u64,
}

impl ServerCost {
    /// The cost of sampling as a share of the server's CPU time; `None` if the server used none.
    pub fn sampler_share(&self) -> Option<f64> {
        (self.cpu_s > 0.0).then(|| self.sampler_cpu_s / self.cpu_s)
    }

    /// The share of the server's CPUs that other programs used; `None` if the server was not pinned.
    ///
    /// The kernel samples the time of its CPUs 100 times a second. So the share is coarse, and slightly below 0 if there
    /// were no other programs.
    pub fn foreign_share(&self) -> Option<f64> {
        let used = self.cpus_user_s? + self.cpus_system_s?;
        let available = self.window_s * self.cpus as f64;
        (available > 0.0).then(|| (used - self.cpu_s) / available)
    }

    /// True if every thread was sampled.
    pub const fn all_threads_read(&self) -> bool {
        self.threads_read >= self.threads
    }

    /// True if a sample of the threads (or processes) is representative: at most one thread per busy client, and an
    /// acceptor. If most threads are idle, a small sample is not representative.
    pub const fn are_alike(threads: usize, busy: usize) -> bool {
        threads <= busy.saturating_add(1)
    }

    /// User time as a share of CPU time, if it is known.
    ///
    /// The kernel samples the split into user and system time 100 times a second. It counts all time of a process as user
    /// time if no sample fell into the kernel. Over the life of one process this evens out. For many short-lived or idle
    /// children it does not, so their split is taken from the CPUs that only they use.
    pub fn user_share(&self) -> Option<f64> {
        let (user, system) = match self.processes {
            0 | 1 => (self.life_user_s, self.life_system_s),
            _ => (self.cpus_user_s?, self.cpus_system_s?),
        };
        (user + system > 0.0).then(|| user / (user + system))
    }
}
