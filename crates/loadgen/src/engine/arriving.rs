//! How a worker sees to the requests of an open loop, which come at their own times.

use std::time::Instant;

use crate::engine::group::Group;
use crate::engine::slot::Slot;
use crate::engine::stage::Stage;
use crate::engine::worker::{Worker, far};
use crate::timing::dispatch::Due;

/// Requests of one class seen to at a time: who is far behind must still look at sockets and at the end of the run.
const AT_ONCE: usize = 1024;

impl Worker<'_> {
    /// Sees to all requests that are due by the last look at the clock. Costs one comparison where none is.
    #[inline]
    pub(super) fn take_arrivals(&mut self) {
        if self.now >= self.next_arrival {
            self.see_to_arrivals();
        }
    }

    fn see_to_arrivals(&mut self) {
        let until = match self.stage {
            Stage::WarmingUp { until } | Stage::Measuring { until } => until,
            Stage::Connecting | Stage::Over => return,
        };
        let due = self.now;
        for g in 0..self.groups.len() {
            for _ in 0..AT_ONCE {
                match self.groups[g].next_arrival() {
                    Some(intended) if intended <= due && intended < until => {
                        self.arrive(g, intended);
                    }
                    _ => break,
                }
            }
        }
        self.find_next_arrival();
    }

    /// Looks when the next request is due.
    pub(super) fn find_next_arrival(&mut self) {
        let next = self.groups.iter().filter_map(Group::next_arrival).min();
        self.next_arrival = next.unwrap_or_else(|| far(self.now));
    }

    fn arrive(&mut self, g: usize, intended: Instant) {
        self.now = Instant::now();
        let may_ask = self.may_ask(g);
        let group = &mut self.groups[g];
        if let Some(timetable) = &mut group.timetable {
            timetable.advance();
        }
        if !may_ask {
            return;
        }
        group.seen_to(intended, self.now);
        group.recorder.window.offered += 1;
        let slots = &self.slots;
        let usable = |&(k, epoch): &(usize, u32)| {
            let slot: &Slot = &slots[k];
            slot.epoch == epoch && slot.client.is_open()
        };
        match group.dispatch.due(intended, usable) {
            Due::Ask((k, _)) => {
                self.ask(k, intended);
                self.flush(k);
            }
            Due::Waits => {}
            Due::Overflows => {
                group.overflowed += 1;
                group.overdue.note(intended, 1);
            }
        }
    }

    /// A connection can take one more request of an open loop: true if one waited for it and is asked now.
    pub(super) fn free_up(&mut self, k: usize) -> bool {
        let slot = &self.slots[k];
        let g = slot.group;
        let waiting = self.groups[g].dispatch.freed((k, slot.epoch));
        match waiting {
            Some(intended) if self.may_ask(g) => {
                self.ask(k, intended);
                true
            }
            _ => false,
        }
    }
}
