//! Of how many threads and processes the kernel is asked, so that asking stays cheap beside what is measured.

use std::time::Duration;

use record::sample::ServerCost;

/// Processes or threads of which context switches are read, for each second between the two moments: a small part of a
/// hundredth of the time.
const THREADS_A_SECOND: f64 = 16.0;
/// So many always: all those of a server with a thread for each of a few CPUs.
const LEAST_THREADS: usize = 4;
/// And never more.
const MOST_THREADS: usize = 32;

/// Which threads are asked for their switches and their delay: all of them, or some that stand for all.
#[derive(Clone, Copy, Debug)]
pub struct Selection {
    pub(super) most: usize,
    busy: usize,
}

impl Selection {
    /// So few threads that asking them twice in a window of this length, in which so many clients are busy, is cheap beside it.
    pub fn affordable(window: Duration, busy: usize) -> Self {
        let threads = (window.as_secs_f64() * THREADS_A_SECOND) as usize;
        let most = threads.clamp(LEAST_THREADS, MOST_THREADS);
        Self { most, busy }
    }

    /// Whether it stands for so many: it has them all, or they are alike.
    pub(super) const fn stands_for(self, all: usize) -> bool {
        all <= self.most || ServerCost::are_alike(all, self.busy)
    }
}

/// At most `most` of the items, evenly chosen, and how many each stands for.
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
    fn a_selection_stands_for_threads_that_all_have_a_client() {
        let few = |busy| Selection { most: 4, busy };
        assert!(few(1).stands_for(4) && few(8).stands_for(9));
        assert!(!few(1).stands_for(64) && !few(8).stands_for(1009));
    }

    #[test]
    fn an_even_selection_stands_for_all() {
        assert_eq!(spread(&[1, 2, 3], 5), [(1, 1.0), (2, 1.0), (3, 1.0)]);
        assert_eq!(spread(&[1, 2, 3, 4, 5, 6], 2), [(1, 3.0), (4, 3.0)]);
        assert!(spread::<u8>(&[], 2).is_empty());
    }

    #[test]
    fn fewer_threads_are_asked_in_a_short_window() {
        let of = |ms| Selection::affordable(Duration::from_millis(ms), 0).most;
        assert_eq!([of(0), of(250), of(1000), of(60_000)], [4, 4, 16, 32]);
    }
}
