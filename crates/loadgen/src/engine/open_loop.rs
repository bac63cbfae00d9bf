//! The open loop of a worker: handles requests when they are due.

use std::time::Instant;

use crate::engine::group::Group;
use crate::engine::slot::Slot;
use crate::engine::stage::Stage;
use crate::engine::worker::{Worker, far};
use crate::timing::dispatch::Assignment;

/// Requests of one class handled in one go. A worker that is far behind must still look at sockets and at the end of the
/// run.
const AT_ONCE: usize = 1024;

impl Worker<'_> {
    /// Handles all requests due at the last reading of the clock. It costs one comparison if there are none.
    #[inline]
    pub(super) fn handle_due_requests(&mut self) {
        if self.now >= self.next_arrival {
            self.handle_arrivals();
        }
    }

    fn handle_arrivals(&mut self) {
        let until = match self.stage {
            Stage::WarmingUp { until } | Stage::Measuring { until } => until,
            Stage::Connecting | Stage::Draining { .. } | Stage::Paused | Stage::Over => return,
        };
        let due = self.now;
        for g in 0..self.groups.len() {
            for _ in 0..AT_ONCE {
                match self.groups[g].next_arrival() {
                    Some(intended) if intended <= due && intended < until => {
                        self.dispatch_request(g, intended);
                    }
                    _ => break,
                }
            }
        }
        self.find_next_arrival();
    }

    /// Finds the time of the next request.
    pub(super) fn find_next_arrival(&mut self) {
        let next = self.groups.iter().filter_map(Group::next_arrival).min();
        self.next_arrival = next.unwrap_or_else(|| far(self.now));
    }

    fn dispatch_request(&mut self, g: usize, intended: Instant) {
        self.now = self.clock.now();
        let may_send = self.may_send(g);
        let group = &mut self.groups[g];
        if let Some(timetable) = &mut group.timetable {
            timetable.advance();
        }
        if !may_send {
            return;
        }
        group.record_arrival(intended, self.now);
        group.recorder.window.offered += 1;
        let slots = &self.slots;
        let usable = |&(k, epoch): &(usize, u32)| {
            let slot: &Slot = &slots[k];
            slot.epoch == epoch && slot.client.is_open()
        };
        match group.dispatch.assign(intended, usable) {
            Assignment::Send((k, _)) => {
                self.send_request(k, intended);
                self.flush(k);
            }
            Assignment::Waits => {}
            Assignment::Overflows => {
                group.overflowed += 1;
                group.overdue.add(intended, 1);
            }
        }
    }

    /// Gives a connection with room the oldest waiting request. Returns true if there was one and it is sent now.
    pub(super) fn send_waiting_request(&mut self, k: usize) -> bool {
        let slot = &self.slots[k];
        let g = slot.group;
        let waiting = self.groups[g].dispatch.release((k, slot.epoch));
        match waiting {
            Some(intended) if self.may_send(g) => {
                self.send_request(k, intended);
                true
            }
            _ => false,
        }
    }
}
