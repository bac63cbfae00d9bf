//! Reads the memory and the descriptors of a server: pages, page tables, kernel stacks, and the kernel's socket buffers.

use nix::unistd::Pid;
use procfs::process::Process;
use procfs::{Current as _, LoadAverage, Meminfo};

use super::namespace::NetNamespace;

/// Values that are read before the load: a constant, and a counter of which only the growth matters.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BeforeLoad {
    /// Bytes of the kernel stack of a thread.
    pub kernel_stack_bytes: f64,
    /// Bytes that TCP has reserved for data.
    pub socket_memory_bytes: f64,
    /// The network namespace of the server, in which they are counted.
    pub network: NetNamespace,
}

impl BeforeLoad {
    /// Reads the values now, for a server in this network namespace.
    pub fn now(network: NetNamespace) -> Self {
        Self {
            kernel_stack_bytes: kernel_stack_bytes(),
            socket_memory_bytes: socket_memory(network),
            network,
        }
    }
}

/// The resources that one process holds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Resources {
    /// Its memory in KiB. A shared page counts in equal parts for all processes that share it (PSS).
    pub pss_kib: f64,
    /// Its page tables in bytes (`VmPTE`).
    pub page_tables_bytes: f64,
    /// Number of its open file descriptors.
    pub descriptors: f64,
}

impl Resources {
    /// The resources of a process; `None` if it has ended. The kernel walks the page tables of the process.
    pub fn read(pid: Pid) -> Option<Self> {
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

/// Bytes of the kernel stack of a thread; 0 if the kernel does not show enough to compute it.
///
/// The size is a constant of the kernel (`THREAD_SIZE`: 16 KiB on x86-64), which the kernel does not show. It shows the size
/// of all stacks and the number of threads. Their quotient is not exact, because they are read at different moments; the
/// constant is the nearest power of two.
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

/// Bytes that the kernel has reserved for data of all TCP sockets; 0 if the kernel does not show it.
///
/// On loopback these are both ends, the server's and the generator's. The kernel counts pages, and each CPU reports only
/// changes of more than 1 MiB, so only large differences mean something.
pub fn socket_memory(network: NetNamespace) -> f64 {
    let pages = tcp_value(&network.sockstat(), "mem");
    pages.unwrap_or(0) as f64 * procfs::page_size() as f64
}

/// A value in the line `TCP:` of `/proc/net/sockstat`, in which names and values alternate.
pub fn tcp_value(sockstat: &str, name: &str) -> Option<u64> {
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
    fn this_process_has_resources() {
        let resources = Resources::read(Pid::this()).unwrap();
        assert!(resources.pss_kib > 100.0, "{resources:?}");
        assert!(resources.page_tables_bytes >= 4096.0, "{resources:?}");
        assert!(resources.descriptors >= 3.0, "{resources:?}");
    }

    #[test]
    fn a_process_that_does_not_exist_has_no_resources() {
        assert_eq!(Resources::read(Pid::from_raw(i32::MAX)), None);
    }

    #[test]
    fn the_kernel_stack_is_the_power_of_two_nearest_to_the_quotient() {
        assert_eq!(stack_size(2_900 << 10, 180), 16384);
        assert_eq!(stack_size(3_000 << 10, 193), 16384);
        assert_eq!(stack_size(0, 180), 0);
        assert_eq!(stack_size(4096, 0), 0);
    }

    #[test]
    fn a_kernel_stack_has_a_few_pages() {
        let bytes = kernel_stack_bytes();
        assert!((4096.0..=65536.0).contains(&bytes), "{bytes}");
    }

    #[test]
    fn values_of_tcp_are_found_by_name() {
        let text =
            "sockets: used 183\nTCP: inuse 9 orphan 1 tw 250 alloc 12 mem 33\nUDP: inuse 2 mem 1\n";
        assert_eq!(tcp_value(text, "mem"), Some(33));
        assert_eq!(tcp_value(text, "tw"), Some(250));
        assert_eq!(tcp_value(text, "nothing"), None);
        assert_eq!(tcp_value("UDP: mem 1", "mem"), None);
    }
}
