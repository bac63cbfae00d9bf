//! Moves a worker from phase to phase, and decides when the run is over.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::engine::errand::Errand;
use crate::engine::stage::Stage;
use crate::engine::worker::Worker;
use crate::notes::cost::Usage;
use crate::notes::progress::Phase;
use crate::outcome::over_time::Moment;
use crate::plan::class::Class;
use crate::request::times::LONGEST_TIME;

impl Worker<'_> {
    /// True if the worker has nothing left to do.
    pub(super) fn is_over(&self) -> bool {
        let measuring = matches!(self.stage, Stage::Measuring { .. });
        let reached = |quota| self.done >= quota && self.in_flight() == 0;
        self.stage == Stage::Over
            || self.active_clients == 0
            || (measuring && self.quota.is_some_and(reached))
            || self.is_stopped()
    }

    /// Enters the next phase when its time has come.
    pub(super) fn advance(&mut self) {
        if self.stage == Stage::Connecting
            && let Some(begin) = self.shared.gate.opening(self.now)
            && self.now >= begin
        {
            if self.sitting.is_some() {
                self.stage = Stage::Paused;
            } else {
                self.start_sending(begin, self.shared.load.warmup);
            }
        }
        match self.stage {
            Stage::WarmingUp { until } if self.now >= until => {
                self.begin_window();
                let until = until + self.window;
                self.stage = Stage::Measuring { until };
                self.shared.progress.set_phase(Phase::Measuring);
            }
            Stage::Measuring { until } if self.now >= until && self.sitting.is_some() => {
                self.begin_drain(until);
            }
            Stage::Measuring { until } if self.now >= until => {
                self.window_end = Some(until);
                self.stage = Stage::Over;
            }
            _ => {}
        }
    }

    /// Starts sending: every connect has succeeded or failed.
    pub(super) fn start_sending(&mut self, begin: Instant, warmup: Duration) {
        let load = self.shared.load;
        let until = begin + warmup;
        self.sending_since = begin;
        self.stage = Stage::WarmingUp { until };
        self.shared.progress.set_phase(Phase::WarmingUp);
        for (g, group) in self.groups.iter_mut().enumerate() {
            group.start_sending(self.part, load.seed.wrapping_add(g as u64), begin, warmup);
        }
        self.find_next_arrival();
        for k in 0..self.slots.len() {
            if self.slots[k].client.is_open() {
                self.schedule_first(k, begin);
            }
        }
        self.schedule_connects(until, |class| class.connect_at);
    }

    /// Schedules the connects of the classes that start to connect at a time after `zero`.
    pub(super) fn schedule_connects(
        &mut self,
        zero: Instant,
        begin: impl Fn(&Class) -> Option<Duration>,
    ) {
        let mut numbers = vec![0_u64; self.groups.len()];
        for k in 0..self.slots.len() {
            let g = self.slots[k].group;
            let class = self.groups[g].class;
            let number = numbers[g] * self.part.count as u64 + self.part.index as u64;
            numbers[g] += 1;
            if let Some(after) = begin(class) {
                let pause = class.connect_rate.map_or(0.0, |rate| number as f64 / rate);
                let pause = Duration::try_from_secs_f64(pause).unwrap_or(LONGEST_TIME);
                let at = zero + after + pause.min(LONGEST_TIME);
                self.schedule(at, k, Errand::Connect);
            }
        }
    }

    /// Starts a measured window. How clients were served counts from the first one.
    pub(super) fn begin_window(&mut self) {
        let is_first = self.first_window.is_none();
        if is_first {
            for slot in &mut self.slots {
                slot.client.begin_window();
            }
        }
        let usage = Usage::of_this_thread();
        self.now = self.clock.now();
        for group in &mut self.groups {
            group.begin_window(self.now, self.window, is_first);
        }
        self.first_window.get_or_insert(self.now);
        (self.done, self.waits, self.in_flight_ns, self.summed_until) = (0, 0, 0, self.now);
        self.window_start = Some((self.now, usage));
    }

    /// True if connections may send, which is not before all connects are finished, and not in a pause.
    pub(super) fn is_sending(&self) -> bool {
        !matches!(self.stage, Stage::Connecting | Stage::Paused)
    }

    /// True if the run must end early.
    pub(super) fn is_stopped(&self) -> bool {
        self.shared.stop.load(Ordering::Relaxed)
    }

    /// True if another request of this class is still within the limit of the run.
    #[inline]
    pub(super) fn may_send(&self, g: usize) -> bool {
        self.quota.is_none_or(|quota| {
            let measuring = matches!(self.stage, Stage::Measuring { .. });
            !measuring || !self.groups[g].is_counted || self.done + self.in_flight() < quota
        })
    }

    /// Requests without a reply, of the classes in the figures.
    pub(super) fn in_flight(&self) -> u64 {
        let counting = self.groups.iter().filter(|group| group.is_counted);
        counting.map(|group| group.in_flight).sum()
    }

    /// Adds up the requests in flight until now. Call it before their number changes.
    #[inline]
    pub(super) fn sum_in_flight(&mut self) {
        if self.now > self.summed_until {
            let since = self.now.saturating_duration_since(self.summed_until);
            self.in_flight_ns += u128::from(self.in_flight()) * since.as_nanos();
            self.summed_until = self.now;
        }
    }

    /// Publishes the counts to the notes and to observers.
    pub(super) fn publish(&mut self) {
        let (now, at) = (
            self.moment(),
            self.now.saturating_duration_since(self.shared.start),
        );
        self.series.record(at, now);
        self.shared.progress.publish(self.id, &now);
        while at >= self.intervals.current_end() {
            let latency = self.intervals.end_current(now);
            self.shared.progress.publish_recent(self.id, &latency);
        }
    }

    /// The counts of all classes.
    pub(super) fn moment(&self) -> Moment {
        let mut sum = Moment::default();
        for group in &self.groups {
            let queued = group.dispatch.waiting().len() as u64;
            sum.add(&Moment {
                busy: group.in_flight,
                queued,
                ..group.recorder.moment()
            });
        }
        sum
    }
}
