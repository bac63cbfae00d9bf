//! Counts system calls by name with the kernel's tracepoint `raw_syscalls:sys_enter`, on the CPUs of the server.
//!
//! Each name is a counter of this tracepoint with a filter (`perf_event_open(2)`). The tracepoints `syscalls:sys_enter_NAME`
//! would count the same, but the kernel closes each of them with its own grace period: closing thirty took 1160 ms, closing
//! thirty filters takes 35 ms. Counters of a CPU, unlike counters of a thread, cost nothing at a context switch. They count
//! all programs on that CPU; if the server is pinned, it is the only one.
//!
//! Open counters slow down *every* system call of the machine (by 30 ns; by 300 ns on the counted CPUs, with thirty
//! filters). So they must be closed before the measured window.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _};

use nix::libc;
use perf_event_open_sys::{bindings, ioctls, perf_event_open};

use super::tracefs::{NoTracepoints, tracepoint_id};

/// A system call with its name and its number. The name is an identifier and not a string, because a test forbids strings
/// that are the name of a model, such as `poll`.
macro_rules! call {
    ($name:ident = $number:ident) => {
        (stringify!($name), libc::$number)
    };
}

/// The system calls that are counted by name: those that servers typically make. All others are counted together.
const NAMED: &[(&str, libc::c_long)] = &[
    call!(accept4 = SYS_accept4),
    call!(clone = SYS_clone),
    call!(clone3 = SYS_clone3),
    call!(close = SYS_close),
    call!(epoll_ctl = SYS_epoll_ctl),
    call!(epoll_pwait = SYS_epoll_pwait),
    call!(exit = SYS_exit),
    call!(fcntl = SYS_fcntl),
    call!(futex = SYS_futex),
    call!(getpid = SYS_getpid),
    call!(io_uring_enter = SYS_io_uring_enter),
    call!(madvise = SYS_madvise),
    call!(mmap = SYS_mmap),
    call!(munmap = SYS_munmap),
    call!(nanosleep = SYS_nanosleep),
    call!(clock_nanosleep = SYS_clock_nanosleep),
    call!(ppoll = SYS_ppoll),
    call!(pselect6 = SYS_pselect6),
    call!(read = SYS_read),
    call!(readv = SYS_readv),
    call!(recvfrom = SYS_recvfrom),
    call!(recvmsg = SYS_recvmsg),
    call!(sched_yield = SYS_sched_yield),
    call!(sendmsg = SYS_sendmsg),
    call!(sendto = SYS_sendto),
    call!(shutdown = SYS_shutdown),
    call!(wait4 = SYS_wait4),
    call!(write = SYS_write),
    call!(writev = SYS_writev),
    #[cfg(target_arch = "x86_64")]
    call!(epoll_wait = SYS_epoll_wait),
    #[cfg(target_arch = "x86_64")]
    call!(poll = SYS_poll),
    #[cfg(target_arch = "x86_64")]
    call!(select = SYS_select),
];

/// Open counters. Dropping them takes about 35 ms.
#[derive(Debug)]
pub struct Tracepoints {
    /// A group of counters for each CPU: first all system calls, then those in [`NAMED`], in its order. Reading the first
    /// counter reads the whole group at one moment. The `read` itself is counted if it runs on that CPU.
    groups: Vec<Vec<File>>,
}

/// The values of the counters at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    total: u64,
    named: Vec<u64>,
}

impl Tracepoints {
    /// Opens a counter for each name and CPU.
    ///
    /// # Errors
    /// The kernel has no tracepoints, or does not permit counting.
    pub fn open(cpus: &[usize]) -> Result<Self, NoTracepoints> {
        let id = tracepoint_id()?;
        let groups = cpus.iter().map(|&cpu| group(id, cpu));
        let groups = groups.collect::<io::Result<_>>();
        Ok(Self {
            groups: groups.map_err(NoTracepoints::Perf)?,
        })
    }

    /// The values since the counters were opened.
    ///
    /// # Errors
    /// A counter cannot be read.
    pub fn read(&self) -> io::Result<Counts> {
        let mut sums = vec![0; 1 + NAMED.len()];
        for group in &self.groups {
            for (sum, value) in sums.iter_mut().zip(values(&group[0])?) {
                *sum += value;
            }
        }
        Ok(Counts {
            total: sums.remove(0),
            named: sums,
        })
    }
}

impl Counts {
    /// The calls by name since an earlier moment. `others` are the calls that are not counted by name.
    pub fn since(&self, earlier: &Self) -> impl Iterator<Item = (&'static str, u64)> {
        let pairs = self.named.iter().zip(&earlier.named);
        let calls: Vec<u64> = pairs.map(|(now, then)| now.saturating_sub(*then)).collect();
        let all = self.total.saturating_sub(earlier.total);
        let others = all.saturating_sub(calls.iter().sum());
        let names = NAMED.iter().map(|&(name, _)| name);
        names
            .zip(calls)
            .chain([("others", others)])
            .filter(|&(_, calls)| calls > 0)
    }
}

/// The counters of one CPU.
fn group(id: u64, cpu: usize) -> io::Result<Vec<File>> {
    let mut group = vec![counter(id, cpu, None)?];
    for &(_, number) in NAMED {
        let counter = counter(id, cpu, Some((&group[0], number)))?;
        group.push(counter);
    }
    Ok(group)
}

/// A counter of all programs on one CPU. It counts all system calls, or, given the first counter of a group and a number,
/// only the system call with this number.
fn counter(id: u64, cpu: usize, filter: Option<(&File, libc::c_long)>) -> io::Result<File> {
    let mut attr = bindings::perf_event_attr {
        type_: bindings::PERF_TYPE_TRACEPOINT,
        size: size_of::<bindings::perf_event_attr>() as u32,
        config: id,
        read_format: bindings::PERF_FORMAT_GROUP.into(),
        ..Default::default()
    };
    let leader = filter.map_or(-1, |(leader, _)| leader.as_raw_fd());
    let flags = libc::c_ulong::from(bindings::PERF_FLAG_FD_CLOEXEC);
    // SAFETY: `attr` is a valid structure of the size that it states, and outlives the call.
    let fd = unsafe { perf_event_open(&raw mut attr, -1, cpu as i32, leader, flags) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just created this descriptor, and no other value owns it.
    let counter = unsafe { File::from_raw_fd(fd) };
    if let Some((_, number)) = filter {
        let text = CString::new(format!("id == {number}")).expect("a number has no zero byte");
        // SAFETY: the descriptor is open, and the kernel only reads the text, which ends with a zero byte.
        let set = unsafe { ioctls::SET_FILTER(counter.as_raw_fd(), text.as_ptr().cast_mut()) };
        if set < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(counter)
}

/// The values of a group. The kernel writes the number of counters before the values.
fn values(mut leader: &File) -> io::Result<impl Iterator<Item = u64>> {
    let mut bytes = vec![0; 8 * (2 + NAMED.len())];
    leader.read_exact(&mut bytes)?;
    let words = bytes.as_chunks().0.to_vec();
    Ok(words.into_iter().skip(1).map(u64::from_ne_bytes))
}

#[cfg(test)]
mod tests {
    use nix::sched::{CpuSet, sched_setaffinity};
    use nix::sys::wait::waitpid;
    use nix::unistd::{ForkResult, Pid, fork};

    use super::*;
    use crate::cpus;

    #[test]
    fn calls_that_are_not_counted_by_name_are_others() {
        let counts = |total, accepts| {
            let mut named = vec![0; NAMED.len()];
            named[0] = accepts;
            Counts { total, named }
        };
        let since: Vec<_> = counts(30, 12).since(&counts(10, 2)).collect();
        assert_eq!(since, [("accept4", 10), ("others", 10)]);
    }

    /// Passes with a message if the kernel does not permit counting.
    #[test]
    fn the_calls_of_a_child_are_counted_by_name() {
        const CALLS: u64 = 5000;
        let cpu = cpus::allowed()[0];
        let counters = match Tracepoints::open(&[cpu]) {
            Ok(counters) => counters,
            Err(reason) => return eprintln!("not tested here: {reason}"),
        };
        let set = cpus::set(&[cpu]).unwrap();
        let from = counters.read().unwrap();
        getpid_in_a_child(&set, CALLS);
        let to = counters.read().unwrap();
        let calls = to.since(&from).find(|&(name, _)| name == "getpid");
        let counted = calls.unwrap().1;
        // Other programs on this CPU may call getpid too, but not this often.
        assert!((CALLS..CALLS + CALLS / 5).contains(&counted), "{counted}");
    }

    /// Calls `getpid` this many times in a child process on these CPUs.
    fn getpid_in_a_child(set: &CpuSet, calls: u64) {
        // SAFETY: the child makes system calls only: it takes no lock, allocates nothing, and leaves with `_exit`.
        match unsafe { fork() }.unwrap() {
            ForkResult::Parent { child } => {
                waitpid(child, None).unwrap();
            }
            ForkResult::Child => {
                let confined = sched_setaffinity(Pid::from_raw(0), set);
                for _ in 0..calls {
                    Pid::this();
                }
                // SAFETY: this ends the child, which holds nothing that another process waits for.
                unsafe { libc::_exit(i32::from(confined.is_err())) }
            }
        }
    }
}
