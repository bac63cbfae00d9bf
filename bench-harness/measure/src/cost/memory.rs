//! What a server holds: pages, page tables, kernel stacks, descriptors, and the kernel's buffers of its sockets.

use std::fs;

use nix::unistd::Pid;
use procfs::process::Process;
use procfs::{Current as _, LoadAverage, Meminfo};

/// What is looked at before the clients come, because it is asked for once or only the difference is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Before {
    /// Bytes of the kernel stack that each thread has.
    pub kernel_stack_bytes: f64,
    /// Bytes that TCP had reserved for data.
    pub socket_memory_bytes: f64,
}

impl Before {
    /// What there is now.
    pub fn now() -> Self {
        Self {
            kernel_stack_bytes: kernel_stack_bytes(),
            socket_memory_bytes: socket_memory(),
        }
    }
}

/// What one process holds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Held {
    /// Its memory in KiB, shared pages divided among those that share them (PSS).
    pub pss_kib: f64,
    /// Its page tables in bytes (`VmPTE`).
    pub page_tables_bytes: f64,
    /// Its open descriptors.
    pub descriptors: f64,
}

impl Held {
    /// What that process holds, if it is still alive. The kernel walks its page tables for it.
    pub fn by(pid: Pid) -> Option<Self> {
        let process = Process::new(pid.as_raw()).ok()?;
        let rollup = process.smaps_rollup().ok()?.memory_map_rollup;
        let pss = *rollup.0.first()?.extension.map.get("Pss")?;
        let page_tables_kib = process.status().ok()?.vmpte.unwrap_or(0);
        Some(Self {
            pss_kib: pss as f64 / 1024.0,
            page_tables_bytes: page_tables_kib as f64 * 1024.0,
            descriptors: process.fd_count().unwrap_or(0) as f64,
        })
    }
}

/// Bytes of the kernel stack that each thread has.
///
/// It is a constant of the kernel that the kernel does not tell (`THREAD_SIZE`: 16 KiB on x86-64), but it tells how much
/// all stacks take and how many threads there are. The quotient is a little off, because neither is looked at
/// at the same time; the constant is the power of two next to it. 0 where the kernel says nothing.
fn kernel_stack_bytes() -> f64 {
    let stacks = Meminfo::current()
        .ok()
        .and_then(|memory| memory.kernel_stack);
    let threads = LoadAverage::current().map_or(0, |load| load.max);
    stacks.map_or(0, |bytes| stack_size(bytes, threads.into())) as f64
}

fn stack_size(all_stacks: u64, threads: u64) -> u64 {
    if all_stacks == 0 || threads == 0 {
        return 0;
    }
    (all_stacks as f64 / threads as f64).log2().round().exp2() as u64
}

/// Bytes that the kernel has reserved for data of all TCP sockets of the machine: on loopback both ends, server's and
/// generator's. It is counted in pages, and each CPU holds up to 1 MiB back before it tells, so that only large
/// differences mean something. 0 where the kernel says nothing.
pub fn socket_memory() -> f64 {
    let pages = fs::read_to_string("/proc/net/sockstat")
        .ok()
        .and_then(|text| of_tcp(&text, "mem"));
    pages.unwrap_or(0) as f64 * procfs::page_size() as f64
}

/// Sockets in TIME_WAIT; 0 where the kernel does not say.
pub fn time_wait() -> u64 {
    let sockstat = std::fs::read_to_string("/proc/net/sockstat").unwrap_or_default();
    of_tcp(&sockstat, "tw").unwrap_or(0)
}

/// A value of the line `TCP:` of `/proc/net/sockstat`, whose names and values take turns.
pub fn of_tcp(sockstat: &str, name: &str) -> Option<u64> {
    let line = sockstat
        .lines()
        .find_map(|line| line.strip_prefix("TCP:"))?;
    let mut words = line.split_whitespace();
    words.find(|word| *word == name)?;
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_holds_something() {
        let held = Held::by(Pid::this()).unwrap();
        assert!(held.pss_kib > 100.0, "{held:?}");
        assert!(held.page_tables_bytes >= 4096.0, "{held:?}");
        assert!(held.descriptors >= 3.0, "{held:?}");
    }

    #[test]
    fn a_process_that_is_gone_holds_nothing() {
        assert_eq!(Held::by(Pid::from_raw(i32::MAX)), None);
    }

    #[test]
    fn the_kernel_stack_is_the_power_of_two_next_to_the_quotient() {
        assert_eq!(stack_size(2_900 << 10, 180), 16384);
        assert_eq!(stack_size(3_000 << 10, 193), 16384);
        assert_eq!(stack_size(0, 180), 0);
        assert_eq!(stack_size(4096, 0), 0);
    }

    #[test]
    fn a_kernel_stack_is_some_pages() {
        let bytes = kernel_stack_bytes();
        assert!((4096.0..=65536.0).contains(&bytes), "{bytes}");
    }

    #[test]
    fn the_line_of_tcp_is_read_by_name() {
        let text =
            "sockets: used 183\nTCP: inuse 9 orphan 1 tw 250 alloc 12 mem 33\nUDP: inuse 2 mem 1\n";
        assert_eq!(of_tcp(text, "mem"), Some(33));
        assert_eq!(of_tcp(text, "tw"), Some(250));
        assert_eq!(of_tcp(text, "nothing"), None);
        assert_eq!(of_tcp("UDP: mem 1", "mem"), None);
    }
}
