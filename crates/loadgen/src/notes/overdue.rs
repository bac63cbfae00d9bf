//! Requests that will never get a reply, remembered until the end of the run in bounded memory.
//!
//! Their intended times are known to a thousandth of the window.

use std::time::{Duration, Instant};

/// Number of cells that the window is divided into.
const CELLS: u32 = 1024;

/// Counts of requests by intended time.
pub struct Overdue {
    begin: Instant,
    width: Duration,
    counts: Vec<u64>,
}

impl Overdue {
    /// Creates an empty list for a window that starts at `begin`.
    pub fn new(begin: Instant, window: Duration) -> Self {
        Self {
            begin,
            width: (window / CELLS).max(Duration::from_nanos(1)),
            counts: vec![0; CELLS as usize],
        }
    }

    /// Adds requests with this intended time.
    pub fn add(&mut self, intended: Instant, requests: u64) {
        let since = intended.saturating_duration_since(self.begin);
        let cell = since.as_nanos() / self.width.as_nanos();
        let last = self.counts.len() - 1;
        self.counts[last.min(usize::try_from(cell).unwrap_or(last))] += requests;
    }

    /// Returns how long requests have waited at the end, and how many waited that long.
    pub fn waits(&self, end: Instant) -> impl Iterator<Item = (Duration, u64)> {
        let middle = |cell: usize| self.begin + self.width * cell as u32 + self.width / 2;
        let cells = self
            .counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0);
        cells.map(move |(cell, &count)| (end.saturating_duration_since(middle(cell)), count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_known_to_a_thousandth_of_the_window() {
        let (begin, second) = (Instant::now(), Duration::from_secs(1));
        let mut overdue = Overdue::new(begin, 10 * second);
        overdue.add(begin + 8 * second, 3);
        overdue.add(begin + 9 * second, 1);
        overdue.add(begin + 99 * second, 1);
        let waits: Vec<_> = overdue.waits(begin + 10 * second).collect();
        for ((wait, count), (seconds, expected)) in waits.iter().zip([(2.0, 3), (1.0, 1), (0.0, 1)])
        {
            assert_eq!(*count, expected);
            assert!((wait.as_secs_f64() - seconds).abs() < 0.011, "{wait:?}");
        }
        assert_eq!(waits.len(), 3);
    }
}
