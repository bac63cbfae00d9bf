//! Which part of the run a worker is in, and when the run is over.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::engine::errand::Errand;
use crate::engine::stage::Stage;
use crate::engine::worker::Worker;
use crate::notes::cost::Usage;
use crate::notes::progress::Phase;
use crate::outcome::over_time::Moment;
use crate::plan::class::Class;

impl Worker<'_> {
    /// Whether there is nothing left to do.
    pub(super) fn is_over(&self) -> bool {
        let measuring = matches!(self.stage, Stage::Measuring { .. });
        let asked = |quota| self.done >= quota && self.outstanding() == 0;
        self.stage == Stage::Over
            || self.alive == 0
            || (measuring && self.quota.is_some_and(asked))
            || self.shared.stop.load(Ordering::Relaxed)
    }

    /// Enters the next phase when it is time for it.
    pub(super) fn advance(&mut self) {
        if self.stage == Stage::Connecting
            && let Some(begin) = self.shared.gate.opens(self.now)
            && self.now >= begin
        {
            self.begin_asking(begin);
        }
        match self.stage {
            Stage::WarmingUp { until } if self.now >= until => {
                self.begin_window();
                let until = until + self.shared.load.duration;
                self.stage = Stage::Measuring { until };
                self.shared.progress.enter(Phase::Measuring);
            }
            Stage::Measuring { until } if self.now >= until => self.stage = Stage::Over,
            _ => {}
        }
    }

    /// Everybody is connected, or has failed to: asking begins.
    fn begin_asking(&mut self, begin: Instant) {
        let load = self.shared.load;
        let until = begin + load.warmup;
        self.asking = begin;
        self.stage = Stage::WarmingUp { until };
        self.shared.progress.enter(Phase::WarmingUp);
        for (g, group) in self.groups.iter_mut().enumerate() {
            group.begin_asking(self.part, load, load.seed.wrapping_add(g as u64), begin);
        }
        self.find_next_arrival();
        for k in 0..self.slots.len() {
            if self.slots[k].client.is_open() {
                self.plan_first(k, begin);
            }
        }
        self.plan_connects(until, |class| class.connect_at);
    }

    /// Puts down when the clients connect whose class begins to at a time after `zero`.
    pub(super) fn plan_connects(
        &mut self,
        zero: Instant,
        begin: impl Fn(&Class) -> Option<Duration>,
    ) {
        let mut numbers = vec![0_u64; self.groups.len()];
        for k in 0..self.slots.len() {
            let g = self.slots[k].group;
            let class = self.groups[g].class;
            let number = numbers[g] * self.part.of as u64 + self.part.id as u64;
            numbers[g] += 1;
            if let Some(after) = begin(class) {
                let pause = class.connect_rate.map_or(0.0, |rate| number as f64 / rate);
                let at = zero + after + Duration::try_from_secs_f64(pause).unwrap_or_default();
                self.put_down(at, k, Errand::Dial);
            }
        }
    }

    /// From now on it counts.
    pub(super) fn begin_window(&mut self) {
        for slot in &mut self.slots {
            slot.client.begin_window();
        }
        let usage = Usage::of_this_thread();
        self.now = Instant::now();
        for group in &mut self.groups {
            group.begin_window(self.now, self.shared.load.duration);
        }
        (self.done, self.waits, self.busy_ns, self.summed) = (0, 0, 0, self.now);
        self.began = Some((self.now, usage));
    }

    /// Whether established connections ask: not before all of them are decided.
    pub(super) fn is_asking(&self) -> bool {
        self.stage != Stage::Connecting
    }

    /// Whether another request of a class would still belong to the run.
    #[inline]
    pub(super) fn may_ask(&self, g: usize) -> bool {
        self.quota.is_none_or(|quota| {
            let measuring = matches!(self.stage, Stage::Measuring { .. });
            !measuring || !self.groups[g].counts || self.done + self.outstanding() < quota
        })
    }

    /// Requests without a reply, of the classes that count.
    pub(super) fn outstanding(&self) -> u64 {
        let counting = self.groups.iter().filter(|group| group.counts);
        counting.map(|group| group.outstanding).sum()
    }

    /// Sums up how many requests were on their way until now; to be called before their number changes.
    #[inline]
    pub(super) fn sum_busy(&mut self) {
        if self.now > self.summed {
            let since = self.now.saturating_duration_since(self.summed);
            self.busy_ns += u128::from(self.outstanding()) * since.as_nanos();
            self.summed = self.now;
        }
    }

    /// Says how things stand, to the notes and to whoever watches.
    pub(super) fn publish(&mut self) {
        let (now, at) = (
            self.moment(),
            self.now.saturating_duration_since(self.shared.start),
        );
        self.series.record(at, now);
        self.shared.progress.publish(self.id, &now);
        while at >= self.intervals.due() {
            let latency = self.intervals.close(now);
            self.shared.progress.publish_recent(self.id, &latency);
        }
    }

    /// How things stand in all classes.
    pub(super) fn moment(&self) -> Moment {
        let mut sum = Moment::default();
        for group in &self.groups {
            let queued = group.dispatch.waiting().len() as u64;
            sum.add(&Moment {
                busy: group.outstanding,
                queued,
                ..group.recorder.now()
            });
        }
        sum
    }
}
