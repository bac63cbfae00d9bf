//! Counts system calls by name with the kernel's tracepoint `raw_syscalls:sys_enter`, on the CPUs of the server.
//!
//! Each name is one counter of this tracepoint with a filter (`perf_event_open(2)`). The tracepoints `syscalls:sys_enter_NAME`
//! would do the same, but each of them is taken away with a grace period of its own: closing thirty took 1160 ms where
//! thirty filters take 35 ms, and a trial has no second to give. Counters of a CPU cost nothing when threads
//! switch, unlike those of a thread; they count whatever runs there, which is the server alone where it is pinned.
//!
//! While counters are open, *every* system call of the machine is slower (30 ns; 300 ns on the counted CPUs, with thirty
//! filters), so that they must be closed before anything is measured.

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _};
use std::thread;

use nix::libc;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use perf_event_open_sys::{bindings, ioctls, perf_event_open};
use thiserror::Error;

/// Where the kernel shows its tracepoints; the second is the place of old kernels.
const TRACEFS: [&str; 2] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

/// A system call: its name, an identifier because models are called like some of them, and its number.
macro_rules! call {
    ($name:ident = $number:ident) => {
        (stringify!($name), libc::$number)
    };
}

/// System calls that servers are made of. What is called beside them is counted, but not by name.
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

/// Open counters, all of which count. Dropping them takes about 35 ms.
#[derive(Debug)]
pub struct Tracepoints {
    /// A group of counters for each CPU: first all system calls, then those in [`NAMED`], in its order. Reading the first
    /// of a group reads all of it, at one moment, with one system call, which is counted too where it is made on that CPU.
    groups: Vec<Vec<File>>,
}

/// What the counters said at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    total: u64,
    named: Vec<u64>,
}

/// Why system calls cannot be counted in this way.
#[derive(Debug, Error)]
pub enum NoTracepoints {
    /// There is no tracepoint.
    #[error(
        "the kernel's tracepoints are not there ({0}); as root, run `mount -t tracefs tracefs /sys/kernel/tracing`"
    )]
    Tracefs(io::Error),
    /// There are tracepoints, but not for this user.
    #[error(
        "the kernel's tracepoints may not be read ({0}); compare as root, or let your user read /sys/kernel/tracing/events/raw_syscalls"
    )]
    Closed(io::Error),
    /// It may not be counted.
    #[error(
        "perf_event_open is not permitted ({0}); as root, run `sysctl kernel.perf_event_paranoid=-1`, or give the program CAP_PERFMON"
    )]
    Perf(io::Error),
}

impl Tracepoints {
    /// Opens a counter for each name and CPU.
    ///
    /// # Errors
    /// The kernel has no tracepoints, or does not let this program count them.
    pub fn open(cpus: &[usize]) -> Result<Self, NoTracepoints> {
        let id = id().map_err(no_id)?;
        let groups = cpus.iter().map(|&cpu| group(id, cpu));
        Ok(Self {
            groups: groups
                .collect::<io::Result<_>>()
                .map_err(NoTracepoints::Perf)?,
        })
    }

    /// What has been counted since they were opened.
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
    /// The calls between an earlier moment and this one, by name; those without a name of their own are `others`.
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

fn no_id(error: io::Error) -> NoTracepoints {
    match error.kind() {
        io::ErrorKind::PermissionDenied => NoTracepoints::Closed(error),
        _ => NoTracepoints::Tracefs(error),
    }
}

/// The number of the tracepoint.
fn id() -> io::Result<u64> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for place in TRACEFS {
        match id_at(place) {
            Ok(id) => return Ok(id),
            // That it is there but closed says more than that it is not elsewhere.
            Err(error) if last.kind() == io::ErrorKind::NotFound => last = error,
            Err(_) => {}
        }
    }
    if last.kind() == io::ErrorKind::NotFound {
        // Why this fails too says less than that nothing is mounted.
        return id_of_private_mount().map_err(|_| last);
    }
    Err(last)
}

fn id_at(place: &str) -> io::Result<u64> {
    let text = fs::read_to_string(format!("{place}/events/raw_syscalls/sys_enter/id"))?;
    text.trim().parse().map_err(io::Error::other)
}

/// Where nobody has mounted tracefs, a thread of its own does, for itself alone: the mount ends with the thread. Only a
/// privileged user may.
fn id_of_private_mount() -> io::Result<u64> {
    let look = || {
        unshare(CloneFlags::CLONE_FS | CloneFlags::CLONE_NEWNS)?;
        let alone = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
        mount(None::<&str>, "/", None::<&str>, alone, None::<&str>)?;
        let (place, kind) = (TRACEFS[0], Some("tracefs"));
        mount(kind, place, kind, MsFlags::empty(), None::<&str>)?;
        id_at(place)
    };
    let looked = thread::spawn(look).join();
    looked.unwrap_or_else(|_| Err(io::Error::other("the thread that looked is gone")))
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

/// A counter of all programs on one CPU: of all system calls, or of one in the group of another counter.
fn counter(id: u64, cpu: usize, one: Option<(&File, libc::c_long)>) -> io::Result<File> {
    let mut attr = bindings::perf_event_attr {
        type_: bindings::PERF_TYPE_TRACEPOINT,
        size: size_of::<bindings::perf_event_attr>() as u32,
        config: id,
        read_format: bindings::PERF_FORMAT_GROUP.into(),
        ..Default::default()
    };
    let leader = one.map_or(-1, |(leader, _)| leader.as_raw_fd());
    let flags = libc::c_ulong::from(bindings::PERF_FLAG_FD_CLOEXEC);
    // SAFETY: `attr` is a valid structure of the size that it states, and outlives the call.
    let fd = unsafe { perf_event_open(&raw mut attr, -1, cpu as i32, leader, flags) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor, and nobody else knows it.
    let counter = unsafe { File::from_raw_fd(fd) };
    if let Some((_, number)) = one {
        let filter = CString::new(format!("id == {number}")).expect("a number has no zero byte");
        // SAFETY: the descriptor is open, and the kernel only reads the text, which ends with a zero byte.
        let set = unsafe { ioctls::SET_FILTER(counter.as_raw_fd(), filter.as_ptr().cast_mut()) };
        if set < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(counter)
}

/// What all counters of a group say: the kernel writes their number and then their values.
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
    fn calls_without_a_name_are_the_others() {
        let counted = |total, calls| {
            let mut named = vec![0; NAMED.len()];
            named[0] = calls;
            Counts { total, named }
        };
        let since: Vec<_> = counted(30, 12).since(&counted(10, 2)).collect();
        assert_eq!(since, [("accept4", 10), ("others", 10)]);
    }

    #[test]
    fn what_is_missing_comes_with_a_remedy() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let perf = NoTracepoints::Perf(denied()).to_string();
        assert!(
            perf.contains("sysctl kernel.perf_event_paranoid=-1"),
            "{perf}"
        );
        let closed = no_id(denied()).to_string();
        assert!(closed.contains("compare as root"), "{closed}");
        let missing = no_id(io::ErrorKind::NotFound.into()).to_string();
        assert!(missing.contains("mount -t tracefs"), "{missing}");
    }

    /// Says so and passes where the kernel does not let this user count.
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
        ask_in_a_child(&set, CALLS);
        let to = counters.read().unwrap();
        let calls = to.since(&from).find(|&(name, _)| name == "getpid");
        let counted = calls.unwrap().1;
        // Others on this CPU may ask who they are as well, but not that often.
        assert!((CALLS..CALLS + CALLS / 5).contains(&counted), "{counted}");
    }

    /// A child that asks so often who it is, on these CPUs.
    fn ask_in_a_child(set: &CpuSet, calls: u64) {
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
                // SAFETY: it ends this process, which shares nothing that others wait for.
                unsafe { libc::_exit(i32::from(confined.is_err())) }
            }
        }
    }
}
