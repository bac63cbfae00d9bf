//! Which part of the run a worker is in, and when the run is over.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::Worker;
use crate::cost::Usage;
use crate::progress::Phase;

/// Where a worker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Connections are being made; nothing is asked yet.
    Connecting,
    /// Full load, not yet counted.
    WarmingUp { until: Instant },
    /// The measured window.
    Measuring { until: Instant },
    /// The time is up.
    Over,
}

impl Worker<'_> {
    /// Whether there is nothing left to do.
    pub(super) fn is_over(&self) -> bool {
        let asked = |quota| self.recorder.window.requests + self.recorder.window.lost >= quota;
        let measuring = matches!(self.stage, Stage::Measuring { .. });
        self.stage == Stage::Over
            || self.alive == 0
            || (measuring && self.outstanding == 0 && self.quota.is_some_and(asked))
            || self.shared.stop.load(Ordering::Relaxed)
    }

    /// Enters the next phase when it is time for it.
    pub(super) fn advance(&mut self) {
        if self.stage == Stage::Connecting
            && let Some(begin) = self.shared.gate.opens(self.now)
            && self.now >= begin
        {
            let until = begin + self.shared.load.warmup;
            self.stage = Stage::WarmingUp { until };
            self.shared.progress.enter(Phase::WarmingUp);
            for k in 0..self.slots.len() {
                if self.slots[k].client.is_open() {
                    self.plan_first(k, begin);
                }
            }
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

    /// From now on it counts.
    pub(super) fn begin_window(&mut self) {
        self.recorder.begin_window();
        let usage = Usage::of_this_thread();
        self.now = Instant::now();
        self.began = Some((self.now, usage));
    }

    /// Whether established connections ask: not before all of them are decided.
    pub(super) fn is_asking(&self) -> bool {
        self.stage != Stage::Connecting
    }

    /// Whether another request would still belong to the run.
    pub(super) fn may_ask(&self) -> bool {
        let window = &self.recorder.window;
        let asked = window.requests + window.lost + self.outstanding;
        let measuring = matches!(self.stage, Stage::Measuring { .. });
        !measuring || self.quota.is_none_or(|quota| asked < quota)
    }
}

/// The part of `all` that falls to one of several workers, so that the parts add up.
pub fn share(all: u64, id: usize, threads: usize) -> u64 {
    let (id, threads) = (id as u64, threads as u64);
    all / threads + u64::from(id < all % threads)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        for all in [0, 1, 10, 1001] {
            let sum: u64 = (0..3).map(|id| share(all, id, 3)).sum();
            assert_eq!(sum, all);
        }
    }
}
