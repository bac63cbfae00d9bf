//! Chooses the threads and processes to sample: few enough that sampling is cheap compared with the window.

use std::time::Duration;

use nix::unistd::Pid;
use record::sample::ServerCost;

use super::members::Members;

/// Number of threads to sample per second of the window. Reading their files takes much less than 1 % of the time.
const THREADS_A_SECOND: f64 = 16.0;
/// Minimum number of threads to sample: all threads of a server with one thread per CPU, on a machine with few CPUs.
const LEAST_THREADS: usize = 4;
/// Maximum number of threads to sample.
const MOST_THREADS: usize = 32;

/// The number of threads to sample for context switches and run-queue delay: all threads, or a representative sample.
#[derive(Clone, Copy, Debug)]
pub struct Selection {
    /// Maximum number of threads, and of processes.
    pub(super) most: usize,
    /// Number of busy clients.
    busy: usize,
}

impl Selection {
    /// Limits the number of sampled threads so that sampling twice stays cheap compared with the window. `busy` is the
    /// number of busy clients.
    pub fn affordable(window: Duration, busy: usize) -> Self {
        let threads = (window.as_secs_f64() * THREADS_A_SECOND) as usize;
        let most = threads.clamp(LEAST_THREADS, MOST_THREADS);
        Self { most, busy }
    }

    /// True if the selection represents this number of threads: it has all of them, or they are alike.
    pub(super) const fn represents(self, threads: usize) -> bool {
        threads <= self.most || ServerCost::are_alike(threads, self.busy)
    }
}

/// At most `most` processes, evenly chosen, each with the number of processes that it stands for. The leader stands only for
/// itself, because its work differs from that of its children.
pub(super) fn spread_processes(members: &Members, most: usize) -> Vec<(Pid, f64)> {
    let leader = members.leader;
    let pids = members.pids.iter().copied();
    let children: Vec<Pid> = pids.filter(|&pid| pid != leader).collect();
    let mut chosen = vec![(leader, 1.0)];
    chosen.extend(spread(&children, most - 1));
    chosen
}

/// At most `most` of the items, evenly chosen, each with the number of items that it stands for.
pub(super) fn spread<T: Copy>(items: &[T], most: usize) -> Vec<(T, f64)> {
    let chosen = items.len().min(most);
    let weight = items.len() as f64 / chosen.max(1) as f64;
    (0..chosen)
        .map(|i| (items[i * items.len() / chosen], weight))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_represents_all_threads_if_each_has_a_client() {
        let four = |busy| Selection { most: 4, busy };
        assert!(four(1).represents(4) && four(8).represents(9));
        assert!(!four(1).represents(64) && !four(8).represents(1009));
    }

    #[test]
    fn the_weights_of_chosen_items_add_up_to_all_items() {
        assert_eq!(spread(&[1, 2, 3], 5), [(1, 1.0), (2, 1.0), (3, 1.0)]);
        assert_eq!(spread(&[1, 2, 3, 4, 5, 6], 2), [(1, 3.0), (4, 3.0)]);
        assert!(spread::<u8>(&[], 2).is_empty());
    }

    #[test]
    fn fewer_threads_are_sampled_in_a_short_window() {
        let most = |ms| Selection::affordable(Duration::from_millis(ms), 0).most;
        assert_eq!([0, 250, 1000, 60_000].map(most), [4, 4, 16, 32]);
    }
}
