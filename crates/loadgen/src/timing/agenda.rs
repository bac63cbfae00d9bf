//! The timer queue of a worker: errands with their due times, soonest first.
//!
//! Errands that are due at the same time come out in the order in which they went in.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

/// A timer queue.
pub struct Agenda<E> {
    heap: BinaryHeap<Reverse<Entry<E>>>,
    order: u64,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Entry<E> {
    at: Instant,
    order: u64,
    errand: E,
}

impl<E: Ord> Agenda<E> {
    /// Creates an empty agenda with room for `capacity` errands; beyond that it allocates.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            heap: BinaryHeap::with_capacity(capacity),
            order: 0,
        }
    }

    /// Adds an errand.
    pub fn push(&mut self, at: Instant, errand: E) {
        self.order += 1;
        let order = self.order;
        self.heap.push(Reverse(Entry { at, order, errand }));
    }

    /// The time at which the soonest errand is due.
    pub fn soonest(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }

    /// Removes the soonest errand if it is due by `now`.
    pub fn take_due(&mut self, now: Instant) -> Option<(Instant, E)> {
        if self.soonest()? > now {
            return None;
        }
        self.heap
            .pop()
            .map(|Reverse(entry)| (entry.at, entry.errand))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn errands_come_out_soonest_first_and_then_in_order() {
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        let mut agenda = Agenda::with_capacity(4);
        for (at, errand) in [(later, 9), (now, 3), (now, 1), (now, 2)] {
            agenda.push(at, errand);
        }
        let order: Vec<_> = std::iter::from_fn(|| agenda.take_due(now)).collect();
        assert_eq!(order, [(now, 3), (now, 1), (now, 2)]);
        assert_eq!(agenda.soonest(), Some(later));
    }
}
