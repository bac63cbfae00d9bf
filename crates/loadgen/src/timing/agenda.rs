//! The timer queue of a worker: errands with their due times, soonest first.
//!
//! Errands that are due at the same time come out in the order in which they went in.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::mem;
use std::time::{Duration, Instant};

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

    /// Delays the errands that are `chosen`. Their order stays.
    pub fn shift(&mut self, by: Duration, chosen: impl Fn(&E) -> bool) {
        let mut entries = mem::take(&mut self.heap).into_vec();
        for Reverse(entry) in entries.iter_mut().filter(|entry| chosen(&entry.0.errand)) {
            entry.at += by;
        }
        self.heap = entries.into();
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

    #[test]
    fn a_shift_delays_the_chosen_errands_and_keeps_their_order() {
        let (now, second) = (Instant::now(), Duration::from_secs(1));
        let mut agenda = Agenda::with_capacity(4);
        for (at, errand) in [(now, 3), (now, 1), (now + second, 2), (now, 9)] {
            agenda.push(at, errand);
        }
        agenda.shift(second, |errand| *errand < 9);
        assert_eq!(agenda.take_due(now), Some((now, 9)));
        assert_eq!(agenda.take_due(now), None);
        let rest: Vec<_> = std::iter::from_fn(|| agenda.take_due(now + 2 * second)).collect();
        assert_eq!(
            rest,
            [(now + second, 3), (now + second, 1), (now + 2 * second, 2)]
        );
    }
}
