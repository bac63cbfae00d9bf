//! Measures in slices: the clients stay connected, and nothing happens between two slices.
//!
//! ```text
//!   paused ──▶ warming up (settle) ──▶ measuring ──▶ draining ──▶ paused
//!                                                 ▲            ▲
//!              schedules of the clients stand still            the clock stands still, and so do waits for replies
//! ```
//!
//! So a think time or an arrival process goes on in the next slice as if there were no pause.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use crate::engine::errand::{Entry, Errand};
use crate::engine::slot::Slot;
use crate::engine::stage::Stage;
use crate::engine::worker::{Worker, far};
use crate::notes::cost::Usage;
use crate::outcome::slice::SliceOutcome;
use crate::timing::slice::SliceOrder;

/// The longest sleep before a slice: the delay with which a stop is noticed.
const LONGEST_SLEEP: Duration = Duration::from_millis(100);

/// What a worker that measures in slices remembers beside its notes.
pub struct Sitting {
    /// The planned end of the last window.
    window_end: Instant,
    /// The end of the last drain.
    drain_end: Instant,
    /// Errands of clients that were due in the drain.
    put_off: Vec<(Instant, Entry)>,
    /// Clients before this index await no reply in this drain.
    settled: usize,
    /// The counts before this slice.
    pub before: Counts,
    /// The last window.
    pub window: Cost,
    /// All windows.
    pub all: Cost,
    /// Number of slices measured.
    pub slices: u64,
    /// Sum of the ordered windows.
    pub ordered: Duration,
    /// The delay with which this slice began.
    late: Duration,
    /// The largest delay with which a window ended.
    pub overran: Duration,
}

/// Counts of all classes since the start of the run.
#[derive(Clone, Copy, Default)]
pub struct Counts {
    pub answered: u64,
    pub errors: u64,
    pub mismatched: u64,
    pub lost_connections: u64,
}

/// Duration and cost of a window.
#[derive(Clone, Copy, Default)]
pub struct Cost {
    pub time: Duration,
    pub usage: Usage,
    /// Calls of `epoll_wait`.
    pub waits: u64,
    /// Requests in flight of the classes in the figures, integrated over time.
    pub in_flight_ns: u128,
}

impl Sitting {
    /// Nothing is measured yet; the clock stands still from `now` on.
    fn new(now: Instant) -> Self {
        Self {
            window_end: now,
            drain_end: now,
            put_off: Vec::new(),
            settled: 0,
            before: Counts::default(),
            window: Cost::default(),
            all: Cost {
                usage: Usage {
                    run_queue_delay: Some(Duration::ZERO),
                    ..Usage::default()
                },
                ..Cost::default()
            },
            slices: 0,
            ordered: Duration::ZERO,
            late: Duration::ZERO,
            overran: Duration::ZERO,
        }
    }

    /// The time at which the clock stands still between two slices.
    pub const fn paused_at(&self) -> Instant {
        self.drain_end
    }
}

impl Cost {
    fn add(&mut self, other: &Self) {
        self.time += other.time;
        self.usage = self.usage.plus(&other.usage);
        self.waits += other.waits;
        self.in_flight_ns += other.in_flight_ns;
    }
}

impl Worker<'_> {
    /// Connects all clients. Afterwards the clock stands still. Returns false if the run was stopped.
    pub(super) fn connect_for_slices(&mut self) -> io::Result<bool> {
        self.sitting = Some(Sitting::new(self.now));
        while self.stage != Stage::Paused && !self.is_stopped() {
            self.turn()?;
        }
        self.sitting = Some(Sitting::new(self.now));
        Ok(!self.is_stopped())
    }

    /// Measures a slice; `None` if the run was stopped. It ends in time whatever the server does.
    pub(super) fn measure_slice(&mut self, order: &SliceOrder) -> io::Result<Option<SliceOutcome>> {
        let at = order.at.max(Instant::now());
        if !self.sleep_until(at) {
            return Ok(None);
        }
        self.begin_slice(at, order);
        while !self.slice_is_over() {
            if self.is_stopped() {
                return Ok(None);
            }
            self.turn()?;
        }
        Ok(Some(self.end_slice()))
    }

    fn sleep_until(&self, at: Instant) -> bool {
        while !self.is_stopped() {
            let left = at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            thread::sleep(left.min(LONGEST_SLEEP));
        }
        false
    }

    /// Lets the clock go on at this real moment, and the schedules with it.
    fn begin_slice(&mut self, at: Instant, order: &SliceOrder) {
        let before = self.counts();
        let sitting = self.sitting.as_mut().expect("slices have a sitting");
        (sitting.before, sitting.settled) = (before, 0);
        sitting.ordered += order.window;
        let (begin, stood) = (sitting.drain_end, sitting.drain_end - sitting.window_end);
        for (at, entry) in sitting.put_off.drain(..) {
            self.agenda.push(at, entry);
        }
        let datagrams = self.shared.load.target.is_datagram();
        self.agenda
            .shift(stood, |entry| !goes_on(entry.errand, datagrams));
        self.clock.resume(begin, at);
        self.window = order.window;
        for group in &mut self.groups {
            group.begin_slice(stood);
        }
        if self.window_start.is_none() {
            self.start_sending(begin, order.settle);
        } else {
            let until = begin + order.settle;
            self.stage = Stage::WarmingUp { until };
            self.find_next_arrival();
        }
        self.now = self.clock.now();
        let late = self.now.saturating_duration_since(begin);
        self.sitting.as_mut().expect("slices have a sitting").late = late;
    }

    /// Ends the window of a slice. What was due in it is sent; then nothing new is.
    pub(super) fn begin_drain(&mut self, window_end: Instant) {
        self.sum_in_flight();
        let (began, before) = self.window_start.expect("a window has ended");
        let window = Cost {
            time: self.now.saturating_duration_since(began),
            usage: Usage::of_this_thread().since(&before),
            waits: self.waits,
            in_flight_ns: self.in_flight_ns,
        };
        let late = self.now.saturating_duration_since(window_end);
        self.handle_due_requests();
        self.next_arrival = far(self.now);
        for group in &mut self.groups {
            group.end_window(window_end);
        }
        let until = window_end + SliceOrder::LONGEST_DRAIN;
        self.stage = Stage::Draining { window_end, until };
        let sitting = self.sitting.as_mut().expect("slices have a sitting");
        sitting.overran = sitting.overran.max(late);
        (sitting.window_end, sitting.window) = (window_end, window);
    }

    fn slice_is_over(&mut self) -> bool {
        match self.stage {
            Stage::Draining { until, .. } => self.now >= until || !self.awaits_replies(),
            Stage::Connecting
            | Stage::WarmingUp { .. }
            | Stage::Measuring { .. }
            | Stage::Paused
            | Stage::Over => false,
        }
    }

    /// True if a client in the figures that was served before waits for a reply. Others may wait for ever. No client sends in a
    /// drain, so each is looked at once.
    fn awaits_replies(&mut self) -> bool {
        if self.in_flight() == 0 {
            return false;
        }
        let (slots, groups) = (&self.slots, &self.groups);
        let awaits = |slot: &Slot| {
            let client = &slot.client;
            groups[slot.group].is_counted && client.was_served() && client.unanswered().len() > 0
        };
        let sitting = self.sitting.as_mut().expect("slices have a sitting");
        let next = slots[sitting.settled..].iter().position(awaits);
        sitting.settled = next.map_or(slots.len(), |n| sitting.settled + n);
        next.is_some()
    }

    /// Ends the drain: the clock stands still.
    fn end_slice(&mut self) -> SliceOutcome {
        self.now = self.clock.now();
        self.stage = Stage::Paused;
        let sitting = self.sitting.as_mut().expect("slices have a sitting");
        sitting.drain_end = self.now;
        sitting.slices += 1;
        sitting.all.add(&sitting.window);
        let drain = sitting.drain_end - sitting.window_end;
        SliceOutcome {
            late_s: sitting.late.as_secs_f64(),
            drain_s: drain.as_secs_f64(),
            ..self.slice_outcome()
        }
    }

    /// Keeps an errand that is due in a drain for the next slice. Returns false if it must be done now.
    pub(super) fn put_off(&mut self, at: Instant, entry: Entry) -> bool {
        if !matches!(self.stage, Stage::Draining { .. })
            || goes_on(entry.errand, self.shared.load.target.is_datagram())
        {
            return false;
        }
        let sitting = self.sitting.as_mut().expect("only slices have a drain");
        sitting.put_off.push((at, entry));
        true
    }

    /// The counts of all classes since the start of the run.
    pub(super) fn counts(&self) -> Counts {
        let moment = self.moment();
        let recorders = || self.groups.iter().map(|group| &group.recorder);
        Counts {
            answered: moment.requests,
            errors: moment.errors,
            mismatched: recorders().map(|recorder| recorder.mismatched).sum(),
            lost_connections: recorders().map(|recorder| recorder.lost_connections).sum(),
        }
    }
}

/// True if an errand is done in a drain as well: it only observes the server, or sends a datagram for which the socket had no
/// room.
fn goes_on(errand: Errand, datagrams: bool) -> bool {
    errand.observes() || (datagrams && errand == Errand::SendBytes)
}
