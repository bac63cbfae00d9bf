//! Live counters of a run: each worker publishes its counts, and any thread can read them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::outcome::latency::Latency;
use crate::outcome::over_time::Moment;
use crate::timing::gate::Gate;

/// A phase of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Clients connect; no requests are sent.
    #[default]
    Connecting,
    /// Warm-up: full load that is not measured.
    WarmingUp,
    /// The measured window.
    Measuring,
    /// The window has ended; clients are still connected.
    Over,
}

/// Live counters, readable from any thread at any time. They cost the workers almost nothing: no locks, and no two workers
/// write to the same cache line.
pub struct Progress {
    phase: AtomicU8,
    workers: Vec<Counters>,
    gate: Arc<Gate>,
}

#[derive(Default)]
#[repr(align(128))]
struct Counters {
    requests: AtomicU64,
    attempted: AtomicU64,
    established: AtomicU64,
    refused: AtomicU64,
    timed_out: AtomicU64,
    reset: AtomicU64,
    served: AtomicU64,
    open: AtomicU64,
    busy: AtomicU64,
    queued: AtomicU64,
    errors: AtomicU64,
    recent: [AtomicU64; 5],
}

/// Response times of the last whole second; with several workers, the longest of each percentile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// 50th percentile (median) in nanoseconds.
    pub p50_ns: u64,
    /// 90th percentile.
    pub p90_ns: u64,
    /// 99th percentile.
    pub p99_ns: u64,
    /// 99.9th percentile.
    pub p999_ns: u64,
    /// Maximum.
    pub max_ns: u64,
}

impl Progress {
    /// Creates counters for `workers` workers, all zero.
    pub(crate) fn new(workers: usize, gate: Arc<Gate>) -> Self {
        Self {
            phase: AtomicU8::new(0),
            workers: (0..workers).map(|_| Counters::default()).collect(),
            gate,
        }
    }

    /// True if every connect has succeeded or failed, so that sending can start.
    pub fn is_connected(&self) -> bool {
        self.gate.is_ready(Instant::now())
    }

    /// Starts sending at a time, for a load that is [held](crate::plan::load::Load::held). Only the first call counts.
    /// Workers notice it within ten milliseconds.
    pub fn begin_at(&self, at: Instant) {
        self.gate.open_at(at);
    }

    /// The current phase.
    pub fn phase(&self) -> Phase {
        match self.phase.load(Relaxed) {
            0 => Phase::Connecting,
            1 => Phase::WarmingUp,
            2 => Phase::Measuring,
            _ => Phase::Over,
        }
    }

    /// The counts of all workers together. Their time is 0, because only the reader knows it.
    pub fn now(&self) -> Moment {
        let mut sum = Moment::default();
        for worker in &self.workers {
            sum.add(&worker.read());
        }
        sum
    }

    /// Response times of the last whole second.
    pub fn recent(&self) -> Recent {
        let longest = |i: usize| {
            let all = self
                .workers
                .iter()
                .map(|worker| worker.recent[i].load(Relaxed));
            all.max().unwrap_or(0)
        };
        Recent {
            p50_ns: longest(0),
            p90_ns: longest(1),
            p99_ns: longest(2),
            p999_ns: longest(3),
            max_ns: longest(4),
        }
    }

    pub(crate) fn publish_recent(&self, worker: usize, latency: &Latency) {
        let Latency {
            p50_ns,
            p90_ns,
            p99_ns,
            p999_ns,
            max_ns,
            ..
        } = latency;
        if let Some(counters) = self.workers.get(worker) {
            for (counter, ns) in counters
                .recent
                .iter()
                .zip([p50_ns, p90_ns, p99_ns, p999_ns, max_ns])
            {
                counter.store(*ns, Relaxed);
            }
        }
    }

    pub(crate) fn set_phase(&self, phase: Phase) {
        self.phase.fetch_max(phase as u8, Relaxed);
    }

    pub(crate) fn publish(&self, worker: usize, now: &Moment) {
        if let Some(counters) = self.workers.get(worker) {
            counters.write(now);
        }
    }
}

impl Recent {
    /// Returns the maximum of each percentile.
    #[must_use]
    pub fn or_longer(&self, other: &Self) -> Self {
        Self {
            p50_ns: self.p50_ns.max(other.p50_ns),
            p90_ns: self.p90_ns.max(other.p90_ns),
            p99_ns: self.p99_ns.max(other.p99_ns),
            p999_ns: self.p999_ns.max(other.p999_ns),
            max_ns: self.max_ns.max(other.max_ns),
        }
    }
}

impl Counters {
    fn read(&self) -> Moment {
        Moment {
            at_s: 0.0,
            requests: self.requests.load(Relaxed),
            attempted: self.attempted.load(Relaxed),
            established: self.established.load(Relaxed),
            refused: self.refused.load(Relaxed),
            timed_out: self.timed_out.load(Relaxed),
            reset: self.reset.load(Relaxed),
            served: self.served.load(Relaxed),
            open: self.open.load(Relaxed),
            busy: self.busy.load(Relaxed),
            queued: self.queued.load(Relaxed),
            errors: self.errors.load(Relaxed),
        }
    }

    fn write(&self, now: &Moment) {
        self.requests.store(now.requests, Relaxed);
        self.attempted.store(now.attempted, Relaxed);
        self.established.store(now.established, Relaxed);
        self.refused.store(now.refused, Relaxed);
        self.timed_out.store(now.timed_out, Relaxed);
        self.reset.store(now.reset, Relaxed);
        self.served.store(now.served, Relaxed);
        self.open.store(now.open, Relaxed);
        self.busy.store(now.busy, Relaxed);
        self.queued.store(now.queued, Relaxed);
        self.errors.store(now.errors, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn progress(workers: usize) -> Progress {
        let now = Instant::now();
        let gate = Gate::new(1, now + Duration::from_secs(9), Duration::ZERO, true);
        Progress::new(workers, Arc::new(gate))
    }

    #[test]
    fn a_held_load_starts_when_it_is_told_to() {
        let (progress, now) = (progress(1), Instant::now());
        assert!(!progress.is_connected());
        progress.gate.connect_finished(now);
        assert!(progress.is_connected());
        assert_eq!(progress.gate.opening(now), None);
        progress.begin_at(now);
        assert_eq!(progress.gate.opening(now), Some(now));
    }

    #[test]
    fn workers_add_up() {
        let progress = progress(2);
        let moment = Moment {
            requests: 3,
            open: 1,
            ..Moment::default()
        };
        progress.publish(0, &moment);
        progress.publish(1, &moment);
        assert_eq!((progress.now().requests, progress.now().open), (6, 2));
    }

    #[test]
    fn phases_can_be_watched() {
        let progress = progress(1);
        for phase in [
            Phase::Connecting,
            Phase::WarmingUp,
            Phase::Measuring,
            Phase::Over,
        ] {
            progress.set_phase(phase);
            assert_eq!(progress.phase(), phase);
        }
    }
}
